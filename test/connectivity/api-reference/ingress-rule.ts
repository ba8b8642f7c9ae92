import assert from "node:assert/strict";
import {
  callers,
  client,
  clients,
  everyone,
  ingressFrom,
  ingressOn,
  ipBlock,
  open,
  other,
  rejected,
  sockets,
  stranger,
  teamB,
  toWeb,
} from "./cluster.ts";
import type { Shown } from "./shown.ts";

export const aboutIngressRule: Shown = {
  NetworkPolicyIngressRule: {
    "NetworkPolicyIngressRule describes a particular set of traffic that is allowed to the pods matched by a NetworkPolicySpec's podSelector.":
      () => {
        const policies = [{ podSelector: {} }, ingressFrom(clients)];
        assert.deepEqual(callers(policies), ["client"]);
        assert.deepEqual(
          open(policies, client, other),
          [],
          "other isn't matched by the podSelector",
        );
      },
    "The traffic must match both ports and from.": () => {
      const policy = { ...toWeb, ingress: [{ from: [clients], ports: [{ port: 80 }] }] };
      assert.deepEqual(open(policy, client), ["TCP 80"]);
      assert.deepEqual(open(policy, other), []);
      const crossed = [
        { from: [clients], ports: [{ port: 80 }] },
        { from: [teamB], ports: [{ port: 81 }] },
      ];
      assert.deepEqual(open({ ...toWeb, ingress: crossed }, client), ["TCP 80"]);
      assert.deepEqual(open({ ...toWeb, ingress: crossed }, stranger), ["TCP 81"]);
    },
  },
  "NetworkPolicyIngressRule.ports": {
    "ports is a list of ports which should be made accessible on the pods selected for this rule.":
      () => {
        assert.deepEqual(open(ingressOn({ port: 80 })), ["TCP 80"]);
        assert.deepEqual(rejected({ ingress: [{ ports: { port: 80 } }] }), [
          "spec.ingress[0].ports",
        ]);
      },
    "Each item in this list is combined using a logical OR.": () => {
      const ports = [{ port: 80 }, { port: 82 }, { protocol: "UDP", port: 53 }, { port: "http" }];
      assert.deepEqual(open(ingressOn(...ports)), ["TCP 80", "TCP 82", "TCP 8080", "UDP 53"]);
    },
    "If this field is empty or missing, this rule matches all ports (traffic not restricted by port).":
      () => {
        for (const ports of [undefined, null, []]) {
          assert.deepEqual(open({ ...toWeb, ingress: [{ ports }] }), sockets);
          assert.deepEqual(open({ ...toWeb, ingress: [{ ports, from: [clients] }] }), sockets);
        }
      },
    "If this field is present and contains at least one item, then this rule allows traffic only if the traffic matches at least one port in the list.":
      () => {
        assert.deepEqual(open(ingressOn({ port: 9 })), []);
        assert.deepEqual(open(ingressOn({ port: 9 }, { port: 81 })), ["TCP 81"]);
      },
  },
  "NetworkPolicyIngressRule.from": {
    "from is a list of sources which should be able to access the pods selected for this rule.":
      () => {
        assert.deepEqual(callers(ingressFrom(clients)), ["client"]);
        assert.deepEqual(rejected({ ingress: [{ from: clients }] }), ["spec.ingress[0].from"]);
      },
    "Items in this list are combined using a logical OR operation.": () => {
      assert.deepEqual(callers(ingressFrom(clients, teamB)), ["client", "stranger"]);
      const addresses = ipBlock("192.168.1.0/24");
      assert.deepEqual(callers(ingressFrom(clients, addresses)), ["client", "outside"]);
    },
    "If this field is empty or missing, this rule matches all sources (traffic not restricted by source).":
      () => {
        for (const from of [undefined, null, []]) {
          assert.deepEqual(callers({ ...toWeb, ingress: [{ from }] }), everyone);
          const rule = { from, ports: [{ port: 80 }] };
          assert.deepEqual(callers({ ...toWeb, ingress: [rule] }), everyone);
        }
      },
    "If this field is present and contains at least one item, this rule allows traffic only if the traffic matches at least one item in the from list.":
      () => {
        const nobody = { podSelector: { matchLabels: { app: "nobody" } } };
        assert.deepEqual(callers(ingressFrom(nobody)), []);
        assert.deepEqual(callers(ingressFrom(nobody, teamB)), ["stranger"]);
      },
  },
};
