/** A service behind the gateway: its circuit, and how it's called. */
import {
  type Answer,
  type Caller,
  type CircuitBreaker,
  circuitBreaker,
  createCaller,
  type Endpoint,
  exponentialBackoff,
  outlierDetection,
  roundRobin,
} from "../../../micromesh/traffic/index.ts";
import type { UpstreamAnswer } from "../../runtime/http/send.ts";
import { FAILED_DEPENDENCY } from "../runtime/mesh-client.ts";
import type { ServiceName, ServiceSettings, ShopSettings } from "../settings.ts";
import type { Directory, Replica } from "./directory.ts";

/**
 * A replica that doesn't begin to answer within this time is given up. Cart and order ask others through the mesh,
 * and must be able to wait for their retries: else a service that fails would make those time out that are well.
 */
const PER_TRY_MS: Record<ServiceName, number> = {
  catalog: 2000,
  cart: 10_000,
  order: 10_000,
  auth: 2000,
};
/** With all retries and the waits between them. */
const OVERALL_MS = 20_000;
/** A replica that fails so often in a row is left out for a while. */
const CONSECUTIVE_ERRORS = 3;
const EJECTION_MS = 10_000;
/** Half of them may be left out at a time. */
const MAX_EJECTION_PERCENT = 50;

export type ReplicaEndpoint = Replica & Endpoint;

/** An answer, and the status that the mesh judges it by. */
export interface Judged extends Answer {
  answer: UpstreamAnswer;
}

/**
 * A service that couldn't answer because it couldn't ask another one is itself well, and has asked that one as often
 * as it was worth: to the mesh, that's a 424 (Failed Dependency, RFC 4918), which neither counts nor is tried again.
 */
export function judged(answer: UpstreamAnswer): Judged {
  return { status: FAILED_DEPENDENCY in answer.headers ? 424 : answer.status, answer };
}

export interface Upstream {
  settings: ServiceSettings;
  breaker: CircuitBreaker;
  caller: Caller<ReplicaEndpoint, Judged>;
}

/** What happens to calls, for metrics and the log. */
export interface UpstreamEvents {
  retried(service: string): void;
  /** `from` and `to` are states of the circuit. */
  circuitChanged(service: string, from: string, to: string): void;
}

export function createUpstream(
  settings: ServiceSettings,
  mesh: ShopSettings["mesh"],
  directory: Directory,
  events: UpstreamEvents,
): Upstream {
  const { name } = settings;
  const breaker = circuitBreaker({
    failureThreshold: mesh.circuit_breaker.failure_threshold,
    openMs: mesh.circuit_breaker.timeout_seconds * 1000,
    onChange: ({ from, to }) => events.circuitChanged(name, from, to),
  });
  const caller = createCaller<ReplicaEndpoint, Judged>({
    endpoints: () => weighted(directory.replicas(name), settings.versions),
    balancer: roundRobin(),
    breaker,
    outliers: outlierDetection({
      consecutiveErrors: CONSECUTIVE_ERRORS,
      baseEjectionMs: EJECTION_MS,
      maxEjectionPercent: MAX_EJECTION_PERCENT,
    }),
    retry: {
      attempts: mesh.retry.max_attempts,
      backoff: exponentialBackoff({
        baseMs: mesh.retry.backoff_seconds * 1000,
        factor: 2,
        jitter: "none",
      }),
      // Never a 4xx: that is an answer, and would be the same again.
      retryOn: { conditions: ["5xx"] },
    },
    timeout: { perTryMs: PER_TRY_MS[name], overallMs: OVERALL_MS },
    discard: ({ answer: { body } }) => void body.dump().catch(() => {}),
    onRetry: () => events.retried(name),
  });
  return { settings, breaker, caller };
}

/** Each version's share, spread over its replicas; a version without a share gets nothing. */
export function weighted(
  replicas: readonly Replica[],
  shares: Record<string, number>,
): ReplicaEndpoint[] {
  const counts = new Map<string, number>();
  for (const { version } of replicas) counts.set(version, (counts.get(version) ?? 0) + 1);
  return replicas.flatMap((replica) => {
    const share = Object.hasOwn(shares, replica.version) ? (shares[replica.version] ?? 0) : 0;
    const weight = share / (counts.get(replica.version) ?? 1);
    return weight > 0 ? [{ ...replica, weight }] : [];
  });
}
