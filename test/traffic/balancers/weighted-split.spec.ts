import assert from "node:assert/strict";
import fc from "fast-check";
import { weightedSplit } from "../../../micromesh/traffic/index.ts";
import { assertShare, seed, seededRandom } from "../chance.ts";

const canary = (v1: number, v2: number) => [
  { name: "v1", weight: v1 },
  { name: "v2", weight: v2 },
];
const keys = Array.from({ length: 3000 }, (_, i) => `user-${i}`);
const random = seededRandom();

const subsets = fc
  .array(fc.nat(20), { minLength: 1, maxLength: 5 })
  .map((weights) => weights.map((weight, i) => ({ name: `v${i}`, weight })));

describe(`weighted split (MICROMESH_SEED=${seed})`, () => {
  it("splits by weight without a key", () => {
    const hits = keys.filter(() => weightedSplit(canary(90, 10), { random })?.name === "v2").length;
    assertShare(hits, keys.length, 0.1, "v2");
  });

  it("splits keys by weight, and the same key always the same way", () => {
    fc.assert(
      fc.property(subsets, fc.nat(), (all, salt) => {
        const total = all.reduce((sum, { weight }) => sum + weight, 0);
        if (total === 0) return;
        const chosen = keys.map((key) => weightedSplit(all, { key: `${salt} ${key}` })?.name);
        for (const { name, weight } of all) {
          const hits = chosen.filter((other) => other === name).length;
          assertShare(hits, keys.length, weight / total, name);
        }
        const shuffled = all.toReversed();
        const again = keys.map((key) => weightedSplit(shuffled, { key: `${salt} ${key}` })?.name);
        assert.deepEqual(again, chosen);
      }),
      { numRuns: 10, seed },
    );
  });

  it("moves keys only towards a subset that grows, as many as it grows by", () => {
    const side = (key: string, v1: number, v2: number) =>
      weightedSplit(canary(v1, v2), { key })?.name;
    const moved = keys.filter((key) => side(key, 90, 10) !== side(key, 80, 20));
    assert.ok(moved.every((key) => side(key, 80, 20) === "v2"));
    assertShare(moved.length, keys.length, 0.1, "moved");
    assert.ok(
      keys.every((key) => side(key, 90, 10) === side(key, 9, 1)),
      "the same proportion",
    );
  });

  it("moves no key between subsets that keep their proportion", () => {
    fc.assert(
      fc.property(subsets, fc.nat(20), fc.string(), (all, weight, key) => {
        const [first, ...others] = all;
        if (!first) return;
        const before = weightedSplit(all, { key });
        const after = weightedSplit([{ ...first, weight }, ...others], { key });
        if (before?.name !== after?.name) {
          assert.ok(before === undefined || after === undefined || weight !== first.weight);
          assert.ok([before?.name, after?.name].includes("v0"), "to or from the one that changed");
        }
      }),
      { numRuns: 500, seed },
    );
  });

  it("never chooses weight 0, and nobody if there is no other", () => {
    assert.equal(weightedSplit(canary(0, 0), { random }), undefined);
    assert.equal(weightedSplit(canary(0, 0), { key: "k" }), undefined);
    assert.equal(weightedSplit([], { random }), undefined);
    for (const key of keys.slice(0, 200)) {
      assert.equal(weightedSplit(canary(0, 1), { key })?.name, "v2");
      assert.equal(weightedSplit(canary(1, 0), { random })?.name, "v1");
    }
    assert.equal(weightedSplit(canary(0, 1), { random: () => 0 })?.name, "v2");
  });

  it("refuses weights below 0", () => {
    assert.throws(() => weightedSplit(canary(-1, 1)), {
      message: "weight of subset v1: give a number of at least 0 instead of -1",
    });
  });
});
