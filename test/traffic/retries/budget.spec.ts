import assert from "node:assert/strict";
import fc from "fast-check";
import { type Release, retryBudget } from "../../../micromesh/traffic/index.ts";
import { seed } from "../chance.ts";

const granted = (releases: (Release | undefined)[]) => releases.filter(Boolean).length;
const times = <T>(n: number, f: () => T) => Array.from({ length: n }, f);

describe(`retry budget (MICROMESH_SEED=${seed})`, () => {
  it("grants 3 retries at a time, however few requests there are", () => {
    assert.equal(granted(times(10, retryBudget().retry)), 3);
  });

  it("grants a fifth of the requests where that is more", () => {
    const budget = retryBudget();
    const requests = times(29, budget.request);
    const retries = times(10, budget.retry);
    assert.equal(granted(retries), 5);
    budget.request();
    assert.ok(budget.retry(), "30 requests make 6 retries");
    for (const done of requests) done();
    assert.equal(budget.retry(), undefined, "6 are too many for one request");
  });

  it("takes back what is released, once", () => {
    const budget = retryBudget({ budgetPercent: 0, minRetryConcurrency: 1 });
    const release = budget.retry();
    assert.equal(budget.retry(), undefined);
    release?.();
    release?.();
    assert.ok(budget.retry());
    assert.equal(budget.retry(), undefined);
  });

  it("never has more than it may when it grants", () => {
    const step = fc.constantFrom("request", "done", "retry", "retried");
    const options = fc.record({ percent: fc.nat(100), least: fc.nat(4) });
    fc.assert(
      fc.property(options, fc.array(step, { maxLength: 60 }), ({ percent, least }, steps) => {
        const budget = retryBudget({ budgetPercent: percent, minRetryConcurrency: least });
        const requests: Release[] = [];
        const retries: Release[] = [];
        for (const step of steps) {
          if (step === "request") requests.push(budget.request());
          if (step === "done") requests.pop()?.();
          if (step === "retried") retries.pop()?.();
          if (step === "retry") {
            const allowed = Math.max(least, Math.floor((requests.length * percent) / 100));
            const release = budget.retry();
            assert.equal(release !== undefined, retries.length < allowed);
            if (release) retries.push(release);
          }
          assert.equal(budget.activeRequests, requests.length);
          assert.equal(budget.activeRetries, retries.length);
        }
      }),
      { numRuns: 300, seed },
    );
  });

  for (const options of [{ budgetPercent: 101 }, { minRetryConcurrency: 1.5 }]) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => retryBudget(options), RangeError);
    });
  }
});
