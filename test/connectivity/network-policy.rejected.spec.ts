/** NetworkPolicies that the API server would reject: what is told, and that they have no effect. */
import { itTells, noEffect } from "./mistakes.ts";
import { kubernetes, networkPolicy } from "./world.ts";

describe("a NetworkPolicy that the API server would reject", () => {
  const mistakes: [spec: object, problem: string][] = [
    [
      { policyTypes: ["ingress"] },
      'spec.policyTypes[0] is "ingress"; write one of Ingress, Egress',
    ],
    [
      { policyTypes: ["Egress", "Egress", "Egress"] },
      "spec.policyTypes has more than two types; remove one",
    ],
    [
      { ingress: [{ from: [{}] }] },
      "spec.ingress[0].from[0] has no peer; give a podSelector, a namespaceSelector or an ipBlock",
    ],
    [
      { egress: [{ to: [{ podSelector: {}, ipBlock: { cidr: "10.0.0.0/8" } }] }] },
      "spec.egress[0].to[0] has an ipBlock beside podSelector; make them two items",
    ],
    [
      { ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0" } }] }] },
      'spec.ingress[0].from[0].ipBlock.cidr is "10.0.0.0"; write a block such as 10.0.0.0/8 or fd00::/8',
    ],
    [
      { ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/16", except: ["10.1.0.0/24"] } }] }] },
      "spec.ingress[0].from[0].ipBlock.except[0] is 10.1.0.0/24; it must lie inside 10.0.0.0/16",
    ],
    [
      { ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/16", except: ["10.0.0.0/8"] } }] }] },
      "spec.ingress[0].from[0].ipBlock.except[0] is 10.0.0.0/8; it must lie inside 10.0.0.0/16",
    ],
    [
      { ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/16", except: ["10.0.0.0/16"] } }] }] },
      "spec.ingress[0].from[0].ipBlock.except[0] is 10.0.0.0/16; it must lie inside 10.0.0.0/16",
    ],
    [
      { ingress: [{ ports: [{ port: "80" }] }] },
      'spec.ingress[0].ports[0].port is "80"; a port is a number without quotes, or the name of a container port',
    ],
    [
      { ingress: [{ ports: [{ port: 70000 }] }] },
      "spec.ingress[0].ports[0].port is 70000; ports are 1 to 65535",
    ],
    [
      { ingress: [{ ports: [{ protocol: "tcp" }] }] },
      'spec.ingress[0].ports[0].protocol is "tcp"; write one of TCP, UDP, SCTP',
    ],
    [
      { ingress: [{ ports: [{ port: 80, endPort: 79 }] }] },
      "spec.ingress[0].ports[0].endPort is 79; it must be from 80 to 65535",
    ],
    [
      { ingress: [{ ports: [{ port: "http", endPort: 80 }] }] },
      "spec.ingress[0].ports[0].endPort is set without a numeric port; give the first port in port",
    ],
    [
      { podSelector: { matchExpressions: [{ key: "a", operator: "in", values: ["b"] }] } },
      'spec.podSelector.matchExpressions[0].operator is "in"; write one of In, NotIn, Exists, DoesNotExist',
    ],
    [
      { podSelector: { matchExpressions: [{ key: "a", operator: "In" }] } },
      "spec.podSelector.matchExpressions[0].values is empty; In needs at least one value",
    ],
    [
      { podSelector: { matchExpressions: [{ key: "a", operator: "Exists", values: ["b"] }] } },
      'spec.podSelector.matchExpressions[0].values is set; "Exists" takes no values, remove them',
    ],
    [
      { podSelector: { matchLabels: { a: true } } },
      "spec.podSelector.matchLabels.a is true, which no label can have; quote it",
    ],
    [
      { podSelector: { matchLabels: { "a b": "c" } } },
      'spec.podSelector.matchLabels.a b has the key "a b"; a label\'s key is [prefix/]name',
    ],
    [{ ingress: {} }, "spec.ingress is {}; it must be a list"],
    [{ ingress: [null] }, "spec.ingress[0] is empty; remove the item"],
  ];
  itTells(
    mistakes.map(([spec, problem]) => [networkPolicy("a/p", spec), problem]),
    noEffect(kubernetes),
  );
});
