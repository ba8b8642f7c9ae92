import assert from "node:assert/strict";
import fc from "fast-check";
import type { KeptSpan } from "../../../../apps/router/traces/span.ts";
import { overview, waterfall } from "../../../../apps/router/traces/text.ts";
import { treeOf } from "../../../../apps/router/traces/tree.ts";
import { seed } from "../../../traffic/chance.ts";
import { at, span, spanId, traceId } from "./spans.ts";

const tree = (spans: KeptSpan[], dropped = 0) => treeOf({ id: traceId(1), spans, dropped });

const RETRIED = tree([
  span(1, { end: at(100), attributes: { "http.response.status_code": 200 } }),
  span(2, {
    parent: spanId(1),
    name: "GET",
    kind: "client",
    start: at(10),
    end: at(40),
    status: "error",
    attributes: {
      "server.address": "10.1.0.7",
      "server.port": 8080,
      "http.response.status_code": 503,
    },
  }),
  span(3, {
    parent: spanId(2),
    service: "a",
    name: "GET /*",
    start: at(12),
    end: at(38),
    status: "error",
    attributes: { "http.response.status_code": 503, "error.type": "503" },
  }),
  span(4, {
    parent: spanId(1),
    name: "GET",
    kind: "client",
    start: at(66),
    end: at(99.96),
    attributes: {
      "server.address": "10.1.0.9",
      "server.port": 8080,
      "http.request.resend_count": 1,
      "http.response.status_code": 200,
    },
  }),
]);

describe("traces: drawn as text", () => {
  it("a line for each span, in its place and time", () => {
    assert.equal(
      waterfall(RETRIED),
      `trace 00000000000000000000000000000001: GET /nginx 200
100.0 ms, 4 spans of router, a; 2 failed

  router GET /nginx 200                        |####################|   100.0 ms
!   router GET 503 10.1.0.7:8080               |  !!!!!!            |    30.0 ms
!     a GET /* 503                             |  !!!!!             |    26.0 ms
    router GET 200 retry 1 10.1.0.9:8080       |             #######|    34.0 ms
`,
    );
  });

  it("a list, with what came of each", () => {
    const failed = tree([span(1, { status: "error", attributes: { "error.type": "ECONNRESET" } })]);
    assert.equal(
      overview([RETRIED, failed], 7),
      `7 traces, the newest 2 of them; /traces/ID.txt draws one, ! marks failures

trace                                  took span
00000000000000000000000000000001   100.0 ms    4   GET /nginx 200: router, a
00000000000000000000000000000001     1.0 ms    1 ! GET /nginx ECONNRESET: router
`,
    );
    assert.equal(overview([], 0), "0 traces; /traces/ID.txt draws one, ! marks failures\n\n");
  });

  it("and says so if spans are missing", () => {
    assert.match(waterfall(tree([span(1)], 3)), /\n3 more spans were dropped: /);
    assert.match(waterfall(tree([span(1)])), /\n1.0 ms, 1 span of router; 0 failed\n/);
  });

  it(`in printable ASCII of at most 80 columns, whatever the spans (MICROMESH_SEED=${seed})`, () => {
    const words = fc.oneof(
      fc.string({ unit: "binary", maxLength: 120 }),
      fc.constantFrom("\u001b[2J", "\n", "💥", "", "a".repeat(200)),
    );
    const some = fc.record({
      parent: fc.integer({ min: 0, max: 20 }),
      service: words,
      name: words,
      kind: fc.constantFrom("server" as const, "client" as const),
      address: words,
      status: fc.constantFrom("error" as const, "unset" as const),
      start: fc.oneof(fc.nat(1000), fc.constant(0), fc.constantFrom(1e6, 1e12)),
      duration: fc.oneof(fc.nat(1000), fc.constantFrom(0, 0.0004, 99_999.96, 1e9, 1e12)),
    });
    fc.assert(
      fc.property(fc.array(some, { minLength: 1, maxLength: 15 }), (all) => {
        const spans = all.map(({ parent, address, start, duration, ...is }, n) =>
          span(n + 1, {
            ...is,
            parent: parent === 0 ? undefined : spanId(parent),
            start: at(start),
            end: at(start + duration),
            attributes: { "server.address": address },
          }),
        );
        const drawn = tree(spans);
        const lines = waterfall(drawn).split("\n");
        assert.equal(lines.length, 3 + spans.length + 1);
        for (const line of [...lines, ...overview([drawn], 1).split("\n")]) {
          assert.match(line, /^[\x20-\x7e]{0,80}$/);
        }
        for (const line of lines.slice(3, -1)) assert.match(line, /\|[ #!]*[#!][ #!]*\| {0,9}\d/);
      }),
      { seed, numRuns: 300 },
    );
  });
});
