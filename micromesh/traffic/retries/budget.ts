import { inRange, wholeNumber } from "../check.ts";

export interface RetryBudgetOptions {
  /** Retries at a time, in percent of the requests at that time; default 20. */
  budgetPercent?: number;
  /** So many retries at a time are always granted; default 3. */
  minRetryConcurrency?: number;
}

/** Gives back what was granted; further calls do nothing. */
export type Release = () => void;

/** Keeps retries from multiplying the load of a service that is failing under it. */
export interface RetryBudget {
  /** Counts a request, from its start until it's done with all its retries and their waits. */
  request(): Release;
  /** Asks for a retry, from the start of its wait until it's done; undefined: not now. */
  retry(): Release | undefined;
  readonly activeRequests: number;
  readonly activeRetries: number;
}

/**
 * Envoy's retry budget: at most `max(minRetryConcurrency, budgetPercent % of the requests)` retries at
 * a time, where requests are the active and the pending ones, and a retry that waits counts
 * (https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/circuit_breaker.proto#config-cluster-v3-circuitbreakers-thresholds-retrybudget).
 */
export function retryBudget(options: RetryBudgetOptions = {}): RetryBudget {
  const percent = inRange("budgetPercent", options.budgetPercent ?? 20, 0, 100);
  const least = wholeNumber("minRetryConcurrency", options.minRetryConcurrency ?? 3, 0);
  const requests = counter();
  const retries = counter();
  return {
    request: requests.take,
    retry() {
      const most = Math.max(least, Math.floor((percent * requests.count()) / 100));
      return retries.count() < most ? retries.take() : undefined;
    },
    get activeRequests() {
      return requests.count();
    },
    get activeRetries() {
      return retries.count();
    },
  };
}

function counter(): { count(): number; take(): Release } {
  let taken = 0;
  return {
    count: () => taken,
    take() {
      taken++;
      let held = true;
      return () => {
        if (held) taken--;
        held = false;
      };
    },
  };
}
