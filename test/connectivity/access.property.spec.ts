import assert from "node:assert/strict";
import fc from "fast-check";
import { type AccessId, AccessTable } from "../../micromesh/connectivity/access.ts";
import { portRanges } from "../../micromesh/connectivity/port-set.ts";
import type { HttpTest, PortRange } from "../../micromesh/connectivity/traffic-policy.ts";
import { seed } from "./random-clusters.ts";

type Extent = "open" | "http" | "closed";

const watched = [1, 79, 80, 81, 82, 83, 65535];
const http: HttpTest[] = [{ place: "", text: "GET any path", admits: () => true }];
const range: fc.Arbitrary<PortRange> = fc
  .tuple(fc.constantFrom(...watched), fc.constantFrom(...watched), fc.boolean())
  .map(([a, b, looksIn]) => ({
    protocol: "TCP",
    first: Math.min(a, b),
    last: Math.max(a, b),
    ...(looksIn && { http }),
  }));

/** How two rules, or two ends, go together on one port; the naive form of the table's operations. */
const operations: Record<
  "union" | "intersection" | "difference",
  (a: Extent, b: Extent) => Extent
> = {
  union: (a, b) => (a === "open" || b === "open" ? "open" : a === "http" ? a : b),
  intersection: (a, b) => (a === "closed" || b === "closed" ? "closed" : a === "open" ? b : a),
  difference: (a, b) => (b === "closed" ? a : "closed"),
};

function extents(table: AccessTable, id: AccessId): Extent[] {
  const { open, http } = table.get(id);
  const isIn = (set: typeof open, port: number) =>
    portRanges(set).some(({ protocol, first, last }) => {
      return protocol === "TCP" && first <= port && port <= last;
    });
  return watched.map((port) => {
    assert.ok(!(isIn(open, port) && isIn(http, port)), "open and http overlap");
    return isIn(open, port) ? "open" : isIn(http, port) ? "http" : "closed";
  });
}

describe(`access tables (MICROMESH_SEED=${seed})`, () => {
  it("open what a rule's ranges do: a range without HTTP rules opens its ports to everything", () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 4 }), (ranges) => {
        const table = new AccessTable();
        const expected = watched.map((port): Extent => {
          const hits = ranges.filter(({ first, last }) => first <= port && port <= last);
          if (hits.some(({ http }) => !http)) return "open";
          return hits.length > 0 ? "http" : "closed";
        });
        assert.deepEqual(extents(table, table.ofRanges(ranges)), expected);
      }),
      { numRuns: 1000, seed },
    );
  });

  for (const [name, naive] of Object.entries(operations)) {
    it(`have their ${name}, which is the same when it's asked for again`, () => {
      const operand = fc.oneof(
        { weight: 8, arbitrary: fc.array(range, { maxLength: 4 }) },
        { weight: 1, arbitrary: fc.constantFrom("none", "all") },
      );
      fc.assert(
        fc.property(fc.array(operand, { minLength: 2, maxLength: 5 }), (operands) => {
          const table = new AccessTable();
          const ids = operands.map((one) =>
            typeof one === "string" ? table[one as "none" | "all"] : table.ofRanges(one),
          );
          for (const _round of [1, 2]) {
            for (const a of ids) {
              for (const b of ids) {
                const result = table[name as keyof typeof operations](a, b);
                const [x, y] = [extents(table, a), extents(table, b)];
                const expected = x.map((extent, i) => naive(extent, y[i] as Extent));
                assert.deepEqual(extents(table, result), expected);
              }
            }
          }
        }),
        { numRuns: 300, seed },
      );
    });
  }

  it("name equal accesses alike", () => {
    const table = new AccessTable();
    const of = (...ports: number[]) =>
      table.ofRanges(ports.map((port) => ({ protocol: "TCP", first: port, last: port })));
    assert.equal(of(80, 81), table.union(of(81), of(80)));
    assert.notEqual(of(80), of(81));
    assert.equal(table.difference(of(80), of(80)), table.none);
  });
});
