import { inRange } from "../check.ts";
import { type Balancer, type Candidate, candidates, type Endpoint } from "./balancer.ts";
import { SmoothSchedule } from "./smooth-schedule.ts";

export interface LeastRequestOptions {
  /** How much active requests lower a weight, where weights differ; at least 0, default 1. */
  activeRequestBias?: number;
  /**
   * The two that are drawn may be the same one, as with Envoy's own code: of n endpoints the busiest then
   * still gets a share of 1/n². Default false.
   */
  sameTwice?: boolean;
  random?: () => number;
}

/**
 * Who has the fewest active requests, as Envoy's LEAST_REQUEST does
 * (https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/load_balancers#weighted-least-request):
 * - equal weights: the less busy one of two drawn at random, the "power of two choices". Unless
 *   `sameTwice`, the two are different ones, so the one that is busiest gets nothing.
 * - different weights: weighted round robin, with the weights
 *   `weight / (active requests + 1) ^ activeRequestBias` of the moment.
 *
 * @param active how many requests an endpoint is busy with now, by its id
 */
export function leastRequest(
  active: (id: string) => number,
  options: LeastRequestOptions = {},
): Balancer {
  const { random = Math.random, sameTwice = false } = options;
  const bias = inRange("activeRequestBias", options.activeRequestBias ?? 1, 0);
  const schedule = new SmoothSchedule();
  return {
    pick(endpoints, avoid) {
      const among = candidates(endpoints, avoid);
      if (among.every(({ weight }) => weight === among[0]?.weight)) {
        return lessBusyOfTwo(among, active, { random, sameTwice });
      }
      const lowered = among.map(({ endpoint, weight }) => ({
        endpoint,
        weight: weight / (active(endpoint.id) + 1) ** bias,
      }));
      return schedule.pick(endpoints, lowered);
    },
  };
}

function lessBusyOfTwo<E extends Endpoint>(
  among: readonly Candidate<E>[],
  active: (id: string) => number,
  { random, sameTwice }: { random: () => number; sameTwice: boolean },
): E | undefined {
  const first = Math.floor(random() * among.length);
  const one = among[first]?.endpoint;
  if (among.length < 2) return one;
  const second = Math.floor(random() * (sameTwice ? among.length : among.length - 1));
  const other = among[sameTwice || second < first ? second : second + 1]?.endpoint;
  return one && other && active(other.id) < active(one.id) ? other : one;
}
