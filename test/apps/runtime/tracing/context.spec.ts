import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http";
import fc from "fast-check";
import { EnvironmentError } from "../../../../apps/runtime/environment.ts";
import { carrying, openTracing } from "../../../../apps/runtime/tracing/tracing.ts";
import { tracingVariables } from "../../../../apps/runtime/tracing/variables.ts";
import { assertShare, seed } from "../../../traffic/chance.ts";
import { traced } from "./collectors.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";
const FORM = /^00-([0-9a-f]{32})-([0-9a-f]{16})-(0[01])$/;

describe("tracing: from one program to the next", () => {
  const begin = (headers: IncomingHttpHeaders, options = {}) =>
    traced(undefined, options).server({
      method: "GET",
      route: "/nginx",
      path: "/nginx",
      headers,
    });
  const client = (span: ReturnType<typeof begin>, attempt = 1) =>
    span.client({ method: "GET", path: "/", address: "a", port: 8080, attempt });
  /** The parts of a `traceparent`. */
  const sent = (span: ReturnType<typeof begin>) => {
    const [, trace, parent, flags] = FORM.exec(client(span).headers.traceparent ?? "") ?? [];
    return { trace, parent, flags };
  };

  it("a trace goes on, and so does what others have said of it", () => {
    const span = begin({
      traceparent: `00-${TRACE}-${PARENT}-01`,
      tracestate: "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7",
    });
    assert.equal(span.traceId, TRACE);
    const one = client(span);
    const [, trace, parent, flags] = FORM.exec(one.headers.traceparent ?? "") ?? [];
    assert.deepEqual([trace, flags], [TRACE, "01"]);
    assert.notEqual(parent, PARENT);
    assert.equal(one.headers.tracestate, "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7");
    const [, , another] = FORM.exec(client(span, 2).headers.traceparent ?? "") ?? [];
    assert.notEqual(another, parent, "each try is a span of its own");
  });

  it("a request without a trace begins one", () => {
    const ids = Array.from({ length: 20 }, () => begin({}).traceId);
    assert.equal(new Set(ids).size, 20);
    for (const id of ids) assert.match(id, /^(?!0+$)[0-9a-f]{32}$/);
    assert.deepEqual(Object.keys(client(begin({})).headers), ["traceparent"]);
  });

  it("a later version of the header is read as this one", () => {
    assert.equal(begin({ traceparent: `cc-${TRACE}-${PARENT}-01-what-the-future` }).traceId, TRACE);
  });

  it(`a malformed header begins a trace, and what came with it is dropped (MICROMESH_SEED=${seed})`, () => {
    const malformed = fc.oneof(
      fc.constantFrom(
        "",
        "00",
        `00-${TRACE}-${PARENT}`,
        `00-${TRACE}-${PARENT}-01-more`,
        `00-${TRACE}-${PARENT}-1`,
        `00-${TRACE}-${PARENT}-0g`,
        `ff-${TRACE}-${PARENT}-01`,
        `00-${"0".repeat(32)}-${PARENT}-01`,
        `00-${TRACE}-${"0".repeat(16)}-01`,
        `00-${TRACE.toUpperCase()}-${PARENT}-01`,
        `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`,
        `00_${TRACE}_${PARENT}_01`,
      ),
      fc.string({ unit: "binary", maxLength: 100 }),
    );
    fc.assert(
      fc.property(malformed, (traceparent) => {
        const span = begin({ traceparent, tracestate: "a=1" });
        assert.notEqual(span.traceId, TRACE);
        const { headers } = client(span);
        assert.equal(FORM.exec(headers.traceparent ?? "")?.[1], span.traceId);
        assert.equal(headers.tracestate, undefined);
      }),
      { seed, numRuns: 200 },
    );
  });

  it("fields of the trace take the place of those that came in", () => {
    const span = client(begin({}));
    assert.deepEqual(
      carrying({ TraceParent: "x", tracestate: "a=1", accept: "*/*", via: ["a", "b"] }, span),
      { accept: "*/*", via: ["a", "b"], traceparent: span.headers.traceparent },
    );
  });

  it("all, none or a share of new traces are recorded", () => {
    assert.equal(sent(begin({}, { samplePercent: 100 })).flags, "01");
    assert.equal(sent(begin({}, { samplePercent: 0 })).flags, "00");
    assert.equal(sent(begin({})).flags, "01", "all by default");
    assert.equal(sent(begin({}, { env: { OTEL_TRACES_SAMPLER_ARG: "0" } })).flags, "00");
    const both = { samplePercent: 100, env: { OTEL_TRACES_SAMPLER_ARG: "0" } };
    assert.equal(sent(begin({}, both)).flags, "01", "the program knows best");

    const tracing = traced(undefined, { samplePercent: 30 });
    const request = { method: "GET", path: "/", headers: {} };
    const flags = Array.from({ length: 2000 }, () => sent(tracing.server(request)).flags);
    assertShare(flags.filter((flag) => flag === "01").length, 2000, 0.3, "recorded");
  });

  it("who began a trace has decided whether it is recorded", () => {
    const parent = (flags: string) => ({ traceparent: `00-${TRACE}-${PARENT}-${flags}` });
    assert.equal(sent(begin(parent("01"), { samplePercent: 0 })).flags, "01");
    assert.equal(sent(begin(parent("00"), { samplePercent: 100 })).flags, "00");
    const unrecorded = begin(parent("00"));
    assert.equal(unrecorded.traceId, TRACE, "it has an id all the same");
    assert.notEqual(sent(unrecorded).parent, PARENT);
  });
});

describe("tracing: its variables", () => {
  const at = (env: NodeJS.ProcessEnv) => tracingVariables(env).url;

  it("say where spans go", () => {
    assert.equal(at({}), undefined);
    assert.equal(at({ OTEL_EXPORTER_OTLP_ENDPOINT: "" }), undefined);
    const base = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://traces:4318" };
    assert.equal(at(base), "http://traces:4318/v1/traces");
    assert.equal(at({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://x/otlp/" }), "http://x/otlp/v1/traces");
    const own = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://y/z" };
    assert.equal(at({ ...base, ...own }), "http://y/z");
  });

  const share = "it must be a share from 0 to 1, such as 0.1";
  const wrong: [NodeJS.ProcessEnv, string][] = [
    [{ OTEL_TRACES_SAMPLER_ARG: "x" }, `OTEL_TRACES_SAMPLER_ARG is "x"; ${share}`],
    [{ OTEL_TRACES_SAMPLER_ARG: "1.1" }, `OTEL_TRACES_SAMPLER_ARG is "1.1"; ${share}`],
    [{ OTEL_TRACES_SAMPLER_ARG: "-1" }, `OTEL_TRACES_SAMPLER_ARG is "-1"; ${share}`],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: "traces:4318" },
      'OTEL_EXPORTER_OTLP_ENDPOINT is "traces:4318"; it must be a URL, such as http://traces:4318',
    ],
  ];
  for (const [env, message] of wrong) {
    it(`are refused in one line: ${JSON.stringify(env)}`, () => {
      const open = () => openTracing({ service: "a", version: "v1", replica: "a-0", env });
      assert.throws(open, new EnvironmentError(message));
    });
  }

  it("take every way to write a share", () => {
    for (const text of ["0", "1", "0.25", ".5", "1.0", "0.0"]) {
      assert.equal(tracingVariables({ OTEL_TRACES_SAMPLER_ARG: text }).share, Number(text));
    }
  });
});
