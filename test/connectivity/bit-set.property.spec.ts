import assert from "node:assert/strict";
import fc from "fast-check";
import { BitSet } from "../../micromesh/connectivity/bit-set.ts";
import { seed } from "./random-clusters.ts";

/** Sizes at both sides of a word's end. */
const size = fc.constantFrom(0, 1, 31, 32, 33, 63, 64, 65, 100);
const twoSets = size.chain((size) => {
  const members = size === 0 ? fc.constant<number[]>([]) : fc.array(fc.nat(size - 1));
  return fc.record({ size: fc.constant(size), a: members, b: members });
});

function bitSet(size: number, members: number[]): BitSet {
  const set = new BitSet(size);
  for (const member of members) set.add(member);
  return set;
}

function membersOf(set: BitSet): number[] {
  const members: number[] = [];
  set.forEach((member) => {
    members.push(member);
  });
  return members;
}

function sorted(members: Iterable<number>): number[] {
  return [...new Set(members)].sort((a, b) => a - b);
}

describe(`bit sets (MICROMESH_SEED=${seed})`, () => {
  it("are what sets of numbers are", () => {
    fc.assert(
      fc.property(twoSets, ({ size, a, b }) => {
        const [x, y] = [bitSet(size, a), bitSet(size, b)];
        assert.deepEqual(membersOf(x), sorted(a));
        assert.deepEqual(membersOf(x.or(y)), sorted([...a, ...b]));
        assert.deepEqual(membersOf(x.and(y)), sorted(a.filter((member) => b.includes(member))));
        assert.deepEqual(membersOf(x.minus(y)), sorted(a.filter((member) => !b.includes(member))));
        for (let i = 0; i < size; i++) assert.equal(x.has(i), a.includes(i));
        assert.deepEqual(membersOf(x), sorted(a), "operations leave their operands as they are");
        x.addAll(y);
        assert.deepEqual(membersOf(x), sorted([...a, ...b]));
      }),
      { numRuns: 1000, seed },
    );
  });

  it("are full of all members and no more", () => {
    fc.assert(
      fc.property(size, (size) => {
        const everyone = Array.from({ length: size }, (_, i) => i);
        assert.deepEqual(membersOf(BitSet.full(size)), everyone);
        assert.deepEqual(membersOf(BitSet.full(size).minus(BitSet.full(size))), []);
      }),
      { seed },
    );
  });
});
