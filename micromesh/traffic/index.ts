/**
 * What a service mesh does with requests, without the network: who gets a request, when it's sent
 * again, when it's refused, and which faults befall it. Apps and sidecars bring the sending.
 *
 * {@link createCaller} puts all of it together. The parts work by themselves too:
 * - balancers: {@link roundRobin}, {@link randomBalancer}, {@link leastRequest}, {@link weightedSplit};
 * - retries: {@link mayRetry}, {@link exponentialBackoff}, {@link retryBudget};
 * - {@link circuitBreaker} for a service, {@link outlierDetection} for its endpoints;
 * - {@link within} for timeouts, {@link faultInjector} for faults.
 *
 * Time comes from the global timers and `Date.now`, chance from an argument: tests can set both.
 */
export type { Balancer, Endpoint } from "./balancers/balancer.ts";
export { type LeastRequestOptions, leastRequest } from "./balancers/least-request.ts";
export { randomBalancer } from "./balancers/random.ts";
export { roundRobin } from "./balancers/round-robin.ts";
export { type SplitOptions, type Subset, weightedSplit } from "./balancers/weighted-split.ts";
export { createCaller } from "./call.ts";
export type {
  Attempt,
  Caller,
  CallerOptions,
  CallRequest,
  CallTimeouts,
  RetryEvent,
  RetryPolicy,
  TryEvent,
} from "./caller.ts";
export {
  type CircuitBreaker,
  type CircuitBreakerOptions,
  type CircuitChange,
  CircuitOpen,
  type CircuitState,
  type CircuitStatus,
  circuitBreaker,
  type Settled,
  type Verdict,
} from "./circuit-breaker.ts";
export { type Fault, type FaultInjector, type FaultSpec, faultInjector } from "./faults.ts";
export {
  type Answer,
  type Failure,
  failureOf,
  NoEndpoint,
  type Outcome,
  UpstreamFailure,
} from "./outcome.ts";
export {
  type Ejection,
  type OutlierDetection,
  type OutlierDetectionOptions,
  outlierDetection,
} from "./outlier-detection.ts";
export { type Backoff, type BackoffOptions, exponentialBackoff } from "./retries/backoff.ts";
export {
  type Release,
  type RetryBudget,
  type RetryBudgetOptions,
  retryBudget,
} from "./retries/budget.ts";
export {
  isIdempotent,
  mayRetry,
  RETRY_CONDITIONS,
  type Retriable,
  type RetryCondition,
  type RetryOn,
} from "./retries/conditions.ts";
export { sleep } from "./sleep.ts";
export { type Limit, TimeoutExceeded, type TimeoutScope, within } from "./timeouts.ts";
