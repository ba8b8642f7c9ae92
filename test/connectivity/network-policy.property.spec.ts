import assert from "node:assert/strict";
import fc from "fast-check";
import { compile, validate } from "../../micromesh/connectivity/index.ts";
import type { Namespace, Peer, Pod, Protocol } from "../../micromesh/connectivity/model.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { type NaivePeer, type NaiveSettings, naiveAllows } from "./naive-network-policy.ts";
import { kubernetes } from "./world.ts";

/** `MICROMESH_SEED=n` runs the same clusters again; without it, each run takes others. */
const seed = Number(process.env.MICROMESH_SEED || Math.floor(Math.random() * 2 ** 31));
assert.ok(
  Number.isInteger(seed),
  `MICROMESH_SEED is ${process.env.MICROMESH_SEED}; give it a whole number`,
);

// Few names, labels, addresses and ports, so that policies often meet the pods they speak of.
const namespaceName = fc.constantFrom("x", "x", "x", "y", "z");
const labelKey = fc.constantFrom("app", "tier");
const labelValue = fc.constantFrom("1", "2");
const labels = fc.dictionary(labelKey, labelValue, { maxKeys: 2 });
const protocol = fc.constantFrom<Protocol>("TCP", "TCP", "UDP", "SCTP");
const portNumber = fc.integer({ min: 80, max: 84 });
const portName = fc.constantFrom("http", "dns");
/** Of either family, of both, or none yet, as where pods are only declared. */
const podIps = fc
  .tuple(fc.nat(7), fc.constantFrom("v4", "v6", "both", "none"))
  .map(([n, has]) => ({ v4: [v4(n)], v6: [v6(n)], both: [v4(n), v6(n)], none: [] })[has] ?? []);
const nodeIp = fc.constantFrom("10.0.0.8", "fd00::8");
// Two of them are in the pods' range, yet belong to no pod.
const outsideIp = fc.constantFrom("203.0.113.1", "203.0.113.130", v4(3), v6(3), "2001:db8::1");

function v4(n: number): string {
  return `10.0.0.${n}`;
}

function v6(n: number): string {
  return `fd00::${n.toString(16)}`;
}

