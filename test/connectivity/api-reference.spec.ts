/**
 * Every sentence of the Kubernetes API reference on NetworkPolicy, in its order, shown in behaviour. The
 * text is that of the types' documentation in k8s.io/api (networking/v1) and k8s.io/apimachinery (meta/v1),
 * the same in 1.34, 1.35 and 1.36; Kubernetes is licensed under Apache-2.0. What says nothing that could be
 * shown is in `nothingToShow`, with the reason.
 */
import assert from "node:assert/strict";
import type { Pod, Protocol } from "../../micromesh/connectivity/model.ts";
import {
  allowed,
  cilium,
  clusterPolicy,
  connect,
  kubernetes,
  networkPolicy,
  pod,
  problems,
  world,
} from "./world.ts";

/** By place: all of its sentences. */
const reference: Record<string, string[]> = {
  NetworkPolicy: ["NetworkPolicy describes what network traffic is allowed for a set of Pods"],
  "NetworkPolicy.metadata": [
    "Standard object's metadata.",
    "More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
  ],
  "NetworkPolicy.spec": [
    "spec represents the specification of the desired behavior for this NetworkPolicy.",
  ],
  "NetworkPolicy.status": [
    "Status is tombstoned to show why 3 is a reserved protobuf tag.",
    "This commented field should remain, so in the future if we decide to reimplement NetworkPolicyStatus a different protobuf name and tag SHOULD be used!",
    'Status NetworkPolicyStatus `json:"status,omitempty" protobuf:"bytes,3,opt,name=status"`',
  ],
  PolicyType: [
    "PolicyType string describes the NetworkPolicy type",
    "This type is beta-level in 1.8",
  ],
  PolicyTypeIngress: [
    "PolicyTypeIngress is a NetworkPolicy that affects ingress traffic on selected pods",
  ],
  PolicyTypeEgress: [
    "PolicyTypeEgress is a NetworkPolicy that affects egress traffic on selected pods",
  ],
  NetworkPolicySpec: ["NetworkPolicySpec provides the specification of a NetworkPolicy"],
  "NetworkPolicySpec.podSelector": [
    "podSelector selects the pods to which this NetworkPolicy object applies.",
    "The array of rules is applied to any pods selected by this field.",
    "An empty selector matches all pods in the policy's namespace.",
    "Multiple network policies can select the same set of pods.",
    "In this case, the ingress rules for each are combined additively.",
    "This field is optional.",
    "If it is not specified, it defaults to an empty selector.",
  ],
  "NetworkPolicySpec.ingress": [
    "ingress is a list of ingress rules to be applied to the selected pods.",
    "Traffic is allowed to a pod if there are no NetworkPolicies selecting the pod (and cluster policy otherwise allows the traffic), OR if the traffic source is the pod's local node, OR if the traffic matches at least one ingress rule across all of the NetworkPolicy objects whose podSelector matches the pod.",
    "If this field is empty then this NetworkPolicy does not allow any traffic (and serves solely to ensure that the pods it selects are isolated by default)",
  ],
  "NetworkPolicySpec.egress": [
    "egress is a list of egress rules to be applied to the selected pods.",
    "Outgoing traffic is allowed if there are no NetworkPolicies selecting the pod (and cluster policy otherwise allows the traffic), OR if the traffic matches at least one egress rule across all of the NetworkPolicy objects whose podSelector matches the pod.",
    "If this field is empty then this NetworkPolicy limits all outgoing traffic (and serves solely to ensure that the pods it selects are isolated by default).",
    "This field is beta-level in 1.8",
  ],
  "NetworkPolicySpec.policyTypes": [
    "policyTypes is a list of rule types that the NetworkPolicy relates to.",
    'Valid options are ["Ingress"], ["Egress"], or ["Ingress", "Egress"].',
    "If this field is not specified, it will default based on the existence of ingress or egress rules; policies that contain an egress section are assumed to affect egress, and all policies (whether or not they contain an ingress section) are assumed to affect ingress.",
    'If you want to write an egress-only policy, you must explicitly specify policyTypes [ "Egress" ].',
    'Likewise, if you want to write a policy that specifies that no egress is allowed, you must specify a policyTypes value that include "Egress" (since such a policy would not include an egress section and would otherwise default to just [ "Ingress" ]).',
    "This field is beta-level in 1.8",
  ],
  NetworkPolicyIngressRule: [
    "NetworkPolicyIngressRule describes a particular set of traffic that is allowed to the pods matched by a NetworkPolicySpec's podSelector.",
    "The traffic must match both ports and from.",
  ],
  "NetworkPolicyIngressRule.ports": [
    "ports is a list of ports which should be made accessible on the pods selected for this rule.",
    "Each item in this list is combined using a logical OR.",
    "If this field is empty or missing, this rule matches all ports (traffic not restricted by port).",
    "If this field is present and contains at least one item, then this rule allows traffic only if the traffic matches at least one port in the list.",
  ],
  "NetworkPolicyIngressRule.from": [
    "from is a list of sources which should be able to access the pods selected for this rule.",
    "Items in this list are combined using a logical OR operation.",
    "If this field is empty or missing, this rule matches all sources (traffic not restricted by source).",
    "If this field is present and contains at least one item, this rule allows traffic only if the traffic matches at least one item in the from list.",
  ],
  NetworkPolicyEgressRule: [
    "NetworkPolicyEgressRule describes a particular set of traffic that is allowed out of pods matched by a NetworkPolicySpec's podSelector.",
    "The traffic must match both ports and to.",
    "This type is beta-level in 1.8",
  ],
  "NetworkPolicyEgressRule.ports": [
    "ports is a list of destination ports for outgoing traffic.",
    "Each item in this list is combined using a logical OR.",
    "If this field is empty or missing, this rule matches all ports (traffic not restricted by port).",
    "If this field is present and contains at least one item, then this rule allows traffic only if the traffic matches at least one port in the list.",
  ],
  "NetworkPolicyEgressRule.to": [
    "to is a list of destinations for outgoing traffic of pods selected for this rule.",
    "Items in this list are combined using a logical OR operation.",
    "If this field is empty or missing, this rule matches all destinations (traffic not restricted by destination).",
    "If this field is present and contains at least one item, this rule allows traffic only if the traffic matches at least one item in the to list.",
  ],
  NetworkPolicyPort: ["NetworkPolicyPort describes a port to allow traffic on"],
  "NetworkPolicyPort.protocol": [
    "protocol represents the protocol (TCP, UDP, or SCTP) which traffic must match.",
    "If not specified, this field defaults to TCP.",
  ],
  "NetworkPolicyPort.port": [
    "port represents the port on the given protocol.",
    "This can either be a numerical or named port on a pod.",
    "If this field is not provided, this matches all port names and numbers.",
    "If present, only traffic on the specified protocol AND port will be matched.",
  ],
  "NetworkPolicyPort.endPort": [
    "endPort indicates that the range of ports from port to endPort if set, inclusive, should be allowed by the policy.",
    "This field cannot be defined if the port field is not defined or if the port field is defined as a named (string) port.",
    "The endPort must be equal or greater than port.",
  ],
  IPBlock: [
    `IPBlock describes a particular CIDR (Ex. "192.168.1.0/24","2001:db8::/64") that is allowed to the pods matched by a NetworkPolicySpec's podSelector.`,
    "The except entry describes CIDRs that should not be included within this rule.",
  ],
  "IPBlock.cidr": [
    "cidr is a string representing the IPBlock",
    'Valid examples are "192.168.1.0/24" or "2001:db8::/64"',
  ],
  "IPBlock.except": [
    "except is a slice of CIDRs that should not be included within an IPBlock",
    'Valid examples are "192.168.1.0/24" or "2001:db8::/64"',
    "Except values will be rejected if they are outside the cidr range",
  ],
  NetworkPolicyPeer: [
    "NetworkPolicyPeer describes a peer to allow traffic to/from.",
    "Only certain combinations of fields are allowed",
  ],
  "NetworkPolicyPeer.podSelector": [
    "podSelector is a label selector which selects pods.",
    "This field follows standard label selector semantics; if present but empty, it selects all pods.",
    "If namespaceSelector is also set, then the NetworkPolicyPeer as a whole selects the pods matching podSelector in the Namespaces selected by NamespaceSelector.",
    "Otherwise it selects the pods matching podSelector in the policy's own namespace.",
  ],
  "NetworkPolicyPeer.namespaceSelector": [
    "namespaceSelector selects namespaces using cluster-scoped labels.",
    "This field follows standard label selector semantics; if present but empty, it selects all namespaces.",
    "If podSelector is also set, then the NetworkPolicyPeer as a whole selects the pods matching podSelector in the namespaces selected by namespaceSelector.",
    "Otherwise it selects all pods in the namespaces selected by namespaceSelector.",
  ],
  "NetworkPolicyPeer.ipBlock": [
    "ipBlock defines policy on a particular IPBlock.",
    "If this field is set then neither of the other fields can be.",
  ],
  LabelSelector: [
    "A label selector is a label query over a set of resources.",
    "The result of matchLabels and matchExpressions are ANDed.",
    "An empty label selector matches all objects.",
    "A null label selector matches no objects.",
  ],
  "LabelSelector.matchLabels": [
    "matchLabels is a map of {key,value} pairs.",
    'A single {key,value} in the matchLabels map is equivalent to an element of matchExpressions, whose key field is "key", the operator is "In", and the values array contains only "value".',
    "The requirements are ANDed.",
  ],
  "LabelSelector.matchExpressions": [
    "matchExpressions is a list of label selector requirements.",
    "The requirements are ANDed.",
  ],
  LabelSelectorRequirement: [
    "A label selector requirement is a selector that contains values, a key, and an operator that relates the key and values.",
  ],
  "LabelSelectorRequirement.key": ["key is the label key that the selector applies to."],
  "LabelSelectorRequirement.operator": [
    "operator represents a key's relationship to a set of values.",
    "Valid operators are In, NotIn, Exists and DoesNotExist.",
  ],
  "LabelSelectorRequirement.values": [
    "values is an array of string values.",
    "If the operator is In or NotIn, the values array must be non-empty.",
    "If the operator is Exists or DoesNotExist, the values array must be empty.",
    "This array is replaced during a strategic merge patch.",
  ],
  LabelSelectorOperator: [
    "A label selector operator is the set of operators that can be used in a selector requirement.",
  ],
};

