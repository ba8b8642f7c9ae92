import assert from "node:assert/strict";
import fc from "fast-check";
import type { Observation } from "../../micromesh/verify/client/observation.ts";
import { judge, type Verdict } from "../../micromesh/verify/judge.ts";
import { expectation, failure, type ProbeInput } from "../../stacks/outputs.ts";
import { probeOf } from "./samples.ts";

type Kind = ProbeInput["request"];
const kinds: Record<"http" | "tcp" | "dns", Kind> = {
  http: { kind: "http", url: "http://pippo.lan/" },
  tcp: { kind: "tcp", host: "redis", port: 6379 },
  dns: { kind: "dns", name: "redis" },
};

describe("a judgement", () => {
  type Row = [
    keyof typeof kinds,
    ProbeInput["expect"],
    Omit<Observation, "ms">,
    Verdict,
    string,
    string,
  ];
  const time = '{"time":"12:00"}';
  const table: Row[] = [
    ["http", {}, { status: 503, body: "" }, "pass", "any answer", "503"],
    ["http", { status: 503 }, { status: 503, body: "" }, "pass", "503", "503"],
    ["http", { status: 503 }, { status: 200, body: time }, "fail", "503", `200 ${time}`],
    [
      "http",
      { status: 200, contains: "time" },
      { status: 200, body: time },
      "pass",
      '200 with "time"',
      `200 ${time}`,
    ],
    [
      "http",
      { status: 200, contains: "tine" },
      { status: 200, body: time },
      "fail",
      '200 with "tine"',
      `200 ${time}`,
    ],
    [
      "http",
      { matches: '\\{"time":.*\\}' },
      { status: 200, body: time },
      "pass",
      '/\\{"time":.*\\}/',
      `200 ${time}`,
    ],
    // The whole body must match, alternatives too.
    ["http", { matches: "time" }, { status: 200, body: time }, "fail", "/time/", `200 ${time}`],
    ["http", { matches: "a|b" }, { status: 200, body: "ab" }, "fail", "/a|b/", "200 ab"],
    ["http", { matches: "ok" }, { status: 200, body: "ok\n" }, "fail", "/ok/", "200 ok"],
    [
      "http",
      { status: 302, headers: { location: "/get" } },
      { status: 302, headers: { location: "/get" }, body: "" },
      "pass",
      "302 with location: /get",
      "302",
    ],
    [
      "http",
      { headers: { Location: "/get" } },
      { status: 302, headers: { location: "/get" }, body: "" },
      "pass",
      "Location: /get",
      "302",
    ],
    [
      "http",
      { headers: { location: "/" } },
      { status: 302, headers: {}, body: "" },
      "fail",
      "location: /",
      "302",
    ],
    [
      "http",
      { failure: "timeout" },
      { failure: "timeout" },
      "pass",
      "timeout",
      "timeout after 5 s",
    ],
    ["http", { failure: "timeout" }, { failure: "refused" }, "fail", "timeout", "refused"],
    ["http", { shares: { v1: [9, 9] } }, { tally: { v1: 9 } }, "pass", "v1: 9", "v1: 9"],
    [
      "http",
      { shares: { v1: [85, 95], v2: [5, 15] } },
      { tally: { v1: 95, v2: 5 } },
      "pass",
      "v1: 85-95, v2: 5-15",
      "v1: 95, v2: 5",
    ],
    ["http", { shares: { v1: [1, 2] } }, { tally: { v1: 3 } }, "fail", "v1: 1-2", "v1: 3"],
    ["http", { shares: { v1: [1, 2] } }, { tally: { v1: 0 } }, "fail", "v1: 1-2", "v1: 0"],
    ["http", { shares: { v1: [0, 2] } }, { tally: { "503": 1 } }, "fail", "v1: 0-2", "503: 1"],
    ["http", { shares: { v1: [1, 2] } }, { status: 200, body: "" }, "fail", "v1: 1-2", "200"],
    [
      "http",
      { spread: { values: 2, least: 3 } },
      { tally: { a: 3, b: 4 } },
      "pass",
      "2 values, 3 or more each",
      "a: 3, b: 4",
    ],
    [
      "http",
      { spread: { values: 2, least: 4 } },
      { tally: { a: 3, b: 4 } },
      "fail",
      "2 values, 4 or more each",
      "a: 3, b: 4",
    ],
    [
      "http",
      { spread: { values: 3, least: 1 } },
      { tally: { a: 3, b: 4 } },
      "fail",
      "3 values, 1 or more each",
      "a: 3, b: 4",
    ],
    ["http", { failure: "timeout" }, { status: 200, body: "" }, "fail", "timeout", "200"],
    ["http", { status: 200 }, { failure: "no-such-name" }, "fail", "200", "no-such-name"],
    ["http", {}, { failure: "closed" }, "fail", "any answer", "closed"],
    // An answer that breaks off is neither the answer nor the failure.
    [
      "http",
      { status: 200 },
      { status: 200, body: "ha", failure: "reset" },
      "fail",
      "200",
      "200 ha, then reset",
    ],
    [
      "http",
      { failure: "reset" },
      { status: 200, body: "ha", failure: "reset" },
      "fail",
      "reset",
      "200 ha, then reset",
    ],
    ["tcp", {}, { body: "" }, "pass", "a connection", "connected"],
    ["tcp", { contains: "+PONG" }, { body: "+PONG\r\n" }, "pass", '"+PONG"', "+PONG"],
    [
      "tcp",
      { contains: "+PONG" },
      { body: "-NOAUTH", failure: "timeout" },
      "fail",
      '"+PONG"',
      "-NOAUTH, then timeout after 5 s",
    ],
    ["tcp", { status: 200 }, { body: "+PONG" }, "fail", "200", "+PONG"],
    [
      "dns",
      {},
      { addresses: ["10.0.0.1", "10.0.0.2"] },
      "pass",
      "an address",
      "10.0.0.1, 10.0.0.2",
    ],
    [
      "dns",
      { contains: " 8080 a.db" },
      { services: ["0 50 8080 a.db", "0 50 8080 b.db"] },
      "pass",
      '" 8080 a.db"',
      "0 50 8080 a.db, 0 50 8080 b.db",
    ],
    [
      "dns",
      { matches: "0 50 8080 a.db\\n0 50 8080 b.db" },
      { services: ["0 50 8080 a.db", "0 50 8080 b.db"] },
      "pass",
      "/0 50 8080 a.db\\n0 50 8080 b.db/",
      "0 50 8080 a.db, 0 50 8080 b.db",
    ],
    [
      "dns",
      { matches: "10\\.0\\.0\\.1" },
      { addresses: ["10.0.0.1"] },
      "pass",
      "/10\\.0\\.0\\.1/",
      "10.0.0.1",
    ],
    [
      "dns",
      { failure: "no-such-name" },
      { failure: "no-such-name" },
      "pass",
      "no-such-name",
      "no-such-name",
    ],
    // Text that is searched for may stand in the part that wasn't read.
    [
      "http",
      { contains: "x" },
      { status: 200, body: "xy", truncated: true },
      "pass",
      '"x"',
      "200 xy",
    ],
    [
      "http",
      { contains: "z" },
      { status: 200, body: "xy", truncated: true },
      "error",
      '"z"',
      "the answer is longer than 64 KiB: expect something near its beginning",
    ],
    [
      "http",
      { matches: "x.*" },
      { status: 200, body: "xy", truncated: true },
      "error",
      "/x.*/",
      "the answer is longer than 64 KiB: expect something near its beginning",
    ],
  ];
  for (const [kind, expect, seen, verdict, expected, shown] of table)
    it(`${verdict}: ${JSON.stringify(expect)} and ${JSON.stringify(seen)}`, () => {
      const probe = probeOf({ request: kinds[kind], expect });
      const judged = judge(probe, { ...seen, ms: 5000 });
      assert.deepEqual(judged, { verdict, expected, seen: shown });
    });

  it("is an error when the probe couldn't be run", () => {
    assert.deepEqual(judge(probeOf({ expect: { failure: "timeout" } }), { error: "no pod" }), {
      verdict: "error",
      expected: "timeout",
      seen: "no pod",
    });
  });

  for (const matches of ["(", "a)(b"])
    it(`is an error when ${matches} is no regular expression, whatever was seen`, () => {
      for (const seen of [{ status: 200, body: "" }, { failure: "timeout" as const }]) {
        const judged = judge(probeOf({ expect: { matches } }), { ...seen, ms: 1 });
        assert.equal(judged.verdict, "error");
        assert.match(judged.seen, /the probe's `matches` is no regular expression: /);
      }
    });

  it("shows long and hostile answers short, on one line, with nothing a terminal obeys", () => {
    const body = `\u001b[31mred\r\n\u202e${"x".repeat(200)}`;
    const { seen } = judge(probeOf({}), { status: 200, body, ms: 1 });
    assert.match(seen, /^200 ·\[31mred ·x+…$/);
    assert.ok(seen.length <= 64);
  });

  const answers = fc.oneof(
    fc.record({ status: fc.integer({ min: 100, max: 599 }), body: fc.string() }),
    fc.record({ body: fc.string() }),
    fc.record({ addresses: fc.array(fc.ipV4(), { minLength: 1 }) }),
  );
  const failures = fc.constantFrom(...failure.options);

  it("passes for exactly one failure", () => {
    fc.assert(
      fc.property(failures, failures, (wanted, seen) => {
        const probe = probeOf({ expect: { failure: wanted } });
        assert.equal(judge(probe, { failure: seen, ms: 1 }).verdict === "pass", wanted === seen);
      }),
    );
  });

  it("never passes a failure as an answer, nor an answer as a failure", () => {
    const some = fc.record(
      { status: fc.integer(), contains: fc.string(), headers: fc.constant({}) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(some, failures, answers, fc.boolean(), (expect, failed, answer, both) => {
        const broken = { ...(both ? answer : {}), failure: failed, ms: 1 };
        assert.equal(judge(probeOf({ expect }), broken).verdict, "fail");
        const probe = probeOf({ expect: { failure: failed } });
        assert.equal(judge(probe, { ...answer, ms: 1 }).verdict, "fail");
      }),
    );
  });

  it("passes an answer that is expected as it is", () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.string(), (status, body) => {
        const expect = expectation.parse({ status, contains: body.slice(1, 5) });
        assert.equal(judge(probeOf({ expect }), { status, body, ms: 1 }).verdict, "pass");
        const escaped = body.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
        const whole = probeOf({ expect: { status, matches: escaped } });
        assert.equal(judge(whole, { status, body, ms: 1 }).verdict, "pass");
        assert.equal(judge(whole, { status, body: `${body}x`, ms: 1 }).verdict, "fail");
      }),
    );
  });
});
