import assert from "node:assert/strict";
import {
  allowed,
  cilium,
  clusterwidePolicy,
  connect,
  kubernetes,
  networkPolicy,
  world,
} from "../world.ts";
import {
  callees,
  callers,
  client,
  clients,
  cluster,
  egressTo,
  everyone,
  fromWeb,
  ingressFrom,
  ingressOn,
  ipBlock,
  isolated,
  node,
  open,
  other,
  outside,
  rejected,
  selecting,
  sockets,
  teamB,
  toWeb,
  web,
} from "./cluster.ts";
import type { Shown } from "./shown.ts";

export const aboutSpec: Shown = {
  NetworkPolicySpec: {
    "NetworkPolicySpec provides the specification of a NetworkPolicy": () => {
      const beside = { ...networkPolicy("a/p", toWeb), ingress: [{}] };
      assert.equal(
        allowed(world(kubernetes, beside), client, web),
        false,
        "a rule outside of spec",
      );
      const without = networkPolicy("a/p", undefined);
      assert.equal(allowed(world(kubernetes, without), client, web), false, "all of its defaults");
    },
  },
  "NetworkPolicySpec.podSelector": {
    "podSelector selects the pods to which this NetworkPolicy object applies.": () => {
      assert.deepEqual(isolated(toWeb).ingress, ["web"]);
      assert.deepEqual(isolated(clients).ingress, ["client"], "and not the one in b");
    },
    "The array of rules is applied to any pods selected by this field.": () => {
      const tcp80 = { ingress: [{ ports: [{ port: 80 }] }] };
      const policy = {
        ...selecting({ key: "app", operator: "In", values: ["web", "other"] }),
        ...tcp80,
      };
      assert.deepEqual(open(policy, client, web), ["TCP 80"]);
      assert.deepEqual(open(policy, client, other), ["TCP 80"]);
      assert.deepEqual(open(policy, web, client), sockets);
    },
    "An empty selector matches all pods in the policy's namespace.": () => {
      assert.deepEqual(isolated({ podSelector: {} }).ingress, ["web", "client", "other"]);
      const empty = { matchLabels: {}, matchExpressions: [] };
      assert.deepEqual(isolated({ podSelector: empty }).ingress, ["web", "client", "other"]);
    },
    "Multiple network policies can select the same set of pods.": () => {
      const { because } = connect(cluster(toWeb, toWeb), client, web, 80);
      assert.deepEqual(
        because.map(({ name }) => name),
        ["p0", "p1"],
      );
    },
    "In this case, the ingress rules for each are combined additively.": () => {
      const both = [ingressOn({ port: 80 }), ingressOn({ port: 82 })];
      assert.deepEqual(open(both), ["TCP 80", "TCP 82"]);
      assert.deepEqual(open([...both, ingressOn()]), sockets);
      assert.deepEqual(open([...both, { ...toWeb, ingress: [] }]), ["TCP 80", "TCP 82"]);
    },
    "This field is optional.": () => {
      assert.deepEqual(rejected({}), []);
      assert.deepEqual(rejected({ podSelector: null }), []);
    },
    "If it is not specified, it defaults to an empty selector.": () => {
      assert.deepEqual(isolated({}), isolated({ podSelector: {} }));
      assert.deepEqual(isolated({ podSelector: null }), isolated({ podSelector: {} }));
    },
  },
  "NetworkPolicySpec.ingress": {
    "ingress is a list of ingress rules to be applied to the selected pods.": () => {
      const ingress = [{ ports: [{ port: 80 }] }, { ports: [{ port: 81 }] }];
      assert.deepEqual(open({ ...toWeb, ingress }), ["TCP 80", "TCP 81"]);
      assert.deepEqual(open({ ...toWeb, ingress }, web, client), sockets);
      assert.deepEqual(rejected({ ingress: {} }), ["spec.ingress"]);
    },
    "Traffic is allowed to a pod if there are no NetworkPolicies selecting the pod (and cluster policy otherwise allows the traffic), OR if the traffic source is the pod's local node, OR if the traffic matches at least one ingress rule across all of the NetworkPolicy objects whose podSelector matches the pod.":
      () => {
        assert.deepEqual(callers([]), everyone);
        assert.deepEqual(callers(clients), everyone, "a policy that selects another pod");
        const fromOutside = [{ fromEntities: ["world"] }];
        const lockdown = clusterwidePolicy("lockdown", {
          endpointSelector: {},
          ingressDeny: fromOutside,
        });
        assert.equal(allowed(world(cilium), outside, web), true);
        assert.equal(allowed(world(cilium, lockdown), outside, web), false, "cluster policy");

        assert.deepEqual(open(toWeb, node), sockets, "its local node");

        const policies = [
          ingressFrom(clients),
          ingressFrom(teamB, ipBlock("192.168.1.7/32")),
          toWeb,
        ];
        assert.deepEqual(callers(policies), ["client", "stranger", "outside"]);
      },
    "If this field is empty then this NetworkPolicy does not allow any traffic (and serves solely to ensure that the pods it selects are isolated by default)":
      () => {
        for (const ingress of [undefined, null, []]) {
          assert.deepEqual(callers({ ...toWeb, ingress }), []);
          assert.deepEqual(callers([{ ...toWeb, ingress }, ingressFrom(clients)]), ["client"]);
        }
      },
  },
  "NetworkPolicySpec.egress": {
    "egress is a list of egress rules to be applied to the selected pods.": () => {
      const egress = [{ ports: [{ port: 80 }] }, { ports: [{ port: 81 }] }];
      assert.deepEqual(open({ ...fromWeb, egress }, web, client), ["TCP 80", "TCP 81"]);
      assert.deepEqual(open({ ...fromWeb, egress }, client, web), sockets);
      assert.deepEqual(rejected({ egress: {} }), ["spec.egress"]);
    },
    "Outgoing traffic is allowed if there are no NetworkPolicies selecting the pod (and cluster policy otherwise allows the traffic), OR if the traffic matches at least one egress rule across all of the NetworkPolicy objects whose podSelector matches the pod.":
      () => {
        assert.deepEqual(callees([]), everyone);
        assert.deepEqual(callees({ ...clients, policyTypes: ["Egress"] }), everyone);
        const toOutside = [{ toEntities: ["world"] }];
        const lockdown = clusterwidePolicy("lockdown", {
          endpointSelector: {},
          egressDeny: toOutside,
        });
        assert.equal(allowed(world(cilium), web, outside), true);
        assert.equal(allowed(world(cilium, lockdown), web, outside), false, "cluster policy");

        assert.deepEqual(open(fromWeb, web, node), [], "the local node is no exception here");

        const policies = [egressTo(clients), egressTo(teamB, ipBlock("192.168.1.7/32")), fromWeb];
        assert.deepEqual(callees(policies), ["client", "stranger", "outside"]);
      },
    "If this field is empty then this NetworkPolicy limits all outgoing traffic (and serves solely to ensure that the pods it selects are isolated by default).":
      () => {
        for (const egress of [undefined, null, []]) {
          assert.deepEqual(callees({ ...fromWeb, egress }), []);
          assert.deepEqual(callees([{ ...fromWeb, egress }, egressTo(clients)]), ["client"]);
        }
      },
  },
  "NetworkPolicySpec.policyTypes": {
    "policyTypes is a list of rule types that the NetworkPolicy relates to.": () => {
      const rules = { ...toWeb, ingress: [{ from: [clients] }], egress: [{ to: [clients] }] };
      const ingress = { ...rules, policyTypes: ["Ingress"] };
      assert.deepEqual([callers(ingress), callees(ingress)], [["client"], everyone]);
      const egress = { ...rules, policyTypes: ["Egress"] };
      assert.deepEqual([callers(egress), callees(egress)], [everyone, ["client"]]);
    },
    'Valid options are ["Ingress"], ["Egress"], or ["Ingress", "Egress"].': () => {
      for (const policyTypes of [["Ingress"], ["Egress"], ["Ingress", "Egress"]]) {
        assert.deepEqual(rejected({ policyTypes }), []);
      }
      const three = { policyTypes: ["Ingress", "Egress", "Ingress"] };
      assert.deepEqual(rejected(three), ["spec.policyTypes"]);
      assert.deepEqual(rejected({ policyTypes: "Ingress" }), ["spec.policyTypes"]);
    },
    "If this field is not specified, it will default based on the existence of ingress or egress rules; policies that contain an egress section are assumed to affect egress, and all policies (whether or not they contain an ingress section) are assumed to affect ingress.":
      () => {
        const egress = [{ to: [clients] }];
        for (const policyTypes of [undefined, null, []]) {
          const affects = (spec: object) => isolated({ ...toWeb, policyTypes, ...spec });
          assert.deepEqual(affects({}), { ingress: ["web"], egress: [] });
          assert.deepEqual(affects({ ingress: [] }), { ingress: ["web"], egress: [] });
          assert.deepEqual(affects({ egress }), { ingress: ["web"], egress: ["web"] });
          assert.deepEqual(affects({ ingress: [{}], egress }), { ingress: [], egress: ["web"] });
        }
      },
    'If you want to write an egress-only policy, you must explicitly specify policyTypes [ "Egress" ].':
      () => {
        const egress = [{ to: [clients] }];
        assert.deepEqual(isolated({ ...toWeb, egress }).ingress, ["web"], "without");
        assert.deepEqual(isolated({ ...fromWeb, egress }), { ingress: [], egress: ["web"] });
      },
    'Likewise, if you want to write a policy that specifies that no egress is allowed, you must specify a policyTypes value that include "Egress" (since such a policy would not include an egress section and would otherwise default to just [ "Ingress" ]).':
      () => {
        assert.deepEqual(isolated(toWeb).egress, [], "without");
        assert.deepEqual(
          isolated({ ...toWeb, egress: [] }).egress,
          [],
          "an empty list has no rules",
        );
        assert.deepEqual(isolated(fromWeb).egress, ["web"]);
        assert.deepEqual(isolated({ ...toWeb, policyTypes: ["Ingress", "Egress"] }).egress, [
          "web",
        ]);
      },
  },
};