/** By place: the sentence, and why it has no test. */
const nothingToShow: Record<string, Record<string, string>> = {
  "NetworkPolicy.metadata": {
    "Standard object's metadata.": "Every object's; the namespace in it is shown at podSelector.",
    "More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata":
      "A link.",
  },
  "NetworkPolicy.status": {
    "Status is tombstoned to show why 3 is a reserved protobuf tag.": "There is no such field.",
    "This commented field should remain, so in the future if we decide to reimplement NetworkPolicyStatus a different protobuf name and tag SHOULD be used!":
      "A note to those who work on Kubernetes.",
    'Status NetworkPolicyStatus `json:"status,omitempty" protobuf:"bytes,3,opt,name=status"`':
      "The field that there isn't.",
  },
  PolicyType: { "This type is beta-level in 1.8": "History." },
  "NetworkPolicySpec.egress": { "This field is beta-level in 1.8": "History." },
  "NetworkPolicySpec.policyTypes": { "This field is beta-level in 1.8": "History." },
  NetworkPolicyEgressRule: { "This type is beta-level in 1.8": "History." },
  "LabelSelectorRequirement.values": {
    "This array is replaced during a strategic merge patch.":
      "About patching objects in the API server; policies come here whole.",
  },
};

const tested: Record<string, string[]> = {};

