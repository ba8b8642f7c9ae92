import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { TraceStore } from "../../../../apps/router/traces/store.ts";
import { seed } from "../../../traffic/chance.ts";
import { Started } from "../../counter/servers.ts";
import { startTraces, type Traces } from "../../runtime/tracing/collectors.ts";
import { described, fuzz } from "../../shop/fuzz.ts";
import { ask } from "../../shop/runtime/world.ts";
import { at, batch, sent, spanId, traceId } from "./spans.ts";

const JSON_TYPE = { "content-type": "application/json" };

describe("traces: received and shown", function () {
  this.timeout(60_000);
  const started = new Started();
  let traces: Traces;
  let url: string;

  beforeEach(async () => {
    traces = await startTraces(started);
    url = traces.url;
  });
  afterEach(() => started.stop());

  const post = (
    body: unknown,
    headers: Record<string, string> = JSON_TYPE,
    to = `${url}/v1/traces`,
  ) => {
    const isText = typeof body === "string" || Buffer.isBuffer(body);
    return ask("POST", to, headers, isText ? body : JSON.stringify(body));
  };
  const plain = async (path: string) => {
    const response = await fetch(url + path);
    assert.equal(response.headers.get("content-type"), "text/plain; charset=utf-8");
    return response.text();
  };

  it("a trace in parts, from several services", async () => {
    const attributes = [
      { key: "http.response.status_code", value: { intValue: "503" } },
      { key: "ok", value: { boolValue: false } },
      { key: "share", value: { doubleValue: 0.5 } },
      { key: "tags", value: { arrayValue: { values: [{ stringValue: "x" }, { intValue: 2 }] } } },
      { key: "none" },
    ];
    const inside = sent(2, {
      name: "GET /*",
      parentSpanId: spanId(1).toUpperCase(),
      startTimeUnixNano: String(at(0.25)),
      endTimeUnixNano: String(at(0.75)),
      status: { code: 2, message: "no" },
      attributes,
      events: [{ name: "ignored" }],
    });
    const first = await post(batch([inside], "a"));
    assert.deepEqual([first.status, first.body], [200, {}]);
    await post(batch([sent(1, { parentSpanId: "" })]));

    const summary = {
      id: traceId(1),
      name: "GET /nginx",
      services: ["router", "a"],
      failed_spans: 1,
      started_at: new Date(Number(at(0) / 1_000_000n)).toISOString(),
      duration_ms: 1,
      error: false,
    };
    const list = await ask("GET", `${url}/traces`);
    assert.deepEqual(list.body, { traces: [{ ...summary, spans: 2 }], total: 1 });
    const { body } = await ask("GET", `${url}/traces/${traceId(1).toUpperCase()}`);
    assert.deepEqual(body, {
      ...summary,
      dropped_spans: 0,
      spans: [
        {
          ...{ id: spanId(1), parent: null, depth: 0, service: "router", replica: null },
          ...{ name: "GET /nginx", kind: "server", start_ms: 0, duration_ms: 1 },
          ...{ status: "unset", message: null, attributes: {} },
        },
        {
          ...{ id: spanId(2), parent: spanId(1), depth: 1, service: "a", replica: null },
          ...{ name: "GET /*", kind: "server", start_ms: 0.25, duration_ms: 0.5 },
          ...{ status: "error", message: "no" },
          attributes: {
            "http.response.status_code": 503,
            ok: false,
            share: 0.5,
            tags: "x, 2",
          },
        },
      ],
    });
    assert.match(await plain(`/traces/${traceId(1)}.txt`), /\n! {3}a GET \/\* 503 +\|/);
    assert.match(await plain("/"), /\n0{31}1 +1\.0 ms +2 +GET \/nginx: router, a\n/);
  });

  it("a list of some of them", async () => {
    for (let n = 1; n <= 120; n++) {
      await post(batch([sent(1, { traceId: traceId(n) })], n % 60 === 0 ? "b" : "a"));
    }
    const numbers = async (query: string) => {
      const { body } = await ask("GET", `${url}/traces${query}`);
      assert.equal(body.total, 120);
      return body.traces.map(({ id }: { id: string }) => Number.parseInt(id, 16));
    };
    assert.deepEqual((await numbers("")).slice(0, 2), [120, 119]);
    assert.equal((await numbers("")).length, 100);
    assert.deepEqual(await numbers("?limit=2"), [120, 119]);
    assert.deepEqual(await numbers("?service=b"), [120, 60]);
    assert.deepEqual(await numbers("?service=b&limit=1"), [120]);
    assert.deepEqual(await numbers("?service=none"), []);
    assert.match(await plain("/"), /^120 traces, the newest 50 of them;/);
    for (const limit of ["0", "1001", "-1", "1e1", "", "x"]) {
      const { status, body } = await ask("GET", `${url}/traces?limit=${limit}`);
      const error = "query limit: it must be a whole number from 1 to 1000";
      assert.deepEqual([status, body], [400, { error }], limit);
    }
  });

  it("nothing of a trace that isn't there", async () => {
    for (const end of ["", ".txt"]) {
      const { status, body } = await ask("GET", `${url}/traces/${traceId(9)}${end}`);
      assert.equal(status, 404);
      assert.match(body.error, /^no trace "0{31}9" is kept; .*: GET \/traces lists them$/);
      const wrong = await ask("GET", `${url}/traces/9${end}`);
      const error = "path id: it must be a trace's id, 32 hexadecimal digits";
      assert.deepEqual([wrong.status, wrong.body], [400, { error }]);
    }
  });

  it("packed by gzip, and no larger than 4 MiB unpacked", async () => {
    const headers = { ...JSON_TYPE, "content-encoding": "gzip" };
    assert.equal((await post(gzipSync(JSON.stringify(batch([sent(1)]))), headers)).status, 200);
    assert.equal(traces.store.size, 1);
    const bomb = await post(gzipSync(Buffer.alloc(50_000_000, " ")), headers);
    const error = "body: it's over 4194304 bytes when unpacked; send less at a time";
    assert.deepEqual([bomb.status, bomb.body], [413, { error }]);
    const wrong = await post("{}", headers);
    const message = "body: it must be gzip, as its content-encoding says";
    assert.deepEqual([wrong.status, wrong.body], [400, { error: message }]);
    const brotli = await post("{}", { ...JSON_TYPE, "content-encoding": "br" });
    const other = "header content-encoding: br isn't taken; send gzip, or none";
    assert.deepEqual([brotli.status, brotli.body], [415, { error: other }]);
  });

  it("a batch of the SDKs' default size, but none over 4 MiB", async () => {
    const attributes = [{ key: "url.path", value: { stringValue: "x".repeat(4000) } }];
    const spans = Array.from({ length: 512 }, (_, n) => sent(n + 1, { attributes }));
    const most = await post(batch(spans));
    assert.equal(most.status, 200);
    assert.deepEqual(most.body, {
      partialSuccess: { rejectedSpans: "12", errorMessage: "a trace has room for 500 spans" },
    });
    assert.equal((await post(`"${"x".repeat(4 * 1024 * 1024)}"`)).status, 413);
  });

  it("in no other form, and it says which one", async () => {
    const advice = "isn't taken; send application/json (OTEL_EXPORTER_OTLP_PROTOCOL=http/json)";
    const protobuf = await post("\n\0", { "content-type": "application/x-protobuf" });
    const error = `header content-type: application/x-protobuf ${advice}`;
    assert.deepEqual([protobuf.status, protobuf.body], [415, { error }]);
    const cases: [unknown, RegExp][] = [
      ["{", /^body: it must be JSON: /],
      ["[]", /^body: /],
      [batch([sent(1, { traceId: "0".repeat(32) })]), /traceId: it must be 32 hexadecimal digits/],
      [batch([sent(1, { spanId: "12" })]), /spanId: it must be 16 hexadecimal digits/],
      [batch([sent(1, { parentSpanId: 7 })]), /parentSpanId: /],
      [batch([sent(1, { startTimeUnixNano: "-1" })]), /startTimeUnixNano: it must be nanoseconds/],
      [batch([sent(1, { endTimeUnixNano: undefined })]), /endTimeUnixNano: it must be nanoseconds/],
    ];
    for (const [body, message] of cases) {
      const answer = await post(body);
      assert.equal(answer.status, 400, String(message));
      assert.match(answer.body.error, message);
    }
    assert.equal(traces.store.size, 0);
  });

  it(`shows whatever it takes, and never fails (MICROMESH_SEED=${seed})`, async () => {
    const store = new TraceStore({ traces: 20, spansPerTrace: 10 });
    const small = await startTraces(started, store);
    const odd = fc.oneof(
      fc.constantFrom("", "__proto__", "NaN", "-1", "18446744073709551615", "99999999999999999999"),
      fc.constantFrom(0, -1, 1.5, 1e300, 2 ** 53, null, true, [], {}),
      fc.string({ unit: "binary", maxLength: 20 }),
      fc.jsonValue({ maxDepth: 3 }),
    );
    const mostly = <T>(arbitrary: fc.Arbitrary<T>) =>
      fc.oneof(
        { weight: 30, arbitrary: arbitrary as fc.Arbitrary<unknown> },
        { weight: 1, arbitrary: odd },
      );
    const value = fc.oneof(
      fc.string({ unit: "binary" }).map((stringValue) => ({ stringValue })),
      fc.oneof(odd, fc.bigInt().map(String)).map((intValue) => ({ intValue })),
      fc.oneof(odd, fc.double()).map((doubleValue) => ({ doubleValue })),
      fc.array(odd).map((values) => ({ arrayValue: { values } })),
    );
    const attribute = fc.record({
      key: fc.constantFrom("a", "__proto__", "server.address", "http.response.status_code"),
      value: mostly(value),
    });
    const time = mostly(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String));
    const one = fc.record(
      {
        traceId: mostly(fc.integer({ min: 1, max: 30 }).map(traceId)),
        spanId: mostly(fc.integer({ min: 1, max: 20 }).map(spanId)),
        parentSpanId: mostly(fc.integer({ min: 1, max: 20 }).map(spanId)),
        name: mostly(fc.string({ unit: "binary" })),
        kind: mostly(fc.integer()),
        startTimeUnixNano: time,
        endTimeUnixNano: time,
        attributes: mostly(fc.array(attribute, { maxLength: 4 })),
        status: mostly(fc.record({ code: fc.integer(), message: fc.string() })),
      },
      { requiredKeys: ["traceId", "spanId", "startTimeUnixNano", "endTimeUnixNano"] },
    );
    const seen = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(mostly(fc.array(one, { maxLength: 3 })), async (spans) => {
        const body = batch(spans as unknown[]);
        const { status } = await post(body, JSON_TYPE, `${small.url}/v1/traces`);
        assert.ok(status === 200 || status === 400, String(status));
        seen.set(status, (seen.get(status) ?? 0) + 1);
        const [latest] = store.newest();
        const paths = ["/traces?limit=1000", "/", ...(latest ? [`/traces/${latest.id}`] : [])];
        for (const path of latest ? [...paths, `/traces/${latest.id}.txt`] : paths) {
          const shown = await fetch(small.url + path);
          assert.equal(shown.status, 200, `${path}: ${await shown.text()}`);
          await shown.arrayBuffer().catch(() => {});
        }
      }),
      { seed, numRuns: 150 },
    );
    assert.ok((seen.get(200) ?? 0) > 20 && (seen.get(400) ?? 0) > 5, JSON.stringify([...seen]));
    const deep = `{"resourceSpans":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    assert.equal((await post(deep)).status, 400);
    const list = `{"arrayValue":{"values":[${"[".repeat(100_000)}${"]".repeat(100_000)}]}}`;
    const within = JSON.stringify(batch([sent(1, { attributes: [{ key: "k", value: 0 }] })]));
    assert.equal((await post(within.replace('"value":0', () => `"value":${list}`))).status, 200);
  });

  it(`answers requests of all kinds, never by a 5xx (MICROMESH_SEED=${seed})`, async () => {
    await post(batch([sent(1)]));
    const { body } = await ask("GET", `${url}/traces/openapi.json`);
    const operations = described(body);
    assert.equal(operations.length, 6);
    const statuses = await fuzz(url, operations, { seed, numRuns: 400 });
    for (const path of ["GET /", "GET /traces", "GET /health"]) {
      assert.ok(statuses.get(path)?.has(200), path);
    }
  });
});
