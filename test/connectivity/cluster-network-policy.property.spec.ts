import assert from "node:assert/strict";
import fc from "fast-check";
import { compile, problemLine, validate } from "../../micromesh/connectivity/index.ts";
import type { Namespace, Peer, Pod, Protocol } from "../../micromesh/connectivity/model.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { type NaiveEnd, type NaiveTier, naiveDecision } from "./naive-cluster-network-policy.ts";
import { labels, portName, protocol, seed } from "./random-clusters.ts";
import { namespaceName, podsPeer, portNumber, selector, tieredPolicies } from "./random-tiers.ts";
import { kubernetes, networkPolicy } from "./world.ts";

const podIps = fc
  .tuple(fc.nat(7), fc.boolean())
  .map(([n, dual]) => (dual ? [`10.0.0.${n}`, `fd00::${n}`] : [`10.0.0.${n}`]));
const outsideIp = fc.constantFrom("203.0.113.1", "203.0.113.130", "10.0.0.3", "2001:db8::1");
const nodeIp = "10.0.0.8";

const networkRule = (side: string) =>
  fc.record(
    {
      [side]: fc.array(podsPeer, { maxLength: 2 }),
      ports: fc.array(fc.record({ protocol, port: portNumber }), { maxLength: 2 }),
    },
    { requiredKeys: [] },
  );
const networkPolicies = fc
  .array(
    fc.tuple(
      namespaceName,
      fc.record({
        podSelector: selector,
        policyTypes: fc.constantFrom(["Ingress"], ["Egress"], ["Ingress", "Egress"]),
        ingress: fc.array(networkRule("from"), { maxLength: 2 }),
        egress: fc.array(networkRule("to"), { maxLength: 2 }),
      }),
    ),
    { maxLength: 2 },
  )
  .map((specs) => specs.map(([namespace, spec], i) => networkPolicy(`${namespace}/n${i}`, spec)));

const policies: fc.Arbitrary<KubernetesObject[]> = fc
  .tuple(tieredPolicies, networkPolicies)
  .map((lists) => lists.flat());

const podList: fc.Arbitrary<Pod[]> = fc
  .array(
    fc.record({
      namespace: namespaceName,
      labels,
      ips: podIps,
      hostNetwork: fc.constantFrom(false, false, false, false, true),
      ports: fc.array(fc.record({ name: portName, containerPort: portNumber, protocol }), {
        maxLength: 2,
      }),
    }),
    { minLength: 2, maxLength: 4 },
  )
  .map((list) =>
    list.map((one, i) => ({ ...one, name: `pod${i}`, serviceAccount: "default", meshed: false })),
  );
const namespaces: fc.Arbitrary<Namespace[]> = fc.tuple(labels, labels).map(([x, y]) => [
  { name: "x", labels: x },
  { name: "y", labels: y },
]);

const cluster = fc.record({
  namespaces,
  pods: podList,
  policies,
  outsideIp,
  addressesMatchPods: fc.boolean(),
});
type Cluster = typeof cluster extends fc.Arbitrary<infer T> ? T : never;

const ports: [port: number, protocol: Protocol][] = [
  [80, "TCP"],
  [82, "UDP"],
  [81, "SCTP"],
];

interface End {
  name: string;
  peer: Peer;
  naive: NaiveEnd;
}

function ends({ pods, outsideIp }: Cluster): End[] {
  return [
    ...pods.map((pod) => ({ name: pod.name, peer: { kind: "pod", pod } as const, naive: { pod } })),
    { name: "node", peer: { kind: "node", ip: nodeIp }, naive: { node: true, ip: nodeIp } },
    { name: outsideIp, peer: { kind: "external", ip: outsideIp }, naive: { ip: outsideIp } },
  ];
}

function* flows(of: Cluster) {
  for (const from of ends(of)) {
    for (const to of ends(of)) {
      for (const [port, protocol] of ports) {
        const name = `${from.name} -> ${to.name} ${protocol} ${port}`;
        yield { from, to, port, protocol, name };
      }
    }
  }
}

function connectionOf(of: Cluster, policies = of.policies) {
  const settings = {
    ...kubernetes,
    clusterNetworkPolicy: true,
    ipBlockMatchesPods: of.addressesMatchPods,
  };
  return compile({ namespaces: of.namespaces, policies, settings }).connection;
}

/** Every flow that is permitted. */
function matrix(of: Cluster, policies = of.policies): Set<string> {
  const connection = connectionOf(of, policies);
  const permitted = [...flows(of)].filter(
    ({ from, to, port, protocol }) => connection(from.peer, to.peer, port, protocol).allowed,
  );
  return new Set(permitted.map(({ name }) => name));
}