/** The tests of one place in the reference, by sentence. */
function about(place: string, sentences: Record<string, () => void>): void {
  tested[place] = Object.keys(sentences);
  describe(place, () => {
    for (const [sentence, shows] of Object.entries(sentences)) it(sentence, shows);
  });
}

const tcp = (name: string, containerPort: number) =>
  ({ name, containerPort, protocol: "TCP" }) as const;
const web = pod(
  "a/web",
  { app: "web" },
  { ports: [tcp("http", 8080), { name: "dns", containerPort: 53, protocol: "UDP" }] },
);
const client = pod("a/client", { app: "client", tier: "front" }, { ports: [tcp("http", 3000)] });
const other = pod("a/other", { app: "other" });
/** Of the same labels as `client`, in another namespace. */
const stranger = pod(
  "b/stranger",
  { app: "client", tier: "front" },
  { ports: [tcp("http", 4000)] },
);
const outside = "external 192.168.1.7";
const node = "node 192.168.49.2";
const others: Record<string, Pod | string> = { client, other, stranger, outside };
const everyone = Object.keys(others);

const toWeb = { podSelector: { matchLabels: { app: "web" } } };
const fromWeb = { ...toWeb, policyTypes: ["Egress"] };
const clients = { podSelector: { matchLabels: { app: "client" } } };
const teamB = { namespaceSelector: { matchLabels: { team: "team-b" } } };

/** Valid policies of namespace `a` in a cluster. */
function cluster(...specs: object[]) {
  const of = world(kubernetes, ...specs.map((spec, i) => networkPolicy(`a/p${i}`, spec)));
  assert.deepEqual(problems(...of.policies), []);
  return of;
}

/** Who of the others reaches `web` on a port. */
function callers(spec: object | object[], port = 80, protocol: Protocol = "TCP"): string[] {
  const of = cluster(...[spec].flat());
  return everyone.filter((name) => allowed(of, others[name] ?? "", web, port, protocol));
}

/** Whom of the others `web` reaches on a port. */
function callees(spec: object | object[], port = 80, protocol: Protocol = "TCP"): string[] {
  const of = cluster(...[spec].flat());
  return everyone.filter((name) => allowed(of, web, others[name] ?? "", port, protocol));
}

const sockets = [
  "TCP 80",
  "TCP 81",
  "TCP 82",
  "TCP 3000",
  "TCP 8080",
  "UDP 53",
  "UDP 80",
  "SCTP 80",
];

/** On which ports a source reaches a destination. */
function open(spec: object | object[], from: Pod | string = client, to: Pod | string = web) {
  const of = cluster(...[spec].flat());
  return sockets.filter((socket) => {
    const [protocol = "", port] = socket.split(" ");
    return allowed(of, from, to, Number(port), protocol as Protocol);
  });
}

/** The pods that a policy keeps the outside from, and those that it keeps from the outside. */
function isolated(spec: object): { ingress: string[]; egress: string[] } {
  const of = cluster(spec);
  const pods = [web, client, other, stranger];
  const names = (list: Pod[]) => list.map(({ name }) => name);
  return {
    ingress: names(pods.filter((one) => !allowed(of, outside, one))),
    egress: names(pods.filter((one) => !allowed(of, one, outside))),
  };
}

/** The fields that the API server would complain about. */
function rejected(spec: object): string[] {
  return problems(networkPolicy("a/p", spec)).map((problem) => problem.split(" ")[0] ?? "");
}

