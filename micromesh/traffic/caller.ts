import type { Balancer, Endpoint } from "./balancers/balancer.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import type { Answer, Outcome } from "./outcome.ts";
import type { OutlierDetection } from "./outlier-detection.ts";
import type { Backoff } from "./retries/backoff.ts";
import type { RetryBudget } from "./retries/budget.ts";
import type { Retriable, RetryOn } from "./retries/conditions.ts";

export interface RetryPolicy {
  /** Retries after the first try. */
  attempts: number;
  backoff: Backoff;
  retryOn: RetryOn;
  budget?: RetryBudget;
  /**
   * After a connection failure, go to an endpoint that hasn't been tried without the wait: the wait is
   * for the service to recover, and it isn't the service that is gone but the replica. Such a try is
   * one of `attempts`, and the next wait is the first. Default true.
   */
  elsewhereAtOnce?: boolean;
}

/** Milliseconds; undefined: no limit. */
export interface CallTimeouts {
  perTryMs?: number;
  /** With all retries and their waits. */
  overallMs?: number;
}

export interface TryEvent<E extends Endpoint, A extends Answer> {
  endpoint: E;
  /** 1 for the first try. */
  attempt: number;
  /** undefined: the try was ended from outside, by the client or the overall timeout. */
  outcome: Outcome<A> | undefined;
  durationMs: number;
}

export interface RetryEvent<A extends Answer> {
  /** The number of the try that comes next: 2 for the first retry. */
  attempt: number;
  /** What the try before came to. */
  outcome: Outcome<A>;
  delayMs: number;
}

export interface CallerOptions<E extends Endpoint, A extends Answer> {
  /** Those there are now. */
  endpoints: () => readonly E[];
  /** A balancer, or how to make one that asks for active requests. */
  balancer: Balancer | ((active: (id: string) => number) => Balancer);
  breaker?: CircuitBreaker;
  outliers?: OutlierDetection;
  /** Default: no retries. */
  retry?: RetryPolicy;
  timeout?: CallTimeouts;
  /** The answers that speak against the service; default 5xx. */
  isFailure?: (answer: A) => boolean;
  /** What an error of a try means; undefined: it's thrown on, and counts for nothing. */
  failureOf?: (error: unknown) => "connect-failure" | "reset" | undefined;
  /** Gets each answer that the call doesn't return, to free what it holds, like its connection. */
  discard?: (answer: A) => void;
  /** Told when a try is over. */
  onAttempt?: (event: TryEvent<E, A>) => void;
  /** Told before the wait for a retry. */
  onRetry?: (event: RetryEvent<A>) => void;
  /** Told when the budget refuses a retry. */
  onRetryRefused?: (outcome: Outcome<A>) => void;
}

export interface CallRequest extends Retriable {
  /** Ends the call, like the client's leaving. */
  signal?: AbortSignal;
}

/** Sends the request once; it's called again for each retry, and must be able to send it anew. */
export type Attempt<E extends Endpoint, A extends Answer> = (
  endpoint: E,
  context: { signal: AbortSignal; attempt: number },
) => Promise<A>;

export interface Caller<E extends Endpoint, A extends Answer> {
  /**
   * @returns the answer of the last try, whatever its status
   * @throws CircuitOpen, NoEndpoint, TimeoutExceeded (the call's, or the last try's), UpstreamFailure
   *   (the last try had no answer), the reason of `request.signal`, or an error of `attempt` that says
   *   nothing of the connection
   */
  call(request: CallRequest, attempt: Attempt<E, A>): Promise<A>;
  /** How many tries an endpoint is busy with; a try is over when its promise is. */
  active(id: string): number;
}
