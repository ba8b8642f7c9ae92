import assert from "node:assert/strict";
import fc from "fast-check";
import { leastRequest } from "../../../micromesh/traffic/index.ts";
import { assertShare, countBy, seed, seededRandom } from "../chance.ts";
import { picks, weighted } from "./endpoints.ts";

const endpoints = (...ids: string[]) => ids.map((id) => ({ id }));
const random = seededRandom();

describe(`least request (MICROMESH_SEED=${seed})`, () => {
  it("takes the less busy one of any two, so that the busiest gets nothing", () => {
    const busy = new Map([
      ["a", 5],
      ["b", 2],
      ["c", 0],
    ]);
    const balancer = leastRequest((id) => busy.get(id) ?? 0, { random });
    const counts = countBy(picks(balancer, endpoints("a", "b", "c"), 3000));
    assert.equal(counts.get("a"), undefined);
    // Of three pairs two have c, and one is a and b.
    assertShare(counts.get("c") ?? 0, 3000, 2 / 3, "c");
    assertShare(counts.get("b") ?? 0, 3000, 1 / 3, "b");
  });

  it("may draw the same one twice, as Envoy does, so that the busiest gets a ninth of three", () => {
    const busy = new Map([
      ["a", 5],
      ["b", 2],
      ["c", 0],
    ]);
    const balancer = leastRequest((id) => busy.get(id) ?? 0, { random, sameTwice: true });
    const counts = countBy(picks(balancer, endpoints("a", "b", "c"), 9000));
    assertShare(counts.get("a") ?? 0, 9000, 1 / 9, "a");
    assertShare(counts.get("b") ?? 0, 9000, 3 / 9, "b");
    assertShare(counts.get("c") ?? 0, 9000, 5 / 9, "c");
  });

  it("is fair to those who are equally busy", () => {
    const counts = countBy(
      picks(
        leastRequest(() => 1, { random }),
        endpoints("a", "b", "c"),
        3000,
      ),
    );
    for (const id of "abc") assertShare(counts.get(id) ?? 0, 3000, 1 / 3, id);
  });

  it("keeps busy ones level: the most and the fewest requests differ by little", () => {
    const all = endpoints(..."abcdefgh");
    const busy = new Map<string, number>();
    const balancer = leastRequest((id) => busy.get(id) ?? 0, { random });
    for (let i = 0; i < 4000; i++) {
      const { id } = balancer.pick(all) ?? { id: "nobody" };
      busy.set(id, (busy.get(id) ?? 0) + 1);
    }
    const loads = [...busy.values()];
    // One of random choice would differ by some √500 × 2; two choices by about log log n.
    assert.ok(Math.max(...loads) - Math.min(...loads) < 12, String(loads));
  });

  it("lowers different weights by active requests: 8 / (3 + 1) against 1 / (0 + 1)", () => {
    const active = (id: string) => (id === "a" ? 3 : 0);
    const two = [
      { id: "a", weight: 8 },
      { id: "b", weight: 1 },
    ];
    assert.equal(picks(leastRequest(active), two, 6).join(""), "abaaba");
    const biased = leastRequest(active, { activeRequestBias: 1.5 });
    assert.equal(picks(biased, two, 6).join(""), "ababab");
  });

  it("is weighted round robin for bias 0", () => {
    fc.assert(
      fc.property(weighted, (all) => {
        const total = all.reduce((sum, { weight }) => sum + weight, 0);
        if (all.every(({ weight }) => weight === all[0]?.weight) || total > 2000) return;
        const balancer = leastRequest(() => 7, { activeRequestBias: 0 });
        const counts = countBy(picks(balancer, all, total));
        for (const { id, weight } of all) assert.equal(counts.get(id), weight);
      }),
      { numRuns: 50, seed },
    );
  });

  it("refuses a bias below 0", () => {
    assert.throws(() => leastRequest(() => 0, { activeRequestBias: -1 }), RangeError);
  });
});
