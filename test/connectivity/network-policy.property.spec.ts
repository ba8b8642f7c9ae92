import assert from "node:assert/strict";
import fc from "fast-check";
import { compile, validate } from "../../micromesh/connectivity/index.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import {
  type Cluster,
  cluster,
  type Flow,
  flowsOf,
  naively,
  nameOf,
  networkPolicySpec,
  seed,
} from "./random-clusters.ts";
import { kubernetes } from "./world.ts";

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
      fc.property(cluster, networkPolicySpec, (of, extra) => {
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
      fc.property(cluster, networkPolicySpec, (of, extra) => {
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
