import assert from "node:assert/strict";
import { Backoff } from "../../../micromesh/simulator/pods/backoff.ts";

describe("Backoff", () => {
  const TEN_MINUTES = 600_000;

  it("waits 0, 10, 20, 40, 80, 160 and then 300 seconds", () => {
    const backoff = new Backoff();
    const seconds = Array.from({ length: 9 }, () => backoff.afterExit(1_000) / 1000);
    assert.deepEqual(seconds, [0, 10, 20, 40, 80, 160, 300, 300, 300]);
  });

  it("begins anew after ten minutes of running", () => {
    const backoff = new Backoff();
    for (let i = 0; i < 5; i++) backoff.afterExit(1_000);
    assert.deepEqual([backoff.afterExit(TEN_MINUTES), backoff.afterExit(1_000)], [0, 10_000]);
  });

  it("doesn't begin anew a moment earlier", () => {
    const backoff = new Backoff();
    backoff.afterExit(0);
    assert.equal(backoff.afterExit(TEN_MINUTES - 1), 10_000);
  });

  it("is each container's own", () => {
    new Backoff().afterExit(0);
    assert.equal(new Backoff().afterExit(0), 0);
  });
});
