/** Spans for tests, as they are kept and as they are sent. */
import type { KeptSpan } from "../../../../apps/router/traces/span.ts";

export const hex = (n: number, digits: number) => n.toString(16).padStart(digits, "0");
export const traceId = (n: number) => hex(n, 32);
export const spanId = (n: number) => hex(n, 16);
/** A moment of 2026. */
export const BEGIN = 1_795_000_000_000_000_000n;
export const at = (ms: number) => BEGIN + BigInt(Math.round(ms * 1e6));

/** A span of trace 1, with an id of its number. */
export function span(n: number, is: Partial<KeptSpan> = {}): KeptSpan {
  return {
    traceId: traceId(1),
    id: spanId(n),
    parent: undefined,
    service: "router",
    replica: undefined,
    name: "GET /nginx",
    kind: "server",
    start: at(0),
    end: at(1),
    status: "unset",
    message: undefined,
    attributes: {},
    ...is,
  };
}

/** As it's sent by OTLP. */
export function sent(n: number, is: Record<string, unknown> = {}) {
  return {
    traceId: traceId(1),
    spanId: spanId(n),
    name: "GET /nginx",
    kind: 2,
    startTimeUnixNano: String(at(0)),
    endTimeUnixNano: String(at(1)),
    ...is,
  };
}

/** A whole request's body. */
export function batch(spans: unknown[], service = "router") {
  const attributes = [{ key: "service.name", value: { stringValue: service } }];
  return { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans }] }] };
}
