import assert from "node:assert/strict";
import fc from "fast-check";
import type { Pod } from "../../../micromesh/connectivity/model.ts";
import { intersection, portSet } from "../../../micromesh/connectivity/port-set.ts";
import { explain } from "../../../micromesh/prediction/explain/explain.ts";
import { applied } from "../../../micromesh/prediction/explain/world.ts";
import type { Verdict } from "../../../micromesh/prediction/prediction.ts";
import type { KubernetesObject } from "../../../micromesh/resources/declared.ts";
import type { DeclaredPlatform } from "../../../micromesh/resources/platform.ts";
import { naiveAllows } from "../../connectivity/naive-network-policy.ts";
import { readPorts } from "../../connectivity/port-text.ts";
import { ciliumPolicies } from "../../connectivity/random-cilium.ts";
import { type Cluster, cluster, seed } from "../../connectivity/random-clusters.ts";
import { tieredPolicies } from "../../connectivity/random-tiers.ts";
import {
  authorizationPolicy,
  peerAuthentication,
  platform,
  predicted,
  withIstio,
} from "../objects.ts";
import {
  declared,
  endsIn,
  everyNamespace,
  type PodsAndPort,
  podId,
  podsAndPort,
} from "../random-objects.ts";

function explained(
  objects: KubernetesObject[],
  on: DeclaredPlatform,
  pods: Pod[],
  asked: PodsAndPort,
) {
  const [from, to] = endsIn(pods, asked);
  const port = `${asked.port}/${asked.protocol.toLowerCase()}`;
  return explain(objects, on, podId(from), `${podId(to)}:${port}`);
}

describe(`explain, on random clusters (MICROMESH_SEED=${seed})`, () => {
  it("tells the verdict of the naive evaluator, and a change that turns it there", () => {
    let [opened, cut] = [0, 0];
    fc.assert(
      fc.property(cluster, podsAndPort, (random, asked) => {
        const namespaces = everyNamespace(random);
        const [from, to] = endsIn(random.pods, asked);
        const objects = [...declared({ ...random, namespaces }), ...random.policies];
        const allows = (all: KubernetesObject[]) => {
          const policies = all.filter(({ kind }) => kind === "NetworkPolicy");
          const world = { namespaces, policies, settings: random.settings };
          return naiveAllows(world, { pod: from }, { pod: to }, asked.port, asked.protocol);
        };
        const before = allows(objects);
        const found = explained(objects, platform(random.settings), random.pods, asked);
        assert.equal(found.verdict, before ? "allow" : "deny");
        const { change } = found;
        if (!change) {
          assert.ok(before && isBeyondPolicies(random, from, to), "no change was found");
          return;
        }
        assert.equal(allows(applied(objects, change.objects)), !before, change.text);
        for (const one of change.objects.length > 1 ? change.objects : []) {
          const less: KubernetesObject[] = change.objects.filter((other) => other !== one);
          assert.equal(allows(applied(objects, less)), before, `${one.metadata.name} is too much`);
        }
        if (before) cut++;
        else opened++;
      }),
      { seed, numRuns: 500 },
    );
    assert.ok(opened > 50 && cut > 50, `opened ${opened}, cut ${cut}`);
  }).timeout(120_000);

  const others: Record<string, [policies: fc.Arbitrary<KubernetesObject[]>, on: DeclaredPlatform]> =
    {
      "Cilium's policies": [ciliumPolicies, platform({ cilium: true, ipBlockMatchesPods: false })],
      "the tiers": [tieredPolicies, platform({ clusterNetworkPolicy: true })],
      "the mesh": [meshPolicies(), withIstio],
    };
  for (const [title, [policies, on]] of Object.entries(others)) {
    it(`finds a change that turns it where ${title} decide too`, () => {
      const turned: Record<string, number> = {};
      fc.assert(
        fc.property(cluster, fc.nat(15), policies, podsAndPort, (random, meshed, more, asked) => {
          const pods = random.pods.map((pod, i) => ({
            ...pod,
            serviceAccount: pod.name,
            labels: {
              ...pod.labels,
              // Bit by bit, who has a sidecar.
              ...((meshed >> i) & 1 && { "sidecar.istio.io/inject": "true" }),
            },
          }));
          const objects = [...declared({ ...random, pods }), ...random.policies, ...more];
          const settings = { ...on.settings, ...random.settings };
          const here = { ...on, settings: { ...settings, ipBlockMatchesPods: false } };
          const { verdict, change } = explained(objects, here, pods, asked);
          assert.equal(verdict, predictedVerdict(objects, here, pods, asked) ?? verdict);
          if (!change) {
            // A sidecar's own way out isn't looked at, and a node is let in everywhere.
            assert.equal(verdict, "allow", "no change was found");
            const [from, to] = endsIn(random.pods, asked);
            assert.ok(isBeyondPolicies(random, from, to), "no change was found");
            return;
          }
          const after = explained(applied(objects, change.objects), here, pods, asked);
          assert.equal(after.verdict, verdict === "allow" ? "deny" : "allow", change.text);
          turned[verdict] = (turned[verdict] ?? 0) + 1;
        }),
        { seed, numRuns: 200 },
      );
      assert.ok((turned.allow ?? 0) > 20 && (turned.deny ?? 0) > 20, JSON.stringify(turned));
    }).timeout(120_000);
  }
});

