import assert from "node:assert/strict";
import fc from "fast-check";
import { compile, validate } from "../../micromesh/connectivity/index.ts";
import type { Namespace, Peer, Pod, Protocol } from "../../micromesh/connectivity/model.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { type NaivePeer, naiveAllows } from "./naive-network-policy.ts";
import { kubernetes } from "./world.ts";

// Few names, labels, addresses and ports, so that policies often meet the pods they speak of.
const namespaceName = fc.constantFrom("x", "y");
const labelKey = fc.constantFrom("app", "tier");
const labelValue = fc.constantFrom("1", "2");
const labels = fc.dictionary(labelKey, labelValue, { maxKeys: 2 });
const protocol = fc.constantFrom<Protocol>("TCP", "UDP", "SCTP");
const portNumber = fc.integer({ min: 80, max: 84 });
const portName = fc.constantFrom("http", "dns");
const podIp = fc
  .tuple(fc.integer({ min: 0, max: 7 }), fc.boolean())
  .map(([n, dual]) => (dual ? [`10.0.0.${n}`, `fd00::${n}`] : [`10.0.0.${n}`]));
const outsideIp = fc.constantFrom(
  "203.0.113.1",
  "203.0.113.130",
  "10.0.0.3",
  "fd00::3",
  "2001:db8::1",
);

