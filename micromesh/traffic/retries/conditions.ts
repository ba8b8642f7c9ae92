import type { Answer, Outcome } from "../outcome.ts";

/**
 * What is retried, by Envoy's names
 * (https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-retry-on):
 * - `5xx`: an answer of 500 to 599, or none at all;
 * - `gateway-error`: an answer of 502, 503 or 504, or none at all;
 * - `connect-failure`: no connection;
 * - `reset`: no answer at all: no connection, a broken one, or a try's time is up;
 * - `retriable-status-codes`: an answer with one of the codes named.
 */
export const RETRY_CONDITIONS = [
  "5xx",
  "gateway-error",
  "connect-failure",
  "reset",
  "retriable-status-codes",
] as const;

export type RetryCondition = (typeof RETRY_CONDITIONS)[number];

export interface RetryOn {
  conditions: readonly RetryCondition[];
  /** For the condition `retriable-status-codes`; the only way to have a 4xx retried, like 429. */
  statusCodes?: readonly number[];
}

/** What of a request decides whether it may be sent again. */
export interface Retriable {
  /** An HTTP method; case counts. */
  method: string;
  /**
   * That sending it twice does what sending it once does, like a POST with an idempotency key;
   * default: what the method says.
   */
  idempotent?: boolean;
}

/** RFC 9110, section 9.2.2. */
const IDEMPOTENT_METHODS = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

/** That sending the request twice does what sending it once does. */
export function isIdempotent({ method, idempotent }: Retriable): boolean {
  return idempotent ?? IDEMPOTENT_METHODS.has(method);
}

/**
 * That the request may be sent again after this outcome: some condition names the outcome, and the
 * server either can't have seen the request (no connection) or may see it twice. The second half isn't
 * Envoy's, who retries any method; RFC 9110 asks for it.
 */
export function mayRetry(outcome: Outcome<Answer>, request: Retriable, retryOn: RetryOn): boolean {
  return (
    retryOn.conditions.some((condition) => names(condition, outcome, retryOn.statusCodes ?? [])) &&
    (isUnsent(outcome) || isIdempotent(request))
  );
}

function isUnsent(outcome: Outcome<Answer>): boolean {
  return "failure" in outcome && outcome.failure === "connect-failure";
}

function names(
  condition: RetryCondition,
  outcome: Outcome<Answer>,
  statusCodes: readonly number[],
): boolean {
  if ("failure" in outcome) {
    // Envoy answers 503 or 504 for the server where there is no answer, hence the first two.
    return condition === "connect-failure"
      ? outcome.failure === "connect-failure"
      : condition !== "retriable-status-codes";
  }
  const { status } = outcome.answer;
  switch (condition) {
    case "5xx":
      return status >= 500 && status <= 599;
    case "gateway-error":
      return status >= 502 && status <= 504;
    case "retriable-status-codes":
      return statusCodes.includes(status);
    default:
      return false;
  }
}