/** That of the flow which has the port; undefined: a pod's way to itself is no flow. */
function predictedVerdict(
  objects: KubernetesObject[],
  on: DeclaredPlatform,
  pods: Pod[],
  asked: PodsAndPort,
): Verdict | undefined {
  const [from, to] = endsIn(pods, asked).map(podId);
  const { port: first, protocol } = asked;
  const port = portSet([{ protocol, first, last: first }]);
  const found = predicted(objects, on, { all: true }).flows.filter(
    (flow) =>
      flow.from === from && flow.to === to && intersection(readPorts(flow.ports), port).length > 0,
  );
  assert.equal(found.length, from === to ? 0 : 1);
  return found[0]?.verdict;
}

/** Nobody can cut a pod off from itself, nor from its own node. */
function isBeyondPolicies({ settings }: Cluster, from: Pod, to: Pod): boolean {
  return from === to || (from.hostNetwork && settings.hostNetworkPods === "node");
}

/** Modes of mTLS, and who may enter, for namespace x or its pods with a label. */
function meshPolicies(): fc.Arbitrary<KubernetesObject[]> {
  const selector = fc.constantFrom({}, { selector: { matchLabels: { app: "1" } } });
  const mode = fc.constantFrom("STRICT", "PERMISSIVE", "DISABLE");
  const source = fc.constantFrom(
    { principals: ["cluster.local/ns/x/sa/a", "cluster.local/ns/x/sa/b"] },
    { principals: ["*"] },
    { namespaces: ["x", "y"] },
    { notNamespaces: ["x"] },
  );
  const rule = fc.oneof(
    fc.constant({}),
    fc.record({
      from: fc.array(fc.record({ source }), { minLength: 1, maxLength: 2 }),
      to: fc.constantFrom(undefined, [{ operation: { ports: ["80", "81"] } }]),
    }),
  );
  const authorization = fc.record({
    selector,
    action: fc.constantFrom("ALLOW", "ALLOW", "DENY"),
    rules: fc.array(rule, { maxLength: 2 }),
  });
  return fc
    .tuple(
      fc.array(fc.tuple(selector, mode), { maxLength: 2 }),
      fc.array(authorization, { maxLength: 3 }),
    )
    .map(([modes, authorizations]) => [
      ...modes.map(([whom, mode], i) => peerAuthentication(`x/m${i}`, { ...whom, mtls: { mode } })),
      ...authorizations.map(({ selector: whom, action, rules }, i) =>
        authorizationPolicy(`x/a${i}`, { ...whom, action, rules }),
      ),
    ]);
}
