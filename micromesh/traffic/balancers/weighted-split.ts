import { createHash } from "node:crypto";
import { inRange } from "../check.ts";
import { draw } from "./draw.ts";

/** A part of the endpoints, like those of one version. */
export interface Subset {
  name: string;
  /** The share of requests, relative to the others'; at least 0. */
  weight: number;
}

export interface SplitOptions {
  /** Requests with the same key, like a user's, go the same way. Without one, chance decides. */
  key?: string;
  random?: () => number;
}

/**
 * Chooses a subset by weight: a canary with `[{ name: "v1", weight: 90 }, { name: "v2", weight: 10 }]`.
 * Give each subset a caller of its own, with its own balancer and outlier detection, as Envoy gives
 * each a cluster of its own; breaker and retry budget may be common.
 *
 * With a key the choice is weighted rendezvous hashing: each subset draws a number by the key, and the
 * largest `number ^ (1 / weight)` wins. A key changes sides only towards a subset whose weight grew in
 * relation to that of the one it leaves: from 90:10 to 80:20 a tenth of all keys move, all to the second.
 *
 * @returns undefined if no weight is above 0
 * @throws RangeError if a weight is negative or not a number
 */
export function weightedSplit<S extends Subset>(
  subsets: readonly S[],
  { key, random = Math.random }: SplitOptions = {},
): S | undefined {
  for (const { name, weight } of subsets) inRange(`weight of subset ${name}`, weight, 0);
  if (key === undefined) return draw(subsets, random());
  let chosen: S | undefined;
  let best = -Infinity;
  for (const subset of subsets) {
    // Weight 0 makes it −∞, which nothing is less than.
    const score = Math.log(drawnBy(key, subset.name)) / subset.weight;
    if (score > best) {
      best = score;
      chosen = subset;
    }
  }
  return chosen;
}

/** @returns a number in (0, 1), always the same for the same two texts, else as good as random */
function drawnBy(key: string, name: string): number {
  const digest = createHash("sha256")
    .update(JSON.stringify([name, key]))
    .digest();
  return (digest.readUIntBE(0, 6) + 0.5) / 2 ** 48;
}
