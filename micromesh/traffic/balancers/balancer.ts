import { inRange } from "../check.ts";

/** One of several that a request can go to: a replica. */
export interface Endpoint {
  /** Unique among the endpoints; a balancer remembers by it. */
  id: string;
  /** The share of requests, relative to the others'; at least 0, default 1. */
  weight?: number;
}

/** Chooses endpoints, one request after the other. */
export interface Balancer {
  /**
   * @param endpoints those there are now; they may differ at each call
   * @param avoid ids that this request has been sent to already: passed over unless nobody else is
   *   left, as Envoy's "previous hosts" retry predicate does
   *   (https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/http/http_connection_management#retry-plugin-configuration)
   * @returns a member of `endpoints`; undefined if there is none
   * @throws RangeError if a weight is negative or not a number
   */
  pick<E extends Endpoint>(endpoints: readonly E[], avoid?: ReadonlySet<string>): E | undefined;
}

/** Somebody who can be chosen, with the weight that counts. */
export interface Candidate<E> {
  endpoint: E;
  /** Above 0. */
  weight: number;
}

/**
 * Who can be chosen. Weight 0 takes an endpoint out of service, so that it isn't chosen even if all
 * others are to be avoided; if all weights are 0, all count the same.
 */
export function candidates<E extends Endpoint>(
  endpoints: readonly E[],
  avoid?: ReadonlySet<string>,
): Candidate<E>[] {
  const all = endpoints.map((endpoint) => ({
    endpoint,
    weight: inRange(`weight of endpoint ${endpoint.id}`, endpoint.weight ?? 1, 0),
  }));
  const weighted = all.filter(({ weight }) => weight > 0);
  const inService = weighted.length > 0 ? weighted : all.map((one) => ({ ...one, weight: 1 }));
  if (!avoid?.size) return inService;
  const fresh = inService.filter(({ endpoint }) => !avoid.has(endpoint.id));
  return fresh.length > 0 ? fresh : inService;
}