/** A field may be missing, and may be there without a value, as YAML's `from:` is. */
function fields<T>(of: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
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
function list<T>(of: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
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
const selector = fields({
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
const spec = fields({
  podSelector: selector,
  policyTypes: fc.constantFrom([], ["Ingress"], ["Egress"], ["Ingress", "Egress"]),
  ingress: list(rule("from")),
  egress: list(rule("to")),
});
const policies: fc.Arbitrary<KubernetesObject[]> = fc
  .array(fc.tuple(namespaceName, spec), { maxLength: 8, size: "max" })
  .map((list) =>
    list.map(([namespace, one], i) => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { namespace, name: `p${i}` },
      spec: one,
    })),
  );
const pods: fc.Arbitrary<Pod[]> = fc.uniqueArray(
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
const namespaces: fc.Arbitrary<Namespace[]> = fc
  .tuple(labels, labels, fc.boolean())
  .map(([x, y, declared]) => [
    { name: "x", labels: { ...x, app: "1" } },
    { name: "y", labels: y },
    ...(declared ? [{ name: "z", labels: {} }] : []),
  ]);
/** What is asked of every two ends. */
const sockets = fc.array(fc.record({ port: fc.integer({ min: 79, max: 85 }), protocol }), {
  minLength: 3,
  maxLength: 3,
});

/** All that implementations differ in. */
const settings: fc.Arbitrary<NaiveSettings> = fc.record({
  ipBlockMatchesPods: fc.boolean(),
  selfTraffic: fc.constantFrom("allowed", "judged"),
  hostNetworkPods: fc.constantFrom("node", "pod"),
  podNetworks: fc.constantFrom(["10.0.0.0/29"], ["10.0.0.0/29", "fd00::/125"]),
});

const cluster = fc.record({
  namespaces,
  pods,
  policies,
  sockets,
  nodeIp,
  outsideIp,
  settings,
});
type Cluster = typeof cluster extends fc.Arbitrary<infer T> ? T : never;

function nameOf({ namespace, name }: Pod): string {
  return `${namespace}/${name}`;
}

interface End {
  name: string;
  peer: Peer;
  naive: NaivePeer;
}

function ends({ pods, nodeIp, outsideIp }: Cluster): End[] {
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

interface Flow {
  from: End;
  to: End;
  port: number;
  protocol: Protocol;
  /** `x/a -> y/b TCP 80`. */
  text: string;
}

/** Every end to every end, on every socket; pods at one end at least. */
function flowsOf(of: Cluster): Flow[] {
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

function decider(of: Cluster, policies = of.policies) {
  const settings = { ...kubernetes, ...of.settings };
  const { connection } = compile({ namespaces: of.namespaces, policies, settings });
  return ({ from, to, port, protocol }: Flow) => connection(from.peer, to.peer, port, protocol);
}

/** The permitted flows. */
function matrix(of: Cluster, policies = of.policies): Set<string> {
  const decide = decider(of, policies);
  return new Set(
    flowsOf(of)
      .filter((flow) => decide(flow).allowed)
      .map(({ text }) => text),
  );
}

function naively(of: Cluster, { from, to, port, protocol }: Flow): boolean {
  return naiveAllows(of, from.naive, to.naive, port, protocol);
}

/** What random clusters must be rich in, each with how to know it by. */
const features: Record<string, (of: Cluster, policies: string) => boolean> = {
  "a policy": ({ policies }) => policies.length > 0,
  "a port by name": (_, text) => /"port":"/.test(text),
  "a range of ports": (_, text) => /"endPort":/.test(text),
  "UDP or SCTP": (_, text) => /"protocol":"(UDP|SCTP)"/.test(text),
  "a block with exceptions": (_, text) => /"except":\["/.test(text),
  "a block of IPv6": (_, text) => /"cidr":"[^"]*:/.test(text),
  "NotIn or DoesNotExist": (_, text) => /NotIn|DoesNotExist/.test(text),
  "an empty selector": (_, text) => /"podSelector":\{\}/.test(text),
  "no selector": ({ policies }) => policies.some(({ spec }) => spec.podSelector === undefined),
  "empty peers": (_, text) => /"(from|to)":\[\]/.test(text),
  "empty ports": (_, text) => /"ports":\[\]/.test(text),
  "empty rules": (_, text) => /"(ingress|egress)":\[\]/.test(text),
  "an empty rule": (_, text) => /"(ingress|egress)":\[\{\}/.test(text),
  "a field without a value": (_, text) => /:null/.test(text),
  "types by default, with egress": ({ policies }) =>
    policies.some(({ spec }) => !spec.policyTypes?.length && spec.egress?.length > 0),
  "types by default, without": ({ policies }) =>
    policies.some(({ spec }) => !spec.policyTypes?.length && !spec.egress?.length),
  "a host-network pod": ({ pods }) => pods.some(({ hostNetwork }) => hostNetwork),
  "pods of one name": ({ pods }) =>
    pods.some((a) => pods.some((b) => a !== b && a.name === b.name)),
  "one port name, two protocols": ({ pods }) =>
    pods.some(({ ports }) =>
      ports.some((a) => ports.some((b) => a.name === b.name && a.protocol !== b.protocol)),
    ),
  "a dual-stack pod": ({ pods }) => pods.some(({ ips }) => ips.length === 2),
  "a pod without addresses": ({ pods }) => pods.some(({ ips }) => ips.length === 0),
  "an undeclared namespace": ({ namespaces, pods }) =>
    namespaces.length === 2 && pods.some(({ namespace }) => namespace === "z"),
};

describe(`NetworkPolicy, on random clusters (MICROMESH_SEED=${seed})`, () => {
  it("is what the naive evaluator says, on 10,000", () => {
    fc.assert(
      fc.property(cluster, (of) => {
        assert.deepEqual(validate(of.policies), []);
        const decide = decider(of);
        for (const flow of flowsOf(of)) {
          const { allowed } = decide(flow);
          if (allowed !== naively(of, flow))
            assert.fail(`${flow.text} is ${allowed ? "allowed" : "denied"}`);
        }
      }),
      { numRuns: 10_000, seed },
    );
  }).timeout(120_000);

  it("meets allowed and denied flows often, whatever is in the cluster", () => {
    const clusters = fc.sample(cluster, { numRuns: 1000, seed }).map((of) => ({
      of,
      text: JSON.stringify(of.policies),
      verdicts: flowsOf(of).map((flow) => naively(of, flow)),
    }));
    for (const [feature, isIn] of Object.entries(features)) {
      const having = clusters.filter(({ of, text }) => isIn(of, text));
      assert.ok(having.length >= 50, `${feature}: in ${having.length} of ${clusters.length}`);
      const verdicts = having.flatMap(({ verdicts }) => verdicts);
      const share = verdicts.filter((allowed) => allowed).length / verdicts.length;
      assert.ok(share > 0.1 && share < 0.9, `${feature}: allows ${share.toFixed(2)} of flows`);
    }
  });

  it("doesn't depend on the order of policies, rules, peers and ports", () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed).reverse();
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, reversed(item)]));
    };
    fc.assert(
      fc.property(cluster, (of) => {
        assert.deepEqual(matrix(of, reversed(of.policies) as KubernetesObject[]), matrix(of));
      }),
      { numRuns: 200, seed },
    );
  });

  it("only grows by a policy for pods that are isolated already", () => {
    fc.assert(
      fc.property(cluster, spec, (of, extra) => {
        const metadata = { namespace: "x", name: "isolate" };
        const base = { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata };
        const isolated = [
          ...of.policies,
          { ...base, spec: { policyTypes: ["Ingress", "Egress"] } },
        ];
        const before = matrix(of, isolated);
        const after = matrix(of, [
          ...isolated,
          { ...base, metadata: { ...metadata, name: "extra" }, spec: extra },
        ]);
        for (const flow of before) assert.ok(after.has(flow), flow);
      }),
      { numRuns: 200, seed },
    );
  });

  it("doesn't change between ends that no new policy selects", () => {
    fc.assert(
      fc.property(cluster, spec, (of, extra) => {
        const metadata = { namespace: "x", name: "extra" };
        const policy = { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata };
        const before = matrix(of);
        const after = matrix(of, [...of.policies, { ...policy, spec: extra }]);
        const inX = new Set(of.pods.filter(({ namespace }) => namespace === "x").map(nameOf));
        const untouched = (flow: string) => !flow.split(" ").some((word) => inX.has(word));
        assert.deepEqual([...after].filter(untouched), [...before].filter(untouched));
      }),
      { numRuns: 200, seed },
    );
  });

  it("gives every denial a reason that names a policy", () => {
    fc.assert(
      fc.property(cluster, (of) => {
        const decide = decider(of);
        for (const flow of flowsOf(of)) {
          const { allowed, because } = decide(flow);
          assert.ok(because.length > 0);
          if (allowed) continue;
          for (const { name } of because) {
            assert.ok(of.policies.some(({ metadata }) => metadata.name === name));
          }
        }
      }),
      { numRuns: 200, seed },
    );
  });
});
