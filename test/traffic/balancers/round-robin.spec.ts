import assert from "node:assert/strict";
import fc from "fast-check";
import { roundRobin } from "../../../micromesh/traffic/index.ts";
import { countBy, seed } from "../chance.ts";
import { picks, weighted } from "./endpoints.ts";

const endpoints = (...ids: string[]) => ids.map((id) => ({ id }));

describe(`round robin (MICROMESH_SEED=${seed})`, () => {
  it("goes round", () => {
    assert.equal(picks(roundRobin(), endpoints("a", "b", "c"), 7).join(""), "abcabca");
  });

  it("makes no bursts: weights 5, 1, 1", () => {
    const three = [{ id: "a", weight: 5 }, ...endpoints("b", "c")];
    assert.equal(picks(roundRobin(), three, 14).join(""), "aabacaaaabacaa");
  });

  it("keeps its order for ever", () => {
    const order = picks(roundRobin(), endpoints(..."abcdefg"), 70_000).join("");
    assert.equal(order, "abcdefg".repeat(10_000));
  });

  it("gives each of n equals exactly k of n × k picks, wherever one begins to count", () => {
    const some = fc.record({
      n: fc.integer({ min: 1, max: 8 }),
      k: fc.integer({ min: 1, max: 8 }),
      before: fc.nat(20),
      weight: fc.constantFrom(1, 3, 0.1, 1e6),
    });
    fc.assert(
      fc.property(some, ({ n, k, before, weight }) => {
        const all = Array.from({ length: n }, (_, i) => ({ id: `e${i}`, weight }));
        const counted = picks(roundRobin(), all, before + n * k).slice(before);
        for (const { id } of all) assert.equal(countBy(counted).get(id), k);
      }),
      { seed },
    );
  });

  it("is never more than 1 − 1/n ahead of a share, nor 1/2 + … + 1/n behind", () => {
    fc.assert(
      fc.property(weighted, fc.integer({ min: 1, max: 400 }), (all, length) => {
        const total = all.reduce((sum, { weight }) => sum + weight, 0);
        const ahead = 1 - 1 / all.length;
        const behind = all.reduce((sum, _, i) => (i > 0 ? sum + 1 / (i + 1) : 0), 0);
        const counts = new Map<string, number>();
        picks(roundRobin(), all, length).forEach((id, i) => {
          counts.set(id, (counts.get(id) ?? 0) + 1);
          for (const { id, weight } of all) {
            const off = (counts.get(id) ?? 0) - ((i + 1) * weight) / total;
            assert.ok(off <= ahead + 1e-6 && off >= -behind - 1e-6, `${id} after ${i + 1}: ${off}`);
          }
        });
      }),
      { numRuns: 300, seed },
    );
  });

  it("gives each exactly its weight over as many picks as the weights sum up to", () => {
    fc.assert(
      fc.property(weighted, (all) => {
        const total = all.reduce((sum, { weight }) => sum + weight, 0);
        const counts = countBy(picks(roundRobin(), all, total));
        for (const { id, weight } of all) assert.equal(counts.get(id), weight);
      }),
      { numRuns: 50, seed },
    );
  });

  it("goes on where it was when others come and go", () => {
    const balancer = roundRobin();
    assert.equal(picks(balancer, endpoints("a", "b", "c", "d"), 2).join(""), "ab");
    const withE = endpoints("a", "b", "c", "d", "e");
    assert.equal(picks(balancer, withE, 4).join(""), "cdea", "e came");
    assert.equal(picks(balancer, endpoints("b", "d", "e"), 3).join(""), "bde", "a and c left");
  });

  it("is fair to those who stay, however the others change", () => {
    const change = fc.subarray(["c", "d", "e", "f"]);
    fc.assert(
      fc.property(fc.array(change, { minLength: 30, maxLength: 60 }), (changes) => {
        const balancer = roundRobin();
        const counts = countBy(
          changes.map((some) => balancer.pick(endpoints("a", "b", ...some))?.id),
        );
        // Of two that are credited the same, the one that was picked more often isn't picked next.
        assert.ok(Math.abs((counts.get("a") ?? 0) - (counts.get("b") ?? 0)) <= 1);
      }),
      { seed },
    );
  });

  it("doesn't make those who are new catch up on what was before them", () => {
    const balancer = roundRobin();
    picks(balancer, endpoints("a", "b"), 1001);
    const counts = countBy(picks(balancer, endpoints("a", "b", "c"), 30));
    assert.deepEqual([...counts.values()].sort(), [10, 10, 10]);
  });

  it("gives those who are new their turn, however many came, were picked and left before", () => {
    const balancer = roundRobin();
    for (let i = 0; i < 100; i++) {
      // Each leaves in debt, ahead of the two who stay.
      const [visitor] = endpoints(`v${i}`);
      assert.ok(visitor);
      for (let left = 3; left > 0 && balancer.pick([visitor, ...endpoints("a", "b")]) !== visitor; )
        left--;
    }
    const counts = countBy(picks(balancer, endpoints("a", "b", "c"), 30));
    assert.ok(
      [...counts.values()].every((count) => count >= 9 && count <= 11),
      String([...counts]),
    );
  });

  it("forgets who left", () => {
    const balancer = roundRobin();
    picks(balancer, endpoints("a", "b", "c"), 2);
    picks(balancer, endpoints("a"), 1);
    // Had it remembered, b would be ahead of c.
    assert.equal(picks(balancer, endpoints("b", "c"), 2).join(""), "bc");
  });
});
