import assert from "node:assert/strict";
import fc from "fast-check";
import { networksOf } from "../../stacks/networks.ts";

describe("networks that follow from a stack's name", () => {
  it("are the same for the same stack, and differ for the stacks of this repository", () => {
    const all = ["dev", "staging", "prod"].flatMap((stack) =>
      Object.values(networksOf("micromesh", stack)),
    );
    assert.equal(new Set(all).size, 6);
    assert.deepEqual(networksOf("micromesh", "prod"), networksOf("micromesh", "prod"));
  });

  it("are two neighbours among 10.128.0.0 to 10.223.0.0, whatever the name", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.string(), fc.string(), (project, stack) => {
        const { podCidr, serviceCidr } = networksOf(project, stack);
        const [pods = 0, services = 0] = [podCidr, serviceCidr].map((cidr) => {
          const [, second] = /^10\.(\d+)\.0\.0\/16$/.exec(cidr) ?? [];
          return Number(second);
        });
        assert.ok(pods >= 128 && services <= 223 && pods % 2 === 0 && services === pods + 1);
        seen.add(podCidr);
      }),
      { numRuns: 2000, seed: 7 },
    );
    assert.equal(seen.size, 48);
  });
});
