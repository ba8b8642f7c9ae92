/** A route as it's served: its callers, one for each service it leads to, and its faults. */
import {
  type Caller,
  createCaller,
  exponentialBackoff,
  type FaultInjector,
  faultInjector,
  type Outcome,
  type RetryPolicy,
  retryBudget,
  weightedSplit,
} from "../../../micromesh/traffic/index.ts";
import type { UpstreamAnswer } from "../../runtime/http/send.ts";
import type { RouteConfig, RouteFaults } from "./config.ts";
import type { ServiceEndpoint } from "./endpoints.ts";
import type { Service } from "./services.ts";

export interface CallEvents {
  /** A try is over; undefined: it was ended by the client, or with the whole call. */
  tried(service: string, outcome: Outcome<UpstreamAnswer> | undefined): void;
  /** A request is about to be sent again, because of that outcome. */
  retried(route: string, service: string, outcome: Outcome<UpstreamAnswer>): void;
  /** The budget has refused to have a request sent again. */
  retryRefused(route: string, service: string): void;
}

/** A service that a route leads to. */
export interface Target {
  name: string;
  /** The share of requests, relative to the others'. */
  weight: number;
  service: Service;
  caller: Caller<ServiceEndpoint, UpstreamAnswer>;
  /** Two targets with the same one do the same. */
  made: readonly unknown[];
}

export class ServedRoute {
  readonly config: RouteConfig;
  readonly targets: readonly Target[];
  #faults: RouteFaults;
  #injector: FaultInjector;

  constructor(config: RouteConfig, targets: readonly Target[]) {
    this.config = config;
    this.targets = targets;
    this.#faults = config.faults;
    this.#injector = injectorOf(config.faults);
  }

  get path(): string {
    return this.config.path;
  }
  get rewrite(): string {
    return this.config.rewrite;
  }

  /** What it does wrong on purpose now. */
  get faults(): RouteFaults {
    return this.#faults;
  }
  set faults(faults: RouteFaults) {
    this.#faults = faults;
    this.#injector = injectorOf(faults);
  }
  get injector(): FaultInjector {
    return this.#injector;
  }

  /** Chooses a service. @param key requests with the same one go the same way */
  choose(key: string | undefined): Target {
    const [first] = this.targets;
    const chosen = this.targets.length === 1 ? first : weightedSplit(this.targets, { key });
    if (!chosen) throw new Error(`route ${this.config.name} leads nowhere`);
    return chosen;
  }
}

/** Frees the connection of an answer that nobody wants. */
export function discard({ body }: UpstreamAnswer): void {
  void body.dump().catch(() => {});
}

/** The services that a route leads to, with the share of each. */
export function shares({ to, shares = {} }: RouteConfig): [service: string, share: number][] {
  return to === undefined ? Object.entries(shares) : [[to, 1]];
}

/**
 * Makes the callers of a route.
 *
 * @param before the route's targets until now: those that wouldn't change keep their retry budget
 */
export function targetsOf(
  route: RouteConfig,
  services: ReadonlyMap<string, Service>,
  events: CallEvents,
  before: readonly Target[] = [],
): Target[] {
  return shares(route).flatMap(([name, weight]) => {
    const service = services.get(name);
    if (!service) return [];
    const made = [
      service,
      service.breaker,
      service.outliers,
      service.balancer,
      JSON.stringify([route.name, route.timeout, route.retries]),
    ];
    const same = before.find((target) => target.made.every((part, i) => part === made[i]));
    const caller = same?.caller ?? callerOf(route, service, events);
    return [{ name, weight, service, caller, made }];
  });
}

function callerOf(
  route: RouteConfig,
  service: Service,
  events: CallEvents,
): Caller<ServiceEndpoint, UpstreamAnswer> {
  const { per_try_seconds, overall_seconds } = route.timeout;
  return createCaller<ServiceEndpoint, UpstreamAnswer>({
    endpoints: () => service.endpoints(),
    balancer: service.balancer,
    breaker: service.breaker,
    outliers: service.outliers,
    retry: retryPolicy(route.retries),
    timeout: {
      perTryMs: per_try_seconds === undefined ? undefined : per_try_seconds * 1000,
      overallMs: overall_seconds * 1000,
    },
    discard,
    onAttempt: ({ outcome }) => events.tried(service.name, outcome),
    onRetry: ({ outcome }) => events.retried(route.name, service.name, outcome),
    onRetryRefused: () => events.retryRefused(route.name, service.name),
  });
}

function retryPolicy(retries: RouteConfig["retries"]): RetryPolicy {
  const { attempts, on, status_codes: statusCodes, jitter, budget } = retries;
  return {
    attempts,
    retryOn: {
      conditions: statusCodes.length > 0 ? [...on, "retriable-status-codes"] : on,
      statusCodes,
    },
    backoff: exponentialBackoff({
      baseMs: retries.backoff_seconds * 1000,
      maxMs: retries.max_backoff_seconds * 1000,
      jitter,
    }),
    budget: retryBudget({ budgetPercent: budget.percent, minRetryConcurrency: budget.min }),
  };
}

function injectorOf({ delay, abort }: RouteFaults): FaultInjector {
  return faultInjector({
    delay: delay && { percent: delay.percent, ms: delay.seconds * 1000 },
    abort,
  });
}
