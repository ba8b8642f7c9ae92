import { type Balancer, candidates } from "./balancer.ts";
import { draw } from "./draw.ts";

/** Any endpoint, with a chance in proportion to its weight. It remembers nothing. */
export function randomBalancer(random: () => number = Math.random): Balancer {
  return {
    pick: (endpoints, avoid) => draw(candidates(endpoints, avoid), random())?.endpoint,
  };
}
