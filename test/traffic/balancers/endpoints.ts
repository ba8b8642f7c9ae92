import fc from "fast-check";
import type { Balancer, Endpoint } from "../../../micromesh/traffic/index.ts";

/** One to six endpoints with weights from 1 on. */
export const weighted = fc
  .array(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 1000 })), {
    minLength: 1,
    maxLength: 6,
  })
  .map((weights) => weights.map((weight, i) => ({ id: `e${i}`, weight })));

/** Endpoints as they might come and go, weights 0 included, and ids to avoid. */
export const situation = fc.record({
  endpoints: fc.uniqueArray(
    fc.record({
      id: fc.constantFrom(..."abcdefg"),
      weight: fc.constantFrom(0, 0, 1, 1, 2, 0.5, 7),
    }),
    { selector: ({ id }) => id, maxLength: 6 },
  ),
  avoid: fc.uniqueArray(fc.constantFrom(..."abcdefg"), { maxLength: 4 }),
});

/** Picks `times` times. */
export function picks(balancer: Balancer, endpoints: readonly Endpoint[], times: number): string[] {
  return Array.from({ length: times }, () => balancer.pick(endpoints)?.id ?? "nobody");
}
