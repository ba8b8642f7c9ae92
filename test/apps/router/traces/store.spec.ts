import assert from "node:assert/strict";
import fc from "fast-check";
import { TraceStore } from "../../../../apps/router/traces/store.ts";
import { treeOf } from "../../../../apps/router/traces/tree.ts";
import { seed } from "../../../traffic/chance.ts";
import { at, span, spanId, traceId } from "./spans.ts";

const ids = (store: TraceStore) => [...store.newest()].map(({ id }) => Number.parseInt(id, 16));

describe("traces: what is kept", () => {
  it("the latest traces, the newest first", () => {
    const store = new TraceStore({ traces: 3 });
    for (const n of [1, 2, 3, 1, 4]) store.add([span(n, { traceId: traceId(n) })]);
    assert.deepEqual(ids(store), [4, 3, 2]);
    assert.equal(store.get(traceId(1)), undefined);
    const full = new TraceStore();
    for (let n = 1; n <= 1100; n++) full.add([span(n, { traceId: traceId(n) })]);
    assert.deepEqual([full.size, ids(full).at(-1)], [1000, 101]);
  });

  it("so many spans of a trace, and how many more there were", () => {
    const store = new TraceStore({ spansPerTrace: 3 });
    assert.equal(store.add([1, 2, 3, 4].map((n) => span(n))), 1);
    assert.equal(store.add([span(5)]), 1);
    const trace = store.get(traceId(1));
    assert.deepEqual([trace?.spans.length, trace?.dropped], [3, 2]);
  });

  it("a span once, as it was sent last", () => {
    const store = new TraceStore({ spansPerTrace: 1 });
    assert.equal(store.add([span(1), span(1, { name: "again" })]), 0);
    assert.deepEqual(
      store.get(traceId(1))?.spans.map(({ name }) => name),
      ["again"],
    );
  });

  it("so many bytes of text, whatever the number of traces", () => {
    const store = new TraceStore({ bytes: 100_000 });
    const long = "x".repeat(10_000);
    for (let n = 1; n <= 20; n++) store.add([span(n, { traceId: traceId(n), name: long })]);
    assert.deepEqual(ids(store), [20, 19, 18, 17]);
    store.add([span(1, { traceId: traceId(99), attributes: { a: "y".repeat(100_000) } })]);
    assert.deepEqual(
      [ids(store), store.bytes],
      [[], 0],
      "one that is too large by itself goes too",
    );
  });

  it(`never more than its limits, and never a wrong count (MICROMESH_SEED=${seed})`, () => {
    const some = fc.record({
      trace: fc.integer({ min: 1, max: 6 }),
      id: fc.integer({ min: 1, max: 6 }),
      length: fc.nat(2000),
    });
    fc.assert(
      fc.property(fc.array(some, { maxLength: 60 }), (all) => {
        const limits = { traces: 3, spansPerTrace: 4, bytes: 12_000 };
        const store = new TraceStore(limits);
        for (const { trace, id, length } of all) {
          store.add([span(id, { traceId: traceId(trace), name: "x".repeat(length) })]);
          const traces = [...store.newest()];
          assert.equal(traces.length, store.size);
          assert.ok(store.size <= limits.traces && store.bytes <= limits.bytes);
          assert.ok(traces.every(({ spans }) => spans.length > 0 && spans.length <= 4));
          const copy = new TraceStore();
          copy.add(traces.flatMap(({ spans }) => spans));
          assert.equal(copy.bytes, store.bytes);
        }
      }),
      { seed, numRuns: 200 },
    );
  });
});

describe("traces: the tree of a trace", () => {
  const order = (spans: ReturnType<typeof span>[]) =>
    treeOf({ id: traceId(1), spans, dropped: 0 }).spans.map(
      ({ span, depth }) => `${"  ".repeat(depth)}${Number.parseInt(span.id, 16)}`,
    );
  const below = (n: number, parent: number, ms = n) =>
    span(n, { parent: spanId(parent), start: at(ms), end: at(ms + 1) });

  it("parents before their children, children by their beginning", () => {
    const spans = [below(5, 2), below(3, 1, 8), below(4, 2), below(2, 1), span(1)];
    assert.deepEqual(order(spans), ["1", "  2", "    4", "    5", "  3"]);
  });

  it("times from the first moment, whatever ends last", () => {
    const spans = [
      span(1, { start: at(10), end: at(40) }),
      span(2, { parent: spanId(1), start: at(12.5), end: at(60.25) }),
    ];
    const tree = treeOf({ id: traceId(1), spans, dropped: 7 });
    assert.deepEqual([tree.durationMs, tree.dropped, tree.root.id], [50.25, 7, spanId(1)]);
    assert.deepEqual(
      tree.spans.map(({ startMs, durationMs }) => [startMs, durationMs]),
      [
        [0, 30],
        [2.5, 47.75],
      ],
    );
  });

  it("spans whose parent isn't there are at the top; a span without one is the root", () => {
    const spans = [below(2, 99, 0), below(3, 2), span(1, { start: at(5) })];
    assert.deepEqual(order(spans), ["2", "  3", "1"]);
    assert.equal(treeOf({ id: traceId(1), spans, dropped: 0 }).root.id, spanId(1));
  });

  it(`each span once, even if some are each other's parents (MICROMESH_SEED=${seed})`, () => {
    assert.deepEqual(order([below(1, 1), below(2, 3), below(3, 2)]), ["1", "2", "  3"]);
    const some = fc.record({ parent: fc.integer({ min: 1, max: 12 }), ms: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(some, { minLength: 1, maxLength: 10 }), (all) => {
        const spans = all.map(({ parent, ms }, n) => below(n + 1, parent, ms));
        const tree = treeOf({ id: traceId(1), spans, dropped: 0 });
        const placed = tree.spans.map(({ span }) => span.id);
        assert.deepEqual(new Set(placed), new Set(spans.map(({ id }) => id)));
        assert.equal(placed.length, spans.length);
        for (const { span, depth } of tree.spans) {
          if (depth > 0) assert.ok(placed.indexOf(span.parent ?? "") < placed.indexOf(span.id));
        }
      }),
      { seed, numRuns: 300 },
    );
  });

  it("a chain of hundreds", () => {
    const chain = Array.from({ length: 500 }, (_, n) => (n === 0 ? span(1) : below(n + 1, n)));
    assert.equal(order(chain.reverse()).at(-1)?.trim(), "500");
  });
});
