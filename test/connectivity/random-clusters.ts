/**
 * Random clusters with NetworkPolicies, for property tests. They're small, and rich in what the API's
 * reference tells apart.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Namespace, Peer, Pod, Protocol } from "../../micromesh/connectivity/model.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { type NaivePeer, type NaiveSettings, naiveAllows } from "./naive-network-policy.ts";
import { networkPolicy } from "./world.ts";

/** `MICROMESH_SEED=n` runs the same clusters again; without it, each run takes others. */
export const seed = Number(process.env.MICROMESH_SEED || Math.floor(Math.random() * 2 ** 31));
assert.ok(
  Number.isInteger(seed),
  `MICROMESH_SEED is ${process.env.MICROMESH_SEED}; give it a whole number`,
);

// Few names, labels, addresses and ports, so that policies often meet the pods they speak of.
export const namespaceName = fc.constantFrom("x", "x", "x", "y", "z");
export const labelKey = fc.constantFrom("app", "tier");
export const labelValue = fc.constantFrom("1", "2");
export const labels = fc.dictionary(labelKey, labelValue, { maxKeys: 2 });
export const protocol = fc.constantFrom<Protocol>("TCP", "TCP", "UDP", "SCTP");
export const portNumber = fc.integer({ min: 80, max: 84 });
export const portName = fc.constantFrom("http", "dns");
/** Of either family, of both, or none yet, as where pods are only declared. */
export const podIps = fc
  .tuple(fc.nat(7), fc.constantFrom("v4", "v6", "both", "none"))
  .map(([n, has]) => ({ v4: [v4(n)], v6: [v6(n)], both: [v4(n), v6(n)], none: [] })[has] ?? []);
export const nodeIp = fc.constantFrom("10.0.0.8", "fd00::8");
// Two of them are in the pods' range, yet belong to no pod.
export const outsideIp = fc.constantFrom(
  "203.0.113.1",
  "203.0.113.130",
  v4(3),
  v6(3),
  "2001:db8::1",
);

function v4(n: number): string {
  return `10.0.0.${n}`;
}

function v6(n: number): string {
  return `fd00::${n.toString(16)}`;
}

/** A field may be missing, and may be there without a value, as YAML's `from:` is. */
export function fields<T>(of: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
  const optional = Object.entries<fc.Arbitrary<unknown>>(of).map(([name, value]) => [
    name,
    fc.oneof(
      { weight: 12, arbitrary: value },
      { weight: 3, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constant(null) },
    ),
  ]);
  const present = (object: object) =>
    Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
  return fc.record(Object.fromEntries(optional)).map(present);
}

/** One or two, now and then none: which means something else. */
export function list<T>(of: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  const some = fc.array(of, { minLength: 1, maxLength: 2 });
  return fc.oneof({ weight: 7, arbitrary: some }, { weight: 1, arbitrary: fc.constant<T[]>([]) });
}

