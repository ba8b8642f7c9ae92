import assert from "node:assert/strict";
import fc from "fast-check";
import { validate } from "../../../micromesh/connectivity/index.ts";
import {
  type PortSet,
  portSet,
  portText,
  union,
} from "../../../micromesh/connectivity/port-set.ts";
import { analyse } from "../../../micromesh/prediction/analysis.ts";
import type { NeededFlow } from "../../../micromesh/prediction/needs/routes.ts";
import type { Flow } from "../../../micromesh/prediction/prediction.ts";
import { suggest } from "../../../micromesh/prediction/suggest/suggest.ts";
import type { KubernetesObject } from "../../../micromesh/resources/declared.ts";
import { seed } from "../../connectivity/random-clusters.ts";
import { deployment, platform, predicted, service } from "../objects.ts";

interface App {
  namespace: string;
  name: string;
  labels: Record<string, string>;
  port: number;
  /** Places of those that it's told to call. */
  calls: number[];
}

const app = fc.record({
  namespace: fc.constantFrom("x", "x", "y"),
  name: fc.constantFrom("a", "b", "c", "d"),
  labels: fc.dictionary(fc.constantFrom("app", "tier", "version"), fc.constantFrom("1", "2")),
  port: fc.integer({ min: 80, max: 82 }),
  calls: fc.array(fc.nat(5), { maxLength: 3 }),
});
/** No two of a namespace have the same labels: nothing could tell those apart. */
const apps: fc.Arbitrary<App[]> = fc
  .uniqueArray(app, {
    selector: ({ namespace, name }) => `${namespace}/${name}`,
    minLength: 2,
    maxLength: 6,
  })
  .map((list) => list.filter((one, i) => list.findIndex((other) => alike(one, other)) === i));

function alike(a: App, b: App): boolean {
  const text = ({ namespace, labels }: App) =>
    JSON.stringify([namespace, ...Object.entries(labels).sort()]);
  return text(a) === text(b);
}

/**
 * A Deployment each, and a Service in front of it.
 * @param own the Service finds its pods by a label that they alone have; else by all of theirs, which others may
 *   have too
 */
function objectsOf(list: App[], own: boolean): KubernetesObject[] {
  return list.flatMap((one, i) => {
    const { namespace, name, labels, port, calls } = one;
    const called = calls.flatMap((n) => list[n] ?? []).filter((other) => other !== list[i]);
    const env = Object.fromEntries(
      called.map((other, j) => [`API_${j}_URL`, `http://${other.name}.${other.namespace}:8080`]),
    );
    const ownLabel = { [`is-${name}`]: "yes" };
    return [
      deployment(`${namespace}/${name}`, {
        labels: own ? { ...labels, ...ownLabel } : labels,
        ports: [port],
        env,
      }),
      service(`${namespace}/${name}`, [{ port: 8080, targetPort: port }], {
        selector: own ? ownLabel : labels,
      }),
    ];
  });
}

/** What is needed and doesn't work. */
function missing(flows: Flow[]): string[] {
  return flows
    .filter(({ verdict, neededBy }) => verdict !== "allow" && neededBy.length > 0)
    .map(({ from, to, ports, verdict }) => `${from} => ${to} ${ports} ${verdict}`);
}

function isOutside(id: string): boolean {
  return id.endsWith("[External]");
}

/** Each policy without each of its rules. */
function* withoutOne(policies: KubernetesObject[]): Generator<[KubernetesObject[], string]> {
  for (const [i, policy] of policies.entries()) {
    for (const side of ["ingress", "egress"]) {
      const rules = policy.spec[side] as object[];
      for (const [j] of rules.entries()) {
        const less = { ...policy, spec: { ...policy.spec, [side]: rules.toSpliced(j, 1) } };
        yield [policies.with(i, less), `${policy.metadata.name} spec.${side}[${j}]`];
      }
    }
  }
}

/** Between workloads. */
function openBetween(flows: Flow[]): string[] {
  return flows
    .filter(({ verdict, from, to }) => verdict === "allow" && ![from, to].some(isOutside))
    .map(({ from, to, ports }) => `${from} => ${to} ${ports}`);
}

/** The same as it's needed. */
function neededBetween(needed: NeededFlow[]): string[] {
  const ports = new Map<string, PortSet>();
  for (const { from, to } of needed) {
    if (to.kind !== "workload") continue;
    const key = `${from} => ${to.workload.id}`;
    const port = portSet([{ protocol: to.protocol, first: to.port, last: to.port }]);
    ports.set(key, union(ports.get(key) ?? [], port));
  }
  return [...ports].map(([key, set]) => `${key} ${portText(set)}`);
}

function isToItself({ from, to }: NeededFlow): boolean {
  return to.kind === "workload" && to.workload.id === from;
}

describe(`suggest, on random needs (MICROMESH_SEED=${seed})`, () => {
  it("keeps what is needed, cuts all else, and has no rule too many", () => {
    let [rules, absent] = [0, 0];
    fc.assert(
      fc.property(apps, fc.boolean(), (random, own) => {
        const objects = objectsOf(random, own);
        const on = platform();
        const analysis = analyse(objects, on);
        // A pod's way to itself is none of the flows.
        fc.pre(!analysis.needed.some(isToItself));
        const policies = suggest(analysis);
        assert.deepEqual(validate(policies), []);
        const before = missing(predicted(objects, on).flows);
        const { flows, mistakes } = predicted([...objects, ...policies], on);
        assert.deepEqual(missing(flows), before);
        assert.deepEqual(openBetween(flows).sort(), neededBetween(analysis.needed).sort());
        assert.ok(flows.every(({ from, to }) => ![from, to].some(isOutside)));
        assert.deepEqual(
          mistakes.filter(({ object }) => object.startsWith("NetworkPolicy")),
          [],
        );
        for (const [fewer, place] of withoutOne(policies)) {
          const lost = missing(predicted([...objects, ...fewer], on).flows);
          assert.ok(lost.length > before.length, `${place} isn't needed`);
          rules++;
        }
        if (JSON.stringify(policies).includes("DoesNotExist")) absent++;
      }),
      { seed, numRuns: 200 },
    );
    assert.ok(rules > 200 && absent > 10, `${rules} rules, ${absent} by absent labels`);
  }).timeout(60_000);
});
