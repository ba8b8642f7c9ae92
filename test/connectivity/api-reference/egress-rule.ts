import assert from "node:assert/strict";
import {
  callees,
  client,
  clients,
  egressOn,
  egressTo,
  everyone,
  fromWeb,
  ipBlock,
  open,
  other,
  outside,
  rejected,
  sockets,
  stranger,
  teamB,
  web,
} from "./cluster.ts";
import type { Shown } from "./shown.ts";

export const aboutEgressRule: Shown = {
  NetworkPolicyEgressRule: {
    "NetworkPolicyEgressRule describes a particular set of traffic that is allowed out of pods matched by a NetworkPolicySpec's podSelector.":
      () => {
        const policies = [{ policyTypes: ["Egress"] }, egressTo(clients)];
        assert.deepEqual(callees(policies), ["client"]);
        assert.deepEqual(
          open(policies, other, client),
          [],
          "other isn't matched by the podSelector",
        );
      },
    "The traffic must match both ports and to.": () => {
      const policy = { ...fromWeb, egress: [{ to: [clients], ports: [{ port: 80 }] }] };
      assert.deepEqual(open(policy, web, client), ["TCP 80"]);
      assert.deepEqual(open(policy, web, other), []);
      const crossed = [
        { to: [clients], ports: [{ port: 80 }] },
        { to: [teamB], ports: [{ port: 81 }] },
      ];
      assert.deepEqual(open({ ...fromWeb, egress: crossed }, web, client), ["TCP 80"]);
      assert.deepEqual(open({ ...fromWeb, egress: crossed }, web, stranger), ["TCP 81"]);
    },
  },
  "NetworkPolicyEgressRule.ports": {
    "ports is a list of destination ports for outgoing traffic.": () => {
      assert.deepEqual(open(egressOn({ port: 80 }), web, client), ["TCP 80"]);
      assert.deepEqual(rejected({ egress: [{ ports: { port: 80 } }] }), ["spec.egress[0].ports"]);
    },
    "Each item in this list is combined using a logical OR.": () => {
      const ports = [{ port: 80 }, { port: 82 }, { protocol: "UDP", port: 53 }];
      assert.deepEqual(open(egressOn(...ports), web, outside), ["TCP 80", "TCP 82", "UDP 53"]);
    },
    "If this field is empty or missing, this rule matches all ports (traffic not restricted by port).":
      () => {
        for (const ports of [undefined, null, []]) {
          assert.deepEqual(open({ ...fromWeb, egress: [{ ports }] }, web, outside), sockets);
          assert.deepEqual(
            open({ ...fromWeb, egress: [{ ports, to: [clients] }] }, web, client),
            sockets,
          );
        }
      },
    "If this field is present and contains at least one item, then this rule allows traffic only if the traffic matches at least one port in the list.":
      () => {
        assert.deepEqual(open(egressOn({ port: 9 }), web, client), []);
        assert.deepEqual(open(egressOn({ port: 9 }, { port: 81 }), web, client), ["TCP 81"]);
      },
  },
  "NetworkPolicyEgressRule.to": {
    "to is a list of destinations for outgoing traffic of pods selected for this rule.": () => {
      assert.deepEqual(callees(egressTo(clients)), ["client"]);
      assert.deepEqual(rejected({ egress: [{ to: clients }] }), ["spec.egress[0].to"]);
    },
    "Items in this list are combined using a logical OR operation.": () => {
      assert.deepEqual(callees(egressTo(clients, teamB)), ["client", "stranger"]);
      assert.deepEqual(callees(egressTo(clients, ipBlock("192.168.1.0/24"))), [
        "client",
        "outside",
      ]);
    },
    "If this field is empty or missing, this rule matches all destinations (traffic not restricted by destination).":
      () => {
        for (const to of [undefined, null, []]) {
          assert.deepEqual(callees({ ...fromWeb, egress: [{ to }] }), everyone);
          assert.deepEqual(
            callees({ ...fromWeb, egress: [{ to, ports: [{ port: 80 }] }] }),
            everyone,
          );
        }
      },
    "If this field is present and contains at least one item, this rule allows traffic only if the traffic matches at least one item in the to list.":
      () => {
        const nobody = { podSelector: { matchLabels: { app: "nobody" } } };
        assert.deepEqual(callees(egressTo(nobody)), []);
        assert.deepEqual(callees(egressTo(nobody, teamB)), ["stranger"]);
      },
  },
};
