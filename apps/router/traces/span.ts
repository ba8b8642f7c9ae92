/** A span as it's kept: what is looked at, cut to size. */
export interface KeptSpan {
  traceId: string;
  id: string;
  parent: string | undefined;
  service: string;
  replica: string | undefined;
  name: string;
  kind: Kind;
  /** Nanoseconds since 1970. */
  start: bigint;
  /** Not before `start`. */
  end: bigint;
  status: Status;
  /** What is said of the status. */
  message: string | undefined;
  attributes: Record<string, AttributeValue>;
}

export type AttributeValue = string | number | boolean;

/** In the order of OTLP's numbers: https://github.com/open-telemetry/opentelemetry-proto */
export const KINDS = [
  "unspecified",
  "internal",
  "server",
  "client",
  "producer",
  "consumer",
] as const;
export type Kind = (typeof KINDS)[number];

/** In the order of OTLP's numbers. */
export const STATUSES = ["unset", "ok", "error"] as const;
export type Status = (typeof STATUSES)[number];

const NS_PER_MS = 1e6;

/** Milliseconds, to the microsecond. */
export function milliseconds(ns: bigint): number {
  return Math.round(Number(ns) / (NS_PER_MS / 1000)) / 1000;
}
