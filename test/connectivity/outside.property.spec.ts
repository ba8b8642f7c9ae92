import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type AddressRange,
  everything,
  parseBlock,
  rangeText,
} from "../../micromesh/connectivity/address.ts";
import { merged, outsideParties } from "../../micromesh/connectivity/outside.ts";
import { seed } from "./random-clusters.ts";

const block = fc
  .oneof(
    fc
      .tuple(fc.constantFrom("10.0.0.0", "10.0.0.200", "255.255.255.255", "0.0.0.0"), fc.nat(32))
      .map(([ip, bits]) => `${ip}/${bits}`),
    fc
      .tuple(fc.constantFrom("::", "fd00::1", "ffff:ffff::"), fc.nat(128))
      .map(([ip, bits]) => `${ip}/${bits}`),
  )
  .map((text) => parseBlock(text) as NonNullable<ReturnType<typeof parseBlock>>);
const blocks = fc.array(block, { maxLength: 6 });

function partsOf(named: Parameters<typeof outsideParties>[1]["blocks"]) {
  return outsideParties({ enforced: [], tiered: [] }, { families: [4, 6], blocks: named });
}

/** They follow each other without a gap, from the first address of a family to its last. */
function assertWhole(ranges: AddressRange[]): void {
  for (const family of [4, 6] as const) {
    const own = ranges.filter((range) => range.family === family);
    assert.equal(own[0]?.first, everything[family].first);
    assert.equal(own.at(-1)?.last, everything[family].last);
    for (const [i, { first, last }] of own.entries()) {
      assert.ok(first <= last);
      if (i > 0) assert.equal(first, (own[i - 1]?.last as bigint) + 1n);
    }
  }
}

describe(`the outside (MICROMESH_SEED=${seed})`, () => {
  it("is cut into parts that each block has in whole or not at all", () => {
    fc.assert(
      fc.property(blocks, (named) => {
        const parts = partsOf(named);
        assertWhole(parts.map(({ range }) => range));
        for (const { range } of parts) {
          for (const { family, first, last } of named) {
            if (family !== range.family) continue;
            const apart = range.last < first || last < range.first;
            assert.ok(apart || (first <= range.first && range.last <= last));
          }
        }
      }),
      { numRuns: 1000, seed },
    );
  });

  it("is cut nowhere else", () => {
    assert.equal(partsOf([]).length, 2);
    fc.assert(
      fc.property(blocks, (named) => {
        const edges = new Set(
          named.flatMap(({ family, first, last }) => [
            `${family} ${first}`,
            `${family} ${last + 1n}`,
          ]),
        );
        for (const { range } of partsOf(named)) {
          if (range.first > 0n) assert.ok(edges.has(`${range.family} ${range.first}`));
        }
      }),
      { numRuns: 1000, seed },
    );
  });

  it("is merged where neighbours are alike, and only there", () => {
    fc.assert(
      fc.property(blocks, fc.infiniteStream(fc.boolean()), (named, colours) => {
        const parts = partsOf(named).map(({ range }) => ({
          range,
          colour: colours.next().value as boolean,
        }));
        const result = merged(parts, (a, b) => a.colour === b.colour);
        assertWhole(result.map(({ range }) => range));
        for (const { range, colour } of parts) {
          const into = result.find(
            ({ range: { family, first, last } }) =>
              family === range.family && first <= range.first && range.last <= last,
          );
          assert.equal(into?.colour, colour);
        }
        for (const [i, { range, colour }] of result.entries()) {
          const next = result[i + 1];
          if (next?.range.family === range.family) assert.notEqual(next.colour, colour);
        }
      }),
      { numRuns: 1000, seed },
    );
  });

  it("isn't merged over a gap", () => {
    const parts = partsOf(["10.0.0.0/8", "12.0.0.0/8"].flatMap((text) => parseBlock(text) ?? []));
    const inside = parts.filter(({ name }) => /^1[02]\./.test(name));
    const texts = merged(inside, () => true).map(({ range }) => rangeText(range));
    assert.deepEqual(texts, ["10.0.0.0-10.255.255.255", "12.0.0.0-12.255.255.255"]);
  });
});
