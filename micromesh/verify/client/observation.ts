/** What the client of the probes saw: data that survives JSON, the same from a simulator and a pod. */
import type { Failure } from "../../../stacks/outputs.ts";

export interface Observation {
  /** HTTP only. */
  status?: number;
  /** HTTP only; names in lower case, repeated headers joined by `, `. */
  headers?: Record<string, string>;
  /** HTTP body or TCP answer as UTF-8 text, at most `bodyLimit` bytes; absent if nothing was answered. */
  body?: string;
  /** The body was longer than `bodyLimit` and is cut. */
  truncated?: boolean;
  /** DNS, A records only: IPv4 addresses, in the order of the answer. */
  addresses?: string[];
  /** DNS, SRV records only: `PRIORITY WEIGHT PORT TARGET`, sorted. */
  services?: string[];
  /** How often each value came, of a request with a tally. */
  tally?: Record<string, number>;
  /** How it failed. Beside a status or a body: the answer began, and broke off in this way. */
  failure?: Failure;
  /** Milliseconds from the start of the request, name look-up included. */
  ms: number;
}

/** Bytes of a body that are read; what's beyond them is left. */
export const bodyLimit = 64 * 1024;

/** An address to connect to in place of the one that the request names. */
export interface Via {
  host: string;
  port: number;
}