const matchExpression = fc.oneof(
  fc.record({
    key: labelKey,
    operator: fc.constantFrom("In", "NotIn"),
    values: fc.array(labelValue, { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ key: labelKey, operator: fc.constantFrom("Exists", "DoesNotExist") }),
);
const selector = fc.record(
  { matchLabels: labels, matchExpressions: fc.array(matchExpression, { maxLength: 2 }) },
  { requiredKeys: [] },
);
const namespaceSelector = fc.oneof(
  selector,
  namespaceName.map((name) => ({ matchLabels: { "kubernetes.io/metadata.name": name } })),
);
const ipBlock = fc.constantFrom(
  { cidr: "0.0.0.0/0" },
  { cidr: "0.0.0.0/0", except: ["203.0.113.128/25", "10.0.0.4/30"] },
  { cidr: "10.0.0.0/29", except: ["10.0.0.2/32"] },
  { cidr: "203.0.113.0/24" },
  { cidr: "fd00::/64", except: ["fd00::4/126"] },
  { cidr: "::/0" },
);
const peerSpec = fc.oneof(
  fc.record({ podSelector: selector }),
  fc.record({ namespaceSelector }),
  fc.record({ namespaceSelector, podSelector: selector }),
  fc.record({ ipBlock }),
);
const portSpec = fc.oneof(
  fc.record({ protocol, port: portNumber }, { requiredKeys: [] }),
  fc.record({ protocol, port: portName }, { requiredKeys: ["port"] }),
  fc
    .tuple(portNumber, fc.integer({ min: 0, max: 3 }))
    .map(([port, more]) => ({ port, endPort: port + more })),
);
const rule = (side: "from" | "to") =>
  fc.record(
    { [side]: fc.array(peerSpec, { maxLength: 2 }), ports: fc.array(portSpec, { maxLength: 2 }) },
    { requiredKeys: [] },
  );
const spec = fc.record(
  {
    podSelector: selector,
    policyTypes: fc.constantFrom([], ["Ingress"], ["Egress"], ["Ingress", "Egress"]),
    ingress: fc.array(rule("from"), { maxLength: 2 }),
    egress: fc.array(rule("to"), { maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const policies: fc.Arbitrary<KubernetesObject[]> = fc
  .array(fc.tuple(namespaceName, spec), { maxLength: 5 })
  .map((list) =>
    list.map(([namespace, one], i) => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { namespace, name: `p${i}` },
      spec: one,
    })),
  );
const pods: fc.Arbitrary<Pod[]> = fc
  .array(
    fc.record({
      namespace: namespaceName,
      labels,
      ips: podIp,
      ports: fc.array(fc.record({ name: portName, containerPort: portNumber, protocol }), {
        maxLength: 2,
      }),
    }),
    { minLength: 2, maxLength: 4 },
  )
  .map((list) =>
    list.map((one, i) => ({
      ...one,
      name: `pod${i}`,
      serviceAccount: "default",
      hostNetwork: false,
      meshed: false,
    })),
  );
const namespaces: fc.Arbitrary<Namespace[]> = fc.tuple(labels, labels).map(([x, y]) => [
  { name: "x", labels: x },
  { name: "y", labels: y },
]);

const cluster = fc.record({
  namespaces,
  pods,
  policies,
  outsideIp,
  ipBlockMatchesPods: fc.boolean(),
});
type Cluster = typeof cluster extends fc.Arbitrary<infer T> ? T : never;

const flows: [port: number, protocol: Protocol][] = [
  [80, "TCP"],
  [82, "TCP"],
  [84, "UDP"],
  [81, "SCTP"],
];

interface End {
  name: string;
  peer: Peer;
  naive: NaivePeer;
}

function ends({ pods, outsideIp }: Cluster): End[] {
  const node = "192.168.49.2";
  return [
    ...pods.map((pod) => ({ name: pod.name, peer: { kind: "pod", pod } as const, naive: { pod } })),
    { name: "node", peer: { kind: "node", ip: node }, naive: { node: true, ip: node } },
    { name: outsideIp, peer: { kind: "external", ip: outsideIp }, naive: { ip: outsideIp } },
  ];
}

/** Every end to every end, on every flow: the permitted ones. */
function matrix(of: Cluster, policies = of.policies): Set<string> {
  const settings = { ...kubernetes, ipBlockMatchesPods: of.ipBlockMatchesPods };
  const { connection } = compile({ namespaces: of.namespaces, policies, settings });
  const permitted = new Set<string>();
  for (const from of ends(of)) {
    for (const to of ends(of)) {
      for (const [port, protocol] of flows) {
        if (!connection(from.peer, to.peer, port, protocol).allowed) continue;
        permitted.add(`${from.name} -> ${to.name} ${protocol} ${port}`);
      }
    }
  }
  return permitted;
}

describe("NetworkPolicy, on random clusters", () => {
  it("is what the naive evaluator says", () => {
    fc.assert(
      fc.property(cluster, (of) => {
        assert.deepEqual(validate(of.policies), []);
        const permitted = matrix(of);
        for (const from of ends(of)) {
          for (const to of ends(of)) {
            for (const [port, protocol] of flows) {
              const flow = `${from.name} -> ${to.name} ${protocol} ${port}`;
              const expected = naiveAllows(of, from.naive, to.naive, port, protocol);
              assert.equal(permitted.has(flow), expected, flow);
            }
          }
        }
      }),
      { numRuns: 2000 },
    );
  }).timeout(60_000);

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
      { numRuns: 200 },
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
      { numRuns: 200 },
    );
  });

  it("doesn't change between ends that no new policy selects", () => {
    fc.assert(
      fc.property(cluster, spec, (of, extra) => {
        const metadata = { namespace: "x", name: "extra" };
        const policy = { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata };
        const before = matrix(of);
        const after = matrix(of, [...of.policies, { ...policy, spec: extra }]);
        const inX = new Set(of.pods.filter((pod) => pod.namespace === "x").map(({ name }) => name));
        const untouched = (flow: string) => !flow.split(" ").some((word) => inX.has(word));
        assert.deepEqual([...after].filter(untouched), [...before].filter(untouched));
      }),
      { numRuns: 200 },
    );
  });

  it("gives every denial a reason that names a policy", () => {
    fc.assert(
      fc.property(cluster, (of) => {
        const settings = { ...kubernetes, ipBlockMatchesPods: of.ipBlockMatchesPods };
        const { connection } = compile({ ...of, settings });
        for (const from of ends(of)) {
          for (const to of ends(of)) {
            const { allowed, because } = connection(from.peer, to.peer, 80, "TCP");
            assert.ok(because.length > 0);
            if (allowed) continue;
            for (const { name } of because) {
              assert.ok(of.policies.some(({ metadata }) => metadata.name === name));
            }
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
