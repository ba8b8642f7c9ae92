import assert from "node:assert/strict";
import fc from "fast-check";
import { type AddressRange, contains, parseAddress } from "../../micromesh/connectivity/address.ts";
import { noPorts, type PortSet, portText, union } from "../../micromesh/connectivity/port-set.ts";
import { diff } from "../../micromesh/prediction/diff.ts";
import type { Change, Flow, Prediction } from "../../micromesh/prediction/prediction.ts";
import { readPorts } from "../connectivity/port-text.ts";
import { ciliumPolicies } from "../connectivity/random-cilium.ts";
import { type Cluster, cluster, seed } from "../connectivity/random-clusters.ts";
import { platform, predicted } from "./objects.ts";
import { declared } from "./random-objects.ts";

/** Each of them is in one piece of the outside or another. */
const addresses = ["0.0.0.0", "9.9.9.9", "10.0.0.1", "10.0.0.5", "203.0.113.1", "203.0.113.200"];
const addresses6 = ["::", "fd00::5", "2001:db8::1", "ffff::"];

type Ends = Pick<Flow, "from" | "to">;

/** Whether a flow or change is about these two: an address is in the ranges that have it. */
function isAbout(ends: Ends, from: string, to: string): boolean {
  return isAt(ends.from, from) && isAt(ends.to, to);
}

function isAt(id: string, end: string): boolean {
  const address = addressOf(end);
  if (!address) return id === end;
  const range = rangeOf(id);
  return range !== undefined && contains(range, address);
}

const addressOf = memo(parseAddress);
const rangeOf = memo((id: string): AddressRange | undefined => {
  const [, first = "", last = ""] = /^([\da-f.:]+)-([\da-f.:]+)\[External\]$/.exec(id) ?? [];
  const [a, b] = [parseAddress(first), parseAddress(last)];
  return a && b && { ...a, last: b.last };
});

function memo<T>(of: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    if (!known.has(text)) known.set(text, of(text));
    return known.get(text) as T;
  };
}

/** What works between two ends: ports, with the requests that are let in. */
function working(flows: Flow[], from: string, to: string): string {
  const byRequests = new Map<string, PortSet>();
  for (const flow of flows) {
    if (flow.verdict !== "allow" || !isAbout(flow, from, to)) continue;
    const requests = (flow.requests ?? []).join("; ");
    byRequests.set(requests, union(byRequests.get(requests) ?? noPorts, readPorts(flow.ports)));
  }
  return [...byRequests]
    .map(([requests, ports]) => (requests ? `${portText(ports)} (${requests})` : portText(ports)))
    .sort()
    .join("; ");
}

/** Everybody in either of them: parties by their names, and the outside by some addresses. */
function everybody(a: Prediction, b: Prediction): string[] {
  const inside = [a, b].flatMap(({ parties }) =>
    parties.filter(({ name }) => !/^[\da-f.:]+-/.test(name)).map(({ id }) => id),
  );
  const six = [a, b].every(({ flows }) => flows.some(({ from }) => /^[\da-f:.]*:/.test(from)));
  return [...new Set(inside), ...addresses, ...(six ? addresses6 : [])];
}

describe(`diff, on random clusters (MICROMESH_SEED=${seed})`, () => {
  const predictionOf = ({ settings, ...random }: Cluster, policies = random.policies) =>
    predicted(
      [...declared(random), ...policies],
      platform({ ...settings, cilium: true, ipBlockMatchesPods: false }),
      { all: true },
    );

  it("of the same is empty, in whatever order the flows are", () => {
    fc.assert(
      fc.property(cluster, ciliumPolicies, fc.gen(), (random, more, g) => {
        const prediction = predictionOf(random, [...random.policies, ...more]);
        const { flows } = prediction;
        const shuffled = g(fc.shuffledSubarray, flows, {
          minLength: flows.length,
          maxLength: flows.length,
        });
        const { changes, newMistakes, mendedMistakes } = diff(prediction, {
          ...prediction,
          flows: shuffled,
        });
        assert.deepEqual([changes, newMistakes, mendedMistakes], [[], [], []]);
      }),
      { seed, numRuns: 100 },
    );
  }).timeout(60_000);

  it("leads from what works in one to what works in the other, and has no change too many", () => {
    let count = 0;
    fc.assert(
      fc.property(cluster, cluster, ciliumPolicies, (one, other, more) => {
        // The same pods under other policies, or other pods.
        const same = count % 2 === 0;
        const before = predictionOf(one, [...one.policies, ...more]);
        const after = same ? predictionOf(one, other.policies) : predictionOf(other);
        const { changes } = diff(before, after);
        const people = everybody(before, after);
        const used = new Set<Change>();
        for (const from of people) {
          const own = [before, after].map(({ flows }) =>
            flows.filter((flow) => isAt(flow.from, from)),
          );
          for (const to of people) {
            const [was, is] = own.map((flows) => working(flows, from, to));
            const found = changes.filter((change) => isAbout(change, from, to));
            if (was === is) assert.deepEqual(found, [], `${from} => ${to}`);
            else {
              assert.equal(found.length, 1, `${from} => ${to}: ${was} -> ${is}`);
              assert.deepEqual([found[0]?.before ?? "", found[0]?.after ?? ""], [was, is]);
              used.add(found[0] as Change);
            }
          }
        }
        for (const change of changes) {
          assert.notEqual(change.before, change.after);
          const isRange = [change.from, change.to].some((id) => /^[\da-f.:]+-/.test(id));
          assert.ok(isRange || used.has(change), JSON.stringify(change));
        }
        count += changes.length > 0 ? 1 : 0;
      }),
      { seed, numRuns: 100 },
    );
    assert.ok(count > 50, `${count} differ`);
  }).timeout(60_000);

  it("the other way round is the reverse", () => {
    fc.assert(
      fc.property(cluster, cluster, (one, other) => {
        const [before, after] = [predictionOf(one), predictionOf(one, other.policies)];
        const pieces = (changes: Change[]) =>
          changes.map(({ from, to, needed, ...ports }) => ({
            from,
            to,
            needed,
            ...ports,
            because: [],
          }));
        const back = diff(after, before).changes.map((change) => ({
          ...change,
          before: change.after,
          after: change.before,
        }));
        assert.deepEqual(pieces(back), pieces(diff(before, after).changes));
      }),
      { seed, numRuns: 100 },
    );
  }).timeout(60_000);
});
