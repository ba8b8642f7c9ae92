import assert from "node:assert/strict";
import { exponentialBackoff } from "../../../micromesh/traffic/index.ts";

const first = (retries: number, backoff: (retry: number) => number) =>
  Array.from({ length: retries }, (_, i) => backoff(i + 1));

describe("exponential backoff", () => {
  it("doubles, up to ten times the base", () => {
    assert.deepEqual(
      first(6, exponentialBackoff({ baseMs: 1000 })),
      [1000, 2000, 4000, 8000, 10_000, 10_000],
    );
  });

  it("takes another factor and another maximum", () => {
    const backoff = exponentialBackoff({ baseMs: 10, factor: 3, maxMs: 200 });
    assert.deepEqual(first(4, backoff), [10, 30, 90, 200]);
    assert.deepEqual(first(3, exponentialBackoff({ baseMs: 10, factor: 1 })), [10, 10, 10]);
  });

  it("has Envoy's ranges with full jitter: up to 25, 75, 175, 250 ms", () => {
    const jittered = (random: number) =>
      exponentialBackoff({ baseMs: 25, jitter: "full", random: () => random });
    assert.deepEqual(first(5, jittered(0)), [0, 0, 0, 0, 0]);
    assert.deepEqual(first(5, jittered(0.5)), [12.5, 37.5, 87.5, 125, 125]);
    const [a = 0, b = 0, c = 0, d = 0] = first(4, jittered(1 - 2 ** -53));
    assert.ok(a < 25 && b < 75 && c < 175 && d < 250 && a > 24.9 && d > 249.9);
  });

  it("with full jitter and factor 1 grows by the base", () => {
    const options = { baseMs: 10, factor: 1, jitter: "full" as const, random: () => 0.5 };
    assert.deepEqual(first(3, exponentialBackoff(options)), [5, 10, 15]);
  });

  for (const options of [
    { baseMs: -1 },
    { baseMs: 1, factor: 0.5 },
    { baseMs: 1, maxMs: 2 ** 31 },
  ]) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => exponentialBackoff(options), RangeError);
    });
  }
});