const matchExpression = fc.oneof(
  fc.record({
    key: labelKey,
    operator: fc.constantFrom("In", "NotIn"),
    values: fc.array(labelValue, { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ key: labelKey, operator: fc.constantFrom("Exists", "DoesNotExist") }),
);
export const selector = fields({
  matchLabels: fc.dictionary(labelKey, labelValue, { maxKeys: 1 }),
  matchExpressions: list(matchExpression),
});
const namespaceSelector = fc.oneof(
  { weight: 3, arbitrary: selector },
  {
    weight: 1,
    arbitrary: namespaceName.map((name) => ({
      matchLabels: { "kubernetes.io/metadata.name": name },
    })),
  },
);
/** Blocks of the pods' and the node's addresses, with any block inside excepted. */
const nearBlock = fc
  .tuple(
    fc.boolean(),
    fc.nat(15),
    fc.integer({ min: 0, max: 4 }),
    fc.array(fc.nat(15), { maxLength: 2 }),
    fc.nat(4),
  )
  .map(([four, n, free, excepted, exceptFree]) => {
    const [address, width] = four ? ([v4, 32] as const) : ([v6, 128] as const);
    const base = n - (n % 2 ** free);
    const except = excepted
      .map((m) => `${address(base + (m % 2 ** free))}/${width - Math.min(exceptFree, free - 1)}`)
      .filter(() => free > 0);
    // Bits beyond the prefix may be set: they don't count.
    return { cidr: `${address(n)}/${width - free}`, ...(except.length > 0 && { except }) };
  });
const farBlock = fc.constantFrom<object>(
  { cidr: "0.0.0.0/0", except: null },
  { cidr: "0.0.0.0/0", except: ["203.0.113.128/25", "10.0.0.4/30"] },
  { cidr: "203.0.113.0/24", except: [] },
  { cidr: "::/0" },
  { cidr: "::/0", except: ["fd00::/64"] },
);
const ipBlock = fc.oneof(nearBlock, farBlock);
const peerSpec = fc.oneof(
  fc.record({ podSelector: selector }),
  fc.record(
    { namespaceSelector, podSelector: fc.constant(null) },
    { requiredKeys: ["namespaceSelector"] },
  ),
  fc.record({ namespaceSelector, podSelector: selector }),
  fc.record({ ipBlock, podSelector: fc.constant(null) }, { requiredKeys: ["ipBlock"] }),
);
const portSpec = fc.oneof(
  fields({ protocol, port: portNumber }),
  fc.record({ protocol, port: portName }, { requiredKeys: ["port"] }),
  fc
    .tuple(portNumber, fc.nat(3), fc.option(protocol, { nil: undefined }))
    .map(([port, more, protocol]) => ({ port, endPort: port + more, protocol })),
);
const rule = (side: "from" | "to") =>
  fields({
    [side]: list(peerSpec),
    ports: list(portSpec),
  });
/** The spec of a NetworkPolicy. */
export const networkPolicySpec = fields({
  podSelector: selector,
  policyTypes: fc.constantFrom([], ["Ingress"], ["Egress"], ["Ingress", "Egress"]),
  ingress: list(rule("from")),
  egress: list(rule("to")),
});
export const policies: fc.Arbitrary<KubernetesObject[]> = fc
  .array(fc.tuple(namespaceName, networkPolicySpec), { maxLength: 8, size: "max" })
  .map((list) => list.map(([namespace, one], i) => networkPolicy(`${namespace}/p${i}`, one)));
export const pods: fc.Arbitrary<Pod[]> = fc.uniqueArray(
  fc.record({
    namespace: namespaceName,
    name: fc.constantFrom("a", "b", "c"),
    labels,
    ips: podIps,
    // Of all its containers: two may give one name to different ports, or to one port of two protocols.
    ports: fc.array(fc.record({ name: portName, containerPort: portNumber, protocol }), {
      maxLength: 3,
    }),
    hostNetwork: fc.nat(11).map((n) => n === 11),
    serviceAccount: fc.constant("default"),
    meshed: fc.constant(false),
  }),
  { selector: nameOf, minLength: 2, maxLength: 5 },
);
/** `y` may have no labels, `z` has none, and may not be declared at all. */
export const namespaces: fc.Arbitrary<Namespace[]> = fc
  .tuple(labels, labels, fc.boolean())
  .map(([x, y, declared]) => [
    { name: "x", labels: { ...x, app: "1" } },
    { name: "y", labels: y },
    ...(declared ? [{ name: "z", labels: {} }] : []),
  ]);
/** What is asked of every two ends. */
export const sockets = fc.array(fc.record({ port: fc.integer({ min: 79, max: 85 }), protocol }), {
  minLength: 3,
  maxLength: 3,
});

/** All that implementations differ in. */
export const settings: fc.Arbitrary<NaiveSettings> = fc.record({
  ipBlockMatchesPods: fc.boolean(),
  selfTraffic: fc.constantFrom("allowed", "judged"),
  hostNetworkPods: fc.constantFrom("node", "pod"),
  podNetworks: fc.constantFrom(["10.0.0.0/29"], ["10.0.0.0/29", "fd00::/125"]),
});

export const cluster = fc.record({
  namespaces,
  pods,
  policies,
  sockets,
  nodeIp,
  outsideIp,
  settings,
});
export type Cluster = typeof cluster extends fc.Arbitrary<infer T> ? T : never;

export function nameOf({ namespace, name }: Pod): string {
  return `${namespace}/${name}`;
}

export interface End {
  name: string;
  peer: Peer;
  naive: NaivePeer;
}

export function ends({ pods, nodeIp, outsideIp }: Cluster): End[] {
  return [
    ...pods.map((pod) => ({
      name: nameOf(pod),
      peer: { kind: "pod", pod } as const,
      naive: { pod },
    })),
    { name: "node", peer: { kind: "node", ip: nodeIp }, naive: { node: true, ip: nodeIp } },
    { name: "outside", peer: { kind: "external", ip: outsideIp }, naive: { ip: outsideIp } },
  ];
}

export interface Flow {
  from: End;
  to: End;
  port: number;
  protocol: Protocol;
  /** `x/a -> y/b TCP 80`. */
  text: string;
}

/** Every end to every end, on every socket; pods at one end at least. */
export function flowsOf(of: Cluster): Flow[] {
  const all = ends(of);
  const pairs = all.flatMap((from) => all.map((to) => ({ from, to })));
  return pairs
    .filter(({ from, to }) => from.naive.pod ?? to.naive.pod)
    .flatMap(({ from, to }) =>
      of.sockets.map(({ port, protocol }) => {
        return { from, to, port, protocol, text: `${from.name} -> ${to.name} ${protocol} ${port}` };
      }),
    );
}

export function naively(of: Cluster, { from, to, port, protocol }: Flow): boolean {
  return naiveAllows(of, from.naive, to.naive, port, protocol);
}
