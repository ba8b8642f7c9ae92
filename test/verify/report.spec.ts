import assert from "node:assert/strict";
import fc from "fast-check";
import { cut, pad, wrap } from "../../micromesh/verify/columns.ts";
import {
  allPassed,
  formatFailures,
  formatJson,
  formatReport,
  formatSummary,
  formatTable,
} from "../../micromesh/verify/report.ts";
import { resultOf } from "./samples.ts";

const redis = { kind: "tcp", host: "redis-svc.d-redis.svc.cluster.local", port: 6379 } as const;
const passed = resultOf(
  { name: "Apache can't reach Redis", request: redis, expect: { failure: "timeout" } },
  { failure: "timeout", ms: 5001 },
);
const failed = resultOf(
  {
    name: "case 2 fails: the HTTP front in d-redis isn't allowed to Redis any more",
    request: { kind: "http", url: "http://pippo.lan/redis/GET/time" },
    expect: { status: 503, headers: { server: "apache" } },
  },
  { status: 200, headers: {}, body: '{"GET":"2026-01-02 03:04:05"}', ms: 7.4 },
  { attempts: 5 },
);
const broken = resultOf(
  { name: "Redis answers", from: { namespace: "c-app", workload: "counter" }, request: redis },
  { error: "no pod of c-app/counter is ready (of 1): see `kubectl -n c-app get pods`" },
  { lab: "shop" },
);

describe("the report", () => {
  it("shows a table of 80 columns, what went wrong, and the summary", () => {
    assert.equal(
      formatReport([passed, failed, broken]),
      `counter, scenario isolated          expected            seen                  ms
✓  Apache can't reach Redis         timeout             timeout after 5 s   5001
✗  case 2 fails: the HTTP front in  503 with server: …  200 {"GET":"2026-…     7
   d-redis isn't allowed to Redis
   any more

shop, scenario isolated             expected            seen                  ms
!  Redis answers                    a connection        not run

✗ counter (isolated): case 2 fails: the HTTP front in d-redis isn't allowed to
  Redis any more
  from       outside
  asked      GET http://pippo.lan/redis/GET/time, 5 times
  expected   503 with server: apache
  seen       200 {"GET":"2026-01-02 03:04:05"}
  header     server: (absent)

! shop (isolated): Redis answers
  from       c-app/counter
  asked      tcp redis-svc.d-redis.svc.cluster.local:6379
  expected   a connection
  error      no pod of c-app/counter is ready (of 1): see \`kubectl -n c-app get
             pods\`

1 of 3 probes passed, 1 failed, 1 couldn't be run`,
    );
  });

  it("explains nothing where all passed, and colours only if asked", () => {
    assert.equal(formatFailures([passed]), "");
    assert.equal(formatSummary([passed]), "1 of 1 probe passed");
    assert.equal(
      formatSummary([passed, passed], { colour: true }),
      "\u001b[32m2 of 2 probes passed\u001b[0m",
    );
    assert.ok(!formatReport([passed, failed]).includes("\u001b"));
    assert.ok(formatTable([failed], { colour: true }).includes("\u001b[31m✗\u001b[0m  case 2"));
    assert.equal(formatReport([]), "no probes were run");
  });

  it("counts as passed only if something was run and all of it passed", () => {
    assert.equal(allPassed([passed]), true);
    assert.equal(allPassed([passed, broken]), false);
    assert.equal(allPassed([failed]), false);
    assert.equal(allPassed([]), false);
  });

  it("gives everything as JSON", () => {
    const { summary, probes } = JSON.parse(formatJson([passed, failed, broken]));
    assert.deepEqual(summary, { total: 3, passed: 1, failed: 1, errors: 1 });
    assert.deepEqual(Object.keys(probes[1]), [
      "lab",
      "scenario",
      "name",
      "from",
      "request",
      "expect",
      "attempts",
      "verdict",
      "expected",
      "seen",
      "observation",
    ]);
    assert.equal(probes[2].from, "c-app/counter");
    assert.deepEqual(probes[1].observation, failed.observation);
  });

  it("fits its width, and loses no word of a name, whatever the texts", () => {
    const texts = fc.string({ minLength: 1, unit: "grapheme-ascii", maxLength: 120 });
    fc.assert(
      fc.property(texts, texts, fc.integer({ min: 60, max: 160 }), (name, body, width) => {
        const result = resultOf({ name, expect: { contains: body } }, { status: 200, body, ms: 9 });
        const lines = formatTable([result], { width }).split("\n");
        for (const line of lines) assert.ok([...line].length <= width, line);
      }),
    );
  });
});

describe("columns", () => {
  it("pads, cuts and wraps by characters", () => {
    assert.equal(pad("✓", 3), "✓  ");
    assert.equal(cut("timeout", 7), "timeout");
    assert.equal(cut("timeouts", 7), "timeou…");
    assert.deepEqual(wrap("a bc def", 4), ["a bc", "def"]);
    assert.deepEqual(wrap("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
    assert.deepEqual(wrap("", 3), [""]);
  });

  it("wraps without losing or adding anything", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme" }),
        fc.integer({ min: 1, max: 20 }),
        (text, width) => {
          const lines = wrap(text, width);
          assert.ok(lines.every((line) => [...line].length <= width));
          assert.equal(lines.join("").replaceAll(" ", ""), text.replaceAll(" ", ""));
        },
      ),
    );
  });
});
