import { duration, inRange } from "../check.ts";

/** @param retry 1 for the first retry; @returns milliseconds to wait before it */
export type Backoff = (retry: number) => number;

export interface BackoffOptions {
  /** The first wait, in milliseconds. */
  baseMs: number;
  /** By what each wait is longer than the one before; at least 1, default 2. */
  factor?: number;
  /** No wait is longer; default 10 × `baseMs`, as in Envoy. */
  maxMs?: number;
  /** Default none. */
  jitter?: "none" | "full";
  random?: () => number;
}

/**
 * Waits that grow:
 * - without jitter `baseMs × factor ^ (retry − 1)`: 1, 2, 4 s for a base of 1 s;
 * - fully jittered, anything from 0 up to the sum of the waits so far, which for factor 2 is Envoy's
 *   `[0, (2 ^ retry − 1) × baseMs)`: with its base of 25 ms up to 25, 75, 175, 250, 250 ms
 *   (https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-max-retries).
 */
export function exponentialBackoff(options: BackoffOptions): Backoff {
  const { jitter = "none", random = Math.random } = options;
  const baseMs = duration("baseMs", options.baseMs);
  const factor = inRange("factor", options.factor ?? 2, 1);
  const maxMs = duration("maxMs", options.maxMs ?? 10 * baseMs);
  const wait = (retry: number) => baseMs * factor ** (retry - 1);
  const sumOfWaits = (retry: number) =>
    factor === 1 ? baseMs * retry : (baseMs * (factor ** retry - 1)) / (factor - 1);
  return jitter === "full"
    ? (retry) => random() * Math.min(sumOfWaits(retry), maxMs)
    : (retry) => Math.min(wait(retry), maxMs);
}
