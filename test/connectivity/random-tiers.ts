/** Random policies of the tiers (ClusterNetworkPolicy and its elders), for property tests. */
import fc from "fast-check";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { labelKey, labels, labelValue, portName, protocol } from "./random-clusters.ts";
import { type TieredKind, tieredPolicy } from "./world.ts";

// Few names, labels, addresses and ports, so that policies often meet the pods they speak of.
export const namespaceName = fc.constantFrom("x", "x", "y");
export const portNumber = fc.integer({ min: 80, max: 83 });

/** Those that match everything are frequent, since they make most policies. */
export const selector = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 3, arbitrary: fc.record({ matchLabels: labels }) },
  {
    weight: 1,
    arbitrary: fc.record({
      matchExpressions: fc.tuple(
        fc.oneof(
          fc.record({
            key: labelKey,
            operator: fc.constantFrom("In", "NotIn"),
            values: fc.tuple(labelValue),
          }),
          fc.record({ key: labelKey, operator: fc.constantFrom("Exists", "DoesNotExist") }),
        ),
      ),
    }),
  },
);
const namespaceSelector = fc.oneof(
  selector,
  namespaceName.map((name) => ({ matchLabels: { "kubernetes.io/metadata.name": name } })),
);
export const podsPeer = fc.record({ namespaceSelector, podSelector: selector });
const subject = fc.oneof(
  fc.record({ namespaces: namespaceSelector }),
  fc.record({ pods: podsPeer }),
  fc.constant({ namespaces: {} }),
);
const nodes = fc.constantFrom(
  {},
  { matchLabels: { "kubernetes.io/os": "linux" } },
  { matchLabels: { "kubernetes.io/os": "windows" } },
  { matchExpressions: [{ key: "node-role.kubernetes.io/control-plane", operator: "Exists" }] },
);
const networks = fc.subarray(["0.0.0.0/0", "10.0.0.0/30", "203.0.113.0/25", "fd00::4/126"], {
  minLength: 1,
  maxLength: 2,
});
const unknown = fc.constant({ serviceAccounts: {} });
const podPeer = fc.oneof(
  fc.record({ namespaces: namespaceSelector }),
  fc.record({ pods: podsPeer }),
);
const sources = fc.oneof({ weight: 30, arbitrary: podPeer }, { weight: 1, arbitrary: unknown });

/** Peers of an egress rule with ports; a port's name can't stand beside peers that have none. */
const anyDestination = fc.oneof(
  { weight: 20, arbitrary: podPeer },
  { weight: 8, arbitrary: fc.record({ networks }) },
  { weight: 6, arbitrary: fc.record({ nodes }) },
  { weight: 1, arbitrary: unknown },
);
const range = fc
  .tuple(portNumber, fc.integer({ min: 1, max: 3 }))
  .map(([start, more]) => ({ start, end: start + more }));

const currentPort = protocol.chain((of) =>
  fc
    .oneof(fc.record({ number: portNumber }), fc.record({ range }))
    .map((destinationPort) => ({ [of.toLowerCase()]: { destinationPort } })),
);
const currentName = portName.map((name) => ({ destinationNamedPort: name }));
const elderPort = fc.oneof(
  fc
    .record({ protocol, port: portNumber }, { requiredKeys: ["port"] })
    .map((port) => ({ portNumber: port })),
  fc
    .record({ protocol, range })
    .map(({ protocol, range }) => ({ portRange: { protocol, ...range } })),
);
const elderName = portName.map((name) => ({ namedPort: name }));

interface Words {
  actions: string[];
  ports: "protocols" | "ports";
  port: fc.Arbitrary<object>;
  name: fc.Arbitrary<object>;
}

const some = <T>(of: fc.Arbitrary<T>, most = 2) => fc.array(of, { minLength: 1, maxLength: most });

function rulesOf({ actions, ports, port, name }: Words) {
  const rule = (side: string, peer: fc.Arbitrary<object>, port: fc.Arbitrary<object>) =>
    fc.record(
      { action: fc.constantFrom(...actions), [side]: some(peer), [ports]: some(port) },
      { requiredKeys: ["action", side] },
    );
  return {
    ingress: fc.array(rule("from", sources, fc.oneof(port, name)), { maxLength: 3 }),
    egress: fc.array(
      fc.oneof(
        rule("to", anyDestination, port),
        rule("to", fc.oneof(podPeer, podPeer, podPeer, unknown), fc.oneof(port, name)),
      ),
      { maxLength: 3 },
    ),
  };
}

const priority = fc.integer({ min: 0, max: 3 });
const current: Words = {
  actions: ["Accept", "Deny", "Pass"],
  ports: "protocols",
  port: currentPort,
  name: currentName,
};
const elder: Words = {
  actions: ["Allow", "Deny", "Pass"],
  ports: "ports",
  port: elderPort,
  name: elderName,
};

function tiered(kind: TieredKind, spec: fc.Arbitrary<object>, most: number) {
  const nameOf = (i: number) => (kind === "BaselineAdminNetworkPolicy" ? "default" : `p${i}`);
  return fc
    .array(spec, { maxLength: most })
    .map((specs) => specs.map((spec, i) => tieredPolicy(kind, nameOf(i), spec)));
}

/** Of each kind, now and then none; every one is valid. */
export const tieredPolicies: fc.Arbitrary<KubernetesObject[]> = fc
  .tuple(
    tiered(
      "ClusterNetworkPolicy",
      fc.record({
        tier: fc.constantFrom("Admin", "Baseline"),
        priority,
        subject,
        ...rulesOf(current),
      }),
      4,
    ),
    tiered("AdminNetworkPolicy", fc.record({ priority, subject, ...rulesOf(elder) }), 2),
    tiered(
      "BaselineAdminNetworkPolicy",
      fc.record({ subject, ...rulesOf({ ...elder, actions: ["Allow", "Deny"] }) }),
      1,
    ),
  )
  .map((lists) => lists.flat());
