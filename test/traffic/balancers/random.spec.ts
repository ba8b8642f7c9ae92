import fc from "fast-check";
import { randomBalancer } from "../../../micromesh/traffic/index.ts";
import { assertShare, countBy, seed, seededRandom } from "../chance.ts";
import { picks, weighted } from "./endpoints.ts";

describe(`random balancer (MICROMESH_SEED=${seed})`, () => {
  it("gives each its share, within the binomial bound", () => {
    fc.assert(
      fc.property(weighted, fc.nat(), (all, from) => {
        const total = all.reduce((sum, { weight }) => sum + weight, 0);
        const counts = countBy(picks(randomBalancer(seededRandom(from)), all, 2000));
        for (const { id, weight } of all) {
          assertShare(counts.get(id) ?? 0, 2000, weight / total, id);
        }
      }),
      { numRuns: 30, seed },
    );
  });
});