describe(`ClusterNetworkPolicy and its elders, on random clusters (MICROMESH_SEED=${seed})`, () => {
  it("is what the naive evaluator says, whoever decides", () => {
    const decided = { allowed: 0, denied: 0 };
    const byTier: Record<NaiveTier, number> = {
      Admin: 0,
      NetworkPolicy: 0,
      Baseline: 0,
      default: 0,
    };
    fc.assert(
      fc.property(cluster, (of) => {
        assert.deepEqual(validate(of.policies).map(problemLine), []);
        const connection = connectionOf(of);
        for (const { from, to, port, protocol, name } of flows(of)) {
          const flow = { from: from.naive, to: to.naive, port, protocol };
          const expected = naiveDecision(of, flow);
          const actual = connection(from.peer, to.peer, port, protocol);
          assert.equal(actual.allowed, expected.allowed, name);
          decided[expected.allowed ? "allowed" : "denied"] += 1;
          for (const tier of expected.by) byTier[tier] += 1;
        }
      }),
      { numRuns: 2000, seed },
    );
    // Agreement says little where one answer, or one tier, is nearly always right.
    const least = 0.05 * (decided.allowed + decided.denied);
    for (const [what, count] of Object.entries({ ...decided, ...byTier })) {
      assert.ok(count > least, `${what}: ${count} of ${decided.allowed + decided.denied}`);
    }
  }).timeout(60_000);

  it("doesn't depend on the order of the policies", () => {
    fc.assert(
      fc.property(cluster, (of) => {
        assert.deepEqual(matrix(of, [...of.policies].reverse()), matrix(of));
      }),
      { numRuns: 200, seed },
    );
  });

  it("leaves everything to the rest by a Pass before all other rules", () => {
    fc.assert(
      fc.property(cluster, (of) => {
        const all = [{ namespaces: {} }];
        const outside = [...all, { nodes: {} }, { networks: ["0.0.0.0/0", "::/0"] }];
        const rules = {
          ingress: [{ action: "Pass", from: all }],
          egress: [{ action: "Pass", to: outside }],
        };
        const pass = (tier: string) => ({
          apiVersion: "policy.networking.k8s.io/v1alpha2",
          kind: "ClusterNetworkPolicy",
          metadata: { name: `pass-${tier.toLowerCase()}` },
          spec: { tier, priority: 0, subject: { namespaces: {} }, ...rules },
        });
        const later = of.policies.map((policy) =>
          policy.spec.priority === undefined
            ? policy
            : { ...policy, spec: { ...policy.spec, priority: policy.spec.priority + 1 } },
        );
        const plain = of.policies.filter(({ kind }) => kind === "NetworkPolicy");
        const passed = matrix(of, [...later, pass("Admin"), pass("Baseline")]);
        const alone = matrix(of, plain);
        // No rule can name the outside or the node as a source, so none passes what comes from there.
        const nameable = of.pods.filter(({ hostNetwork }) => !hostNetwork).map(({ name }) => name);
        const named = (flow: string) => nameable.some((name) => flow.startsWith(`${name} `));
        assert.deepEqual([...passed].filter(named), [...alone].filter(named));
      }),
      { numRuns: 200, seed },
    );
  });

  it("gives every denial reasons that name policies, and places in them", () => {
    fc.assert(
      fc.property(cluster, (of) => {
        const connection = connectionOf(of);
        for (const { from, to, port, protocol } of flows(of)) {
          const { allowed, because } = connection(from.peer, to.peer, port, protocol);
          assert.ok(because.length > 0);
          if (allowed) continue;
          for (const { kind, name, rule } of because) {
            assert.ok(of.policies.some((one) => one.kind === kind && one.metadata.name === name));
            if (kind !== "NetworkPolicy") assert.match(rule ?? "", /^spec\.(in|e)gress\[\d\]/);
          }
        }
      }),
      { numRuns: 100, seed },
    );
  });

  it("never throw where they're malformed, and have no effect where a problem is told", () => {
    const malformed = cluster.chain((of): fc.Arbitrary<Cluster> => {
      const tiered = of.policies.filter(({ kind }) => kind !== "NetworkPolicy");
      if (tiered.length === 0) return fc.constant<Cluster>({ ...of, policies: [] });
      return fc
        .constantFrom(...tiered)
        .chain((policy) =>
          fc.tuple(fc.constantFrom(...places(policy.spec)), junk, fc.constant(policy)),
        )
        .map(([place, by, policy]) => ({
          ...of,
          policies: [{ ...policy, spec: replaced(policy.spec, place, by) }],
        }));
    });
    fc.assert(
      fc.property(malformed, (of) => {
        const found = validate(of.policies);
        for (const problem of found) assert.doesNotMatch(problemLine(problem), /\n/);
        const problems = found.filter(({ clear }) => !clear).map(problemLine);
        const connection = connectionOf(of);
        for (const { from, to, port, protocol } of flows(of)) {
          const { allowed } = connection(from.peer, to.peer, port, protocol);
          if (problems.length > 0) assert.ok(allowed, problems.join());
        }
      }),
      { numRuns: 2000, seed },
    );
  });
});

const junk = fc.constantFrom<unknown>(
  null,
  "",
  "x",
  0,
  -1,
  1.5,
  99999,
  true,
  [],
  {},
  [null],
  [[]],
  [{}],
  ["x"],
  { a: 1 },
  { a: null },
  { matchLabels: [] },
  "10.0.0.0/99",
  "__proto__",
);

/** Every place in a value, as the keys that lead there. */
function places(value: unknown, at: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, item]) => places(item, [...at, key]))];
}

function replaced(value: unknown, [key, ...rest]: string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}
