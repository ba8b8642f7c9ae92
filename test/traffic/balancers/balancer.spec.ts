import assert from "node:assert/strict";
import fc from "fast-check";
import { leastRequest, randomBalancer, roundRobin } from "../../../micromesh/traffic/index.ts";
import { seed, seededRandom } from "../chance.ts";
import { picks, situation } from "./endpoints.ts";

const random = seededRandom();
const balancers = {
  roundRobin: () => roundRobin(),
  random: () => randomBalancer(random),
  leastRequest: () => leastRequest((id) => id.charCodeAt(0) % 3, { random }),
};

for (const [name, create] of Object.entries(balancers)) {
  describe(`balancer ${name} (MICROMESH_SEED=${seed})`, () => {
    it("picks a member, nobody of weight 0, nobody to avoid, unless there is nobody else", () => {
      fc.assert(
        fc.property(fc.array(situation, { maxLength: 30 }), (situations) => {
          const balancer = create();
          for (const { endpoints, avoid } of situations) {
            const picked = balancer.pick(endpoints, new Set(avoid));
            if (endpoints.length === 0) {
              assert.equal(picked, undefined);
              continue;
            }
            assert.ok(picked && endpoints.includes(picked));
            const inService = endpoints.filter(({ weight }) => weight > 0);
            if (inService.length > 0) assert.ok(inService.includes(picked));
            const choice = inService.length > 0 ? inService : endpoints;
            if (choice.some(({ id }) => !avoid.includes(id))) {
              assert.ok(!avoid.includes(picked.id));
            }
          }
        }),
        { numRuns: 300, seed },
      );
    });

    it("uses all alike if all weights are 0", () => {
      const endpoints = [..."abc"].map((id) => ({ id, weight: 0 }));
      assert.equal(new Set(picks(create(), endpoints, 200)).size, name === "leastRequest" ? 2 : 3);
    });

    it("takes 1 for a weight that isn't given", () => {
      const seen = new Set(picks(create(), [{ id: "a" }, { id: "d", weight: 1 }], 200));
      assert.deepEqual([...seen].sort(), ["a", "d"]);
    });

    for (const weight of [-1, Number.NaN, Infinity]) {
      it(`refuses weight ${weight} and says whose it is`, () => {
        assert.throws(() => create().pick([{ id: "a" }, { id: "b", weight }]), {
          name: "RangeError",
          message: `weight of endpoint b: give a number of at least 0 instead of ${weight}`,
        });
      });
    }
  });
}