const ingressFrom = (...from: object[]) => ({ ...toWeb, ingress: [{ from }] });
const egressTo = (...to: object[]) => ({ ...fromWeb, egress: [{ to }] });
const ingressOn = (...ports: object[]) => ({ ...toWeb, ingress: [{ ports }] });
const egressOn = (...ports: object[]) => ({ ...fromWeb, egress: [{ ports }] });
const ipBlock = (cidr: string, ...except: string[]) => ({ ipBlock: { cidr, except } });
const selecting = (...matchExpressions: object[]) => ({ podSelector: { matchExpressions } });

describe("the API reference of NetworkPolicy", () => {
  about("NetworkPolicy", {
    "NetworkPolicy describes what network traffic is allowed for a set of Pods": () => {
      const policy = { ...toWeb, ingress: [{ from: [clients], ports: [{ port: 80 }] }] };
      assert.deepEqual(callers(policy, 80), ["client"]);
      assert.deepEqual(callers(policy, 81), []);
      assert.deepEqual(open(policy, outside, other), sockets, "other isn't in the set");
    },
  });
  about("NetworkPolicy.spec", {
    "spec represents the specification of the desired behavior for this NetworkPolicy.": () => {
      assert.deepEqual(callers({ ...toWeb, ingress: [] }), []);
      assert.deepEqual(callers({ ...toWeb, ingress: [{}] }), everyone);
    },
  });

  about("PolicyType", {
    "PolicyType string describes the NetworkPolicy type": () => {
      assert.deepEqual(rejected({ policyTypes: ["Ingress", "Egress"] }), []);
      for (const no of ["ingress", "EGRESS", "Both", "", 1, null]) {
        assert.deepEqual(rejected({ policyTypes: [no] }), ["spec.policyTypes[0]"], `${no}`);
      }
    },
  });
  about("PolicyTypeIngress", {
    "PolicyTypeIngress is a NetworkPolicy that affects ingress traffic on selected pods": () => {
      const { ingress, egress } = isolated({ ...toWeb, policyTypes: ["Ingress"] });
      assert.deepEqual([ingress, egress], [["web"], []]);
    },
  });
  about("PolicyTypeEgress", {
    "PolicyTypeEgress is a NetworkPolicy that affects egress traffic on selected pods": () => {
      const { ingress, egress } = isolated({ ...toWeb, policyTypes: ["Egress"] });
      assert.deepEqual([ingress, egress], [[], ["web"]]);
    },
  });

  about("NetworkPolicySpec", {
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
  });
  about("NetworkPolicySpec.podSelector", {
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
  });
  about("NetworkPolicySpec.ingress", {
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
        const lockdown = clusterPolicy("lockdown", {
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
  });
  about("NetworkPolicySpec.egress", {
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
        const lockdown = clusterPolicy("lockdown", { endpointSelector: {}, egressDeny: toOutside });
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
  });
  about("NetworkPolicySpec.policyTypes", {
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
  });

  about("NetworkPolicyIngressRule", {
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
  });
  about("NetworkPolicyIngressRule.ports", {
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
  });
  about("NetworkPolicyIngressRule.from", {
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
  });

  about("NetworkPolicyEgressRule", {
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
  });
  about("NetworkPolicyEgressRule.ports", {
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
  });
  about("NetworkPolicyEgressRule.to", {
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
  });

  about("NetworkPolicyPort", {
    "NetworkPolicyPort describes a port to allow traffic on": () => {
      assert.deepEqual(open(ingressOn({ port: 81, protocol: "TCP" })), ["TCP 81"]);
    },
  });
  about("NetworkPolicyPort.protocol", {
    "protocol represents the protocol (TCP, UDP, or SCTP) which traffic must match.": () => {
      for (const protocol of ["TCP", "UDP", "SCTP"]) {
        assert.deepEqual(open(ingressOn({ port: 80, protocol })), [`${protocol} 80`]);
      }
      assert.deepEqual(rejected(ingressOn({ port: 80, protocol: "ICMP" })), [
        "spec.ingress[0].ports[0].protocol",
      ]);
    },
    "If not specified, this field defaults to TCP.": () => {
      assert.deepEqual(open(ingressOn({ port: 80 })), ["TCP 80"]);
      assert.deepEqual(open(ingressOn({ port: 80, protocol: null })), ["TCP 80"]);
      assert.deepEqual(open(ingressOn({})), ["TCP 80", "TCP 81", "TCP 82", "TCP 3000", "TCP 8080"]);
      assert.deepEqual(open(ingressOn({ port: "dns" })), [], "the name is a UDP port's");
    },
  });
  about("NetworkPolicyPort.port", {
    "port represents the port on the given protocol.": () => {
      assert.deepEqual(open(ingressOn({ port: 53, protocol: "UDP" })), ["UDP 53"]);
      assert.deepEqual(rejected(ingressOn({ port: 0 })), ["spec.ingress[0].ports[0].port"]);
      assert.deepEqual(rejected(ingressOn({ port: 65536 })), ["spec.ingress[0].ports[0].port"]);
    },
    "This can either be a numerical or named port on a pod.": () => {
      assert.deepEqual(open(ingressOn({ port: 8080 })), ["TCP 8080"]);
      assert.deepEqual(open(ingressOn({ port: "http" })), ["TCP 8080"], "as web names it");
      assert.deepEqual(
        open(egressOn({ port: "http" }), web, client),
        ["TCP 3000"],
        "as client does",
      );
      assert.deepEqual(callees(egressOn({ port: "http" }), 4000), ["stranger"]);
      assert.deepEqual(open(egressOn({ port: "http" }), web, outside), [], "that's no pod");
      assert.deepEqual(open(ingressOn({ port: "metrics" })), [], "no port of web's");
      assert.deepEqual(rejected(ingressOn({ port: "80" })), ["spec.ingress[0].ports[0].port"]);
    },
    "If this field is not provided, this matches all port names and numbers.": () => {
      for (const port of [undefined, null]) {
        assert.deepEqual(open(ingressOn({ protocol: "UDP", port })), ["UDP 53", "UDP 80"]);
      }
    },
    "If present, only traffic on the specified protocol AND port will be matched.": () => {
      assert.deepEqual(open(ingressOn({ protocol: "SCTP", port: 80 })), ["SCTP 80"]);
      assert.deepEqual(open(ingressOn({ protocol: "SCTP", port: 81 })), []);
      assert.deepEqual(open(ingressOn({ protocol: "UDP", port: "dns" })), ["UDP 53"]);
      assert.deepEqual(open(ingressOn({ protocol: "UDP", port: "http" })), []);
    },
  });
  about("NetworkPolicyPort.endPort", {
    "endPort indicates that the range of ports from port to endPort if set, inclusive, should be allowed by the policy.":
      () => {
        assert.deepEqual(open(ingressOn({ port: 81, endPort: 3000 })), [
          "TCP 81",
          "TCP 82",
          "TCP 3000",
        ]);
        assert.deepEqual(open(ingressOn({ port: 81, endPort: 2999 })), ["TCP 81", "TCP 82"]);
        assert.deepEqual(open(ingressOn({ port: 53, endPort: 80, protocol: "UDP" })), [
          "UDP 53",
          "UDP 80",
        ]);
        assert.deepEqual(open(ingressOn({ port: 81, endPort: null })), ["TCP 81"]);
      },
    "This field cannot be defined if the port field is not defined or if the port field is defined as a named (string) port.":
      () => {
        const place = ["spec.ingress[0].ports[0].endPort"];
        assert.deepEqual(rejected(ingressOn({ endPort: 80 })), place);
        assert.deepEqual(rejected(ingressOn({ port: null, endPort: 80 })), place);
        assert.deepEqual(rejected(ingressOn({ port: "http", endPort: 80 })), place);
      },
    "The endPort must be equal or greater than port.": () => {
      assert.deepEqual(open(ingressOn({ port: 80, endPort: 80 })), ["TCP 80"]);
      assert.deepEqual(rejected(ingressOn({ port: 80, endPort: 79 })), [
        "spec.ingress[0].ports[0].endPort",
      ]);
    },
  });

  about("IPBlock", {
    'IPBlock describes a particular CIDR (Ex. "192.168.1.0/24","2001:db8::/64") that is allowed to the pods matched by a NetworkPolicySpec\'s podSelector.':
      () => {
        const v4 = ingressFrom(ipBlock("192.168.1.0/24"));
        assert.deepEqual(open(v4, "external 192.168.1.255"), sockets);
        assert.deepEqual(open(v4, "external 192.168.2.0"), []);
        assert.deepEqual(open(v4, "external 2001:db8::1"), []);
        const v6 = ingressFrom(ipBlock("2001:db8::/64"));
        assert.deepEqual(open(v6, "external 2001:db8::ffff:1"), sockets);
        assert.deepEqual(open(v6, "external 2001:db8:0:1::1"), []);
        assert.deepEqual(open(v6, outside), []);
        assert.deepEqual(
          open([{}, v4], outside, other),
          [],
          "other isn't matched by the podSelector",
        );
      },
    "The except entry describes CIDRs that should not be included within this rule.": () => {
      const rule = ingressFrom(ipBlock("192.168.0.0/16", "192.168.1.0/24"));
      assert.deepEqual(open(rule, "external 192.168.2.1"), sockets);
      assert.deepEqual(open(rule, "external 192.168.1.1"), []);
      const another = ingressFrom(ipBlock("192.168.1.1/32"));
      assert.deepEqual(
        open([rule, another], "external 192.168.1.1"),
        sockets,
        "except denies nothing",
      );
    },
  });
  about("IPBlock.cidr", {
    "cidr is a string representing the IPBlock": () => {
      for (const cidr of [undefined, null, 10, "", "10.0.0.0", "10.0.0.0/33", "::/129", "web/24"]) {
        const place = "spec.ingress[0].from[0].ipBlock.cidr";
        assert.deepEqual(rejected(ingressFrom({ ipBlock: { cidr } })), [place], `${cidr}`);
      }
    },
    'Valid examples are "192.168.1.0/24" or "2001:db8::/64"': () => {
      assert.deepEqual(rejected(ingressFrom(ipBlock("192.168.1.0/24"))), []);
      assert.deepEqual(rejected(ingressFrom(ipBlock("2001:db8::/64"))), []);
    },
  });
  about("IPBlock.except", {
    "except is a slice of CIDRs that should not be included within an IPBlock": () => {
      const policy = ingressFrom(ipBlock("192.168.1.0/24", "192.168.1.0/30", "192.168.1.64/26"));
      const reach = [3, 4, 63, 64, 127, 128].filter(
        (n) => open(policy, `external 192.168.1.${n}`).length,
      );
      assert.deepEqual(reach, [4, 63, 128]);
      for (const except of [undefined, null, []]) {
        const whole = { ipBlock: { cidr: "192.168.1.0/24", except } };
        assert.deepEqual(callers(ingressFrom(whole)), ["outside"]);
      }
    },
    'Valid examples are "192.168.1.0/24" or "2001:db8::/64"': () => {
      const v4 = ingressFrom(ipBlock("192.168.0.0/16", "192.168.1.0/24"));
      assert.deepEqual(callers(v4), []);
      const v6 = ingressFrom(ipBlock("2001:db8::/32", "2001:db8::/64"));
      assert.deepEqual(open(v6, "external 2001:db8::1"), []);
      assert.deepEqual(open(v6, "external 2001:db8:1::1"), sockets);
    },
    "Except values will be rejected if they are outside the cidr range": () => {
      const place = ["spec.ingress[0].from[0].ipBlock.except[0]"];
      assert.deepEqual(rejected(ingressFrom(ipBlock("192.168.1.0/24", "192.168.2.0/25"))), place);
      assert.deepEqual(rejected(ingressFrom(ipBlock("192.168.1.0/24", "192.168.0.0/16"))), place);
      assert.deepEqual(rejected(ingressFrom(ipBlock("192.168.1.0/24", "2001:db8::/64"))), place);
    },
  });

  about("NetworkPolicyPeer", {
    "NetworkPolicyPeer describes a peer to allow traffic to/from.": () => {
      assert.deepEqual(callers(ingressFrom(clients)), ["client"]);
      assert.deepEqual(callees(egressTo(clients)), ["client"]);
    },
    "Only certain combinations of fields are allowed": () => {
      const [pods, spaces, block] = [
        { podSelector: {} },
        { namespaceSelector: {} },
        ipBlock("::/0"),
      ];
      for (const yes of [pods, spaces, { ...pods, ...spaces }, block]) {
        assert.deepEqual(rejected(ingressFrom(yes)), []);
      }
      for (const no of [
        {},
        { ...pods, ...block },
        { ...spaces, ...block },
        { ...pods, ...spaces, ...block },
      ]) {
        assert.deepEqual(rejected(ingressFrom(no)), ["spec.ingress[0].from[0]"]);
      }
    },
  });
  about("NetworkPolicyPeer.podSelector", {
    "podSelector is a label selector which selects pods.": () => {
      assert.deepEqual(callers(ingressFrom({ podSelector: { matchLabels: { app: "other" } } })), [
        "other",
      ]);
      assert.deepEqual(callers(ingressFrom(selecting({ key: "tier", operator: "Exists" }))), [
        "client",
      ]);
    },
    "This field follows standard label selector semantics; if present but empty, it selects all pods.":
      () => {
        assert.deepEqual(
          callers(ingressFrom({ podSelector: {} })),
          ["client", "other"],
          "not outside",
        );
        const anywhere = { podSelector: {}, namespaceSelector: {} };
        assert.deepEqual(callers(ingressFrom(anywhere)), ["client", "other", "stranger"]);
      },
    "If namespaceSelector is also set, then the NetworkPolicyPeer as a whole selects the pods matching podSelector in the Namespaces selected by NamespaceSelector.":
      () => {
        assert.deepEqual(callers(ingressFrom({ ...clients, ...teamB })), ["stranger"]);
        const inOnlyA = { podSelector: { matchLabels: { app: "other" } } };
        assert.deepEqual(callers(ingressFrom({ ...inOnlyA, ...teamB })), []);
      },
    "Otherwise it selects the pods matching podSelector in the policy's own namespace.": () => {
      assert.deepEqual(callers(ingressFrom(clients)), ["client"]);
      assert.deepEqual(callers(ingressFrom({ ...clients, namespaceSelector: null })), ["client"]);
    },
  });
  about("NetworkPolicyPeer.namespaceSelector", {
    "namespaceSelector selects namespaces using cluster-scoped labels.": () => {
      assert.deepEqual(callers(ingressFrom(teamB)), ["stranger"]);
      const name = { matchLabels: { "kubernetes.io/metadata.name": "b" } };
      assert.deepEqual(callers(ingressFrom({ namespaceSelector: name })), ["stranger"]);
      const pretender = pod("a/pretender", { team: "team-b" });
      assert.deepEqual(open(ingressFrom(teamB), pretender), [], "a pod's own labels don't count");
    },
    "This field follows standard label selector semantics; if present but empty, it selects all namespaces.":
      () => {
        const everywhere = ["client", "other", "stranger"];
        assert.deepEqual(callers(ingressFrom({ namespaceSelector: {} })), everywhere);
        const notB = [{ key: "team", operator: "NotIn", values: ["team-b"] }];
        const elsewhere = { namespaceSelector: { matchExpressions: notB } };
        assert.deepEqual(callers(ingressFrom(elsewhere)), ["client", "other"]);
        const bare = pod("unlabelled/x");
        assert.deepEqual(open(ingressFrom({ namespaceSelector: {} }), bare), sockets);
      },
    "If podSelector is also set, then the NetworkPolicyPeer as a whole selects the pods matching podSelector in the namespaces selected by namespaceSelector.":
      () => {
        const everywhere = { namespaceSelector: {} };
        assert.deepEqual(callers(ingressFrom({ ...clients, ...everywhere })), [
          "client",
          "stranger",
        ]);
        assert.deepEqual(callees(egressTo({ ...clients, ...everywhere })), ["client", "stranger"]);
      },
    "Otherwise it selects all pods in the namespaces selected by namespaceSelector.": () => {
      const teamA = { namespaceSelector: { matchLabels: { team: "team-a" } } };
      assert.deepEqual(callers(ingressFrom(teamA)), ["client", "other"]);
      assert.deepEqual(callers(ingressFrom({ ...teamA, podSelector: null })), ["client", "other"]);
    },
  });
  about("NetworkPolicyPeer.ipBlock", {
    "ipBlock defines policy on a particular IPBlock.": () => {
      assert.deepEqual(callers(ingressFrom(ipBlock("192.168.1.0/24"))), ["outside"]);
      assert.deepEqual(callees(egressTo(ipBlock("192.168.1.0/24"))), ["outside"]);
    },
    "If this field is set then neither of the other fields can be.": () => {
      const place = ["spec.ingress[0].from[0]"];
      const block = ipBlock("192.168.1.0/24");
      assert.deepEqual(rejected(ingressFrom({ ...block, podSelector: {} })), place);
      assert.deepEqual(rejected(ingressFrom({ ...block, namespaceSelector: {} })), place);
      assert.deepEqual(rejected(ingressFrom({ ...block, podSelector: null })), []);
    },
  });

  about("LabelSelector", {
    "A label selector is a label query over a set of resources.": () => {
      const query = { matchLabels: { app: "client" } };
      assert.deepEqual(
        isolated({ podSelector: query }).ingress,
        ["client"],
        "over pods to isolate",
      );
      assert.deepEqual(callers(ingressFrom({ podSelector: query })), ["client"], "over peers");
      assert.deepEqual(callers(ingressFrom(teamB)), ["stranger"], "over namespaces");
    },
    "The result of matchLabels and matchExpressions are ANDed.": () => {
      const matchLabels = { app: "client" };
      const matching = (operator: string) =>
        callers(
          ingressFrom({
            podSelector: { matchLabels, ...selecting({ key: "tier", operator }).podSelector },
          }),
        );
      assert.deepEqual([matching("Exists"), matching("DoesNotExist")], [["client"], []]);
    },
    "An empty label selector matches all objects.": () => {
      for (const empty of [
        {},
        { matchLabels: {} },
        { matchExpressions: [] },
        { matchLabels: null },
      ]) {
        assert.deepEqual(isolated({ podSelector: empty }).ingress, ["web", "client", "other"]);
        assert.deepEqual(callers(ingressFrom({ podSelector: empty })), ["client", "other"]);
        assert.deepEqual(callers(ingressFrom({ namespaceSelector: empty })), [
          "client",
          "other",
          "stranger",
        ]);
      }
    },
    "A null label selector matches no objects.": () => {
      const nulls = { podSelector: null, namespaceSelector: null, ...ipBlock("192.168.1.0/24") };
      assert.deepEqual(callers(ingressFrom(nulls)), ["outside"], "by its address only");
      assert.deepEqual(callees(egressTo(nulls)), ["outside"]);
      // In NetworkPolicySpec.podSelector null is no selector: it's "not specified", and has a default.
    },
  });
  about("LabelSelector.matchLabels", {
    "matchLabels is a map of {key,value} pairs.": () => {
      assert.deepEqual(callers(ingressFrom({ podSelector: { matchLabels: { tier: "front" } } })), [
        "client",
      ]);
      assert.deepEqual(callers(ingressFrom({ podSelector: { matchLabels: { tier: "app" } } })), []);
      assert.deepEqual(rejected({ podSelector: { matchLabels: ["app"] } }), [
        "spec.podSelector.matchLabels",
      ]);
    },
    'A single {key,value} in the matchLabels map is equivalent to an element of matchExpressions, whose key field is "key", the operator is "In", and the values array contains only "value".':
      () => {
        for (const value of ["client", "other", "nobody"]) {
          const pair = { podSelector: { matchLabels: { app: value } } };
          const element = selecting({ key: "app", operator: "In", values: [value] });
          assert.deepEqual(callers(ingressFrom(pair)), callers(ingressFrom(element)));
          assert.deepEqual(isolated(pair), isolated(element));
        }
      },
    "The requirements are ANDed.": () => {
      const both = { app: "client", tier: "front" };
      assert.deepEqual(callers(ingressFrom({ podSelector: { matchLabels: both } })), ["client"]);
      const one = { app: "client", tier: "back" };
      assert.deepEqual(callers(ingressFrom({ podSelector: { matchLabels: one } })), []);
    },
  });
  about("LabelSelector.matchExpressions", {
    "matchExpressions is a list of label selector requirements.": () => {
      const policy = ingressFrom(selecting({ key: "app", operator: "In", values: ["other"] }));
      assert.deepEqual(callers(policy), ["other"]);
      const place = ["spec.podSelector.matchExpressions"];
      assert.deepEqual(rejected({ podSelector: { matchExpressions: { key: "app" } } }), place);
    },
    "The requirements are ANDed.": () => {
      const labelled = { key: "app", operator: "Exists" };
      const notOther = { key: "app", operator: "NotIn", values: ["other"] };
      const isOther = { key: "app", operator: "In", values: ["other"] };
      assert.deepEqual(callers(ingressFrom(selecting(labelled, notOther))), ["client"]);
      assert.deepEqual(callers(ingressFrom(selecting(isOther, notOther))), []);
    },
  });
  about("LabelSelectorRequirement", {
    "A label selector requirement is a selector that contains values, a key, and an operator that relates the key and values.":
      () => {
        const requirement = { key: "app", operator: "In", values: ["client", "other"] };
        assert.deepEqual(callers(ingressFrom(selecting(requirement))), ["client", "other"]);
        const opposite = { ...requirement, operator: "NotIn" };
        assert.deepEqual(callers(ingressFrom(selecting(opposite))), []);
      },
  });
  about("LabelSelectorRequirement.key", {
    "key is the label key that the selector applies to.": () => {
      const having = (key: string) => callers(ingressFrom(selecting({ key, operator: "Exists" })));
      assert.deepEqual(["app", "tier", "front"].map(having), [["client", "other"], ["client"], []]);
      const place = ["spec.podSelector.matchExpressions[0].key"];
      assert.deepEqual(rejected(selecting({ operator: "Exists" })), place);
    },
  });
  about("LabelSelectorRequirement.operator", {
    "operator represents a key's relationship to a set of values.": () => {
      const related = (operator: string, ...values: string[]) =>
        callers(ingressFrom(selecting({ key: "tier", operator, values })));
      assert.deepEqual(related("In", "front", "back"), ["client"]);
      assert.deepEqual(related("In", "back"), []);
      assert.deepEqual(related("NotIn", "front", "back"), ["other"], "it has no tier");
      assert.deepEqual(related("NotIn", "back"), ["client", "other"]);
      assert.deepEqual(related("Exists"), ["client"]);
      assert.deepEqual(related("DoesNotExist"), ["other"]);
    },
    "Valid operators are In, NotIn, Exists and DoesNotExist.": () => {
      const place = ["spec.podSelector.matchExpressions[0].operator"];
      for (const operator of ["Gt", "Lt", "in", "Equals", "", null, undefined]) {
        assert.deepEqual(rejected(selecting({ key: "app", operator })), place, `${operator}`);
      }
    },
  });
  about("LabelSelectorRequirement.values", {
    "values is an array of string values.": () => {
      const valuesOf = (values: unknown) =>
        rejected(selecting({ key: "app", operator: "In", values }));
      const place = "spec.podSelector.matchExpressions[0].values";
      assert.deepEqual(valuesOf(["a", "b", ""]), []);
      assert.deepEqual(valuesOf(["a", 1, true, null]), [
        `${place}[1]`,
        `${place}[2]`,
        `${place}[3]`,
      ]);
      assert.ok(valuesOf("a").includes(place));
    },
    "If the operator is In or NotIn, the values array must be non-empty.": () => {
      for (const operator of ["In", "NotIn"]) {
        for (const values of [undefined, null, []]) {
          const place = ["spec.podSelector.matchExpressions[0].values"];
          assert.deepEqual(rejected(selecting({ key: "app", operator, values })), place);
        }
      }
    },
    "If the operator is Exists or DoesNotExist, the values array must be empty.": () => {
      for (const operator of ["Exists", "DoesNotExist"]) {
        const place = ["spec.podSelector.matchExpressions[0].values"];
        assert.deepEqual(rejected(selecting({ key: "app", operator, values: ["web"] })), place);
        for (const values of [undefined, null, []]) {
          assert.deepEqual(rejected(selecting({ key: "app", operator, values })), []);
        }
      }
    },
  });
  about("LabelSelectorOperator", {
    "A label selector operator is the set of operators that can be used in a selector requirement.":
      () => {
        for (const operator of ["In", "NotIn"]) {
          assert.deepEqual(rejected(selecting({ key: "app", operator, values: ["web"] })), []);
        }
        for (const operator of ["Exists", "DoesNotExist"]) {
          assert.deepEqual(rejected(selecting({ key: "app", operator })), []);
        }
      },
  });

  it("is here in full: each of its sentences has a test, or a reason why not", () => {
    const places = new Set([reference, tested, nothingToShow].flatMap(Object.keys));
    for (const place of places) {
      const left = Object.keys(nothingToShow[place] ?? {});
      const covered = [...(tested[place] ?? []), ...left];
      // In the reference's order, so that the two can be read side by side.
      assert.deepEqual(covered, reference[place] ?? [], place);
    }
  });
});
