import assert from "node:assert/strict";
import fc from "fast-check";
import {
  difference,
  everyPort,
  hasPort,
  intersection,
  noPorts,
  type PortSet,
  portRanges,
  portSet,
  portText,
  union,
} from "../../micromesh/connectivity/port-set.ts";
import { type PortRange, protocols } from "../../micromesh/connectivity/traffic-policy.ts";
import { readPorts } from "./port-text.ts";
import { seed } from "./random-clusters.ts";

/** Where sets could go wrong: at both ends of a protocol's ports, and somewhere between. */
const watched = [1, 2, 3, 79, 80, 81, 82, 83, 65533, 65534, 65535];
const range: fc.Arbitrary<PortRange> = fc
  .tuple(fc.constantFrom(...protocols), fc.constantFrom(...watched), fc.constantFrom(...watched))
  .map(([protocol, a, b]) => ({ protocol, first: Math.min(a, b), last: Math.max(a, b) }));
const ranges = fc.array(range, { maxLength: 6 });

/** The naive form: each watched port by itself. */
function members(list: PortRange[]): Set<string> {
  const all = protocols.flatMap((protocol) => watched.map((port) => ({ protocol, port })));
  const inside = all.filter(({ protocol, port }) =>
    list.some((one) => one.protocol === protocol && one.first <= port && port <= one.last),
  );
  return new Set(inside.map(({ protocol, port }) => `${protocol} ${port}`));
}

function watchedIn(set: PortSet): Set<string> {
  return members(portRanges(set));
}

/** One set has one form: ascending, and neighbours are joined. */
function assertNormal(set: PortSet): void {
  assert.equal(set.length % 2, 0);
  const edges = portRanges(set);
  assert.deepEqual(portSet([...edges].reverse()), set);
  for (const [i, { protocol, first, last }] of edges.entries()) {
    assert.ok(1 <= first && first <= last && last <= 65535);
    const next = edges[i + 1];
    if (next?.protocol === protocol) assert.ok(last + 1 < next.first);
  }
}

describe(`port sets (MICROMESH_SEED=${seed})`, () => {
  it("hold the ports of their ranges", () => {
    fc.assert(
      fc.property(ranges, (list) => {
        assertNormal(portSet(list));
        assert.deepEqual(watchedIn(portSet(list)), members(list));
        for (const protocol of protocols)
          for (const port of watched) {
            const isIn = members(list).has(`${protocol} ${port}`);
            assert.equal(hasPort(portSet(list), protocol, port), isIn);
          }
      }),
      { numRuns: 2000, seed },
    );
  });

  const operations: Record<string, [typeof union, (a: Set<string>, b: Set<string>) => string[]]> = {
    union: [union, (a, b) => [...a, ...b]],
    intersection: [intersection, (a, b) => [...a].filter((port) => b.has(port))],
    difference: [difference, (a, b) => [...a].filter((port) => !b.has(port))],
  };
  for (const [name, [operation, naive]] of Object.entries(operations)) {
    it(`have their ${name}`, () => {
      const set = fc.oneof(
        { weight: 8, arbitrary: ranges.map(portSet) },
        { weight: 1, arbitrary: fc.constantFrom(noPorts, everyPort) },
      );
      fc.assert(
        fc.property(set, set, (a, b) => {
          const result = operation(a, b);
          assertNormal(result);
          assert.deepEqual(watchedIn(result), new Set(naive(watchedIn(a), watchedIn(b))));
          assert.deepEqual(watchedIn(operation(a, a)), new Set(naive(watchedIn(a), watchedIn(a))));
        }),
        { numRuns: 2000, seed },
      );
    });
  }

  it("are written so that they can be read back", () => {
    fc.assert(
      fc.property(ranges, (list) => {
        const set = portSet(list);
        assert.deepEqual(readPorts(portText(set)), set);
      }),
      { numRuns: 1000, seed },
    );
  });

  it("are written as np-guard writes them", () => {
    const text = (...list: [PortRange["protocol"], number, number][]) =>
      portText(portSet(list.map(([protocol, first, last]) => ({ protocol, first, last }))));
    assert.equal(text(), "No Connections");
    assert.equal(text(["TCP", 80, 80]), "TCP 80");
    assert.equal(
      text(["UDP", 53, 53], ["TCP", 8000, 8085], ["TCP", 80, 80]),
      "TCP 80,8000-8085,UDP 53",
    );
    assert.equal(text(["TCP", 1, 100], ["TCP", 101, 65535]), "TCP 1-65535");
    const every = protocols.map((protocol) => [protocol, 1, 65535] as [typeof protocol, 1, 65535]);
    assert.equal(text(...every), "All Connections");
  });

  it("have no port 0 and none beyond 65535", () => {
    assert.deepEqual(portRanges(portSet([{ protocol: "TCP", first: 0, last: 70_000 }])), [
      { protocol: "TCP", first: 1, last: 65535 },
    ]);
  });
});
