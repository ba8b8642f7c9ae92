import { type Balancer, candidates } from "./balancer.ts";
import { SmoothSchedule } from "./smooth-schedule.ts";

/**
 * One after the other, in proportion to their weights and without bursts: weights 5, 1, 1 give
 * a a b a c a a. What the order promises: {@link SmoothSchedule}. It remembers where it was by id, so
 * endpoints may come and go between picks.
 */
export function roundRobin(): Balancer {
  const schedule = new SmoothSchedule();
  return {
    pick: (endpoints, avoid) => schedule.pick(endpoints, candidates(endpoints, avoid)),
  };
}
