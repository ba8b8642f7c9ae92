import assert from "node:assert/strict";
import fc from "fast-check";
import { seed } from "../apps/shop/runtime/world.ts";
import { growth, median, type Point, slope, valueAt } from "./trend.ts";

/** One measurement a second. */
const line = (length: number, start: number, perSecond: number): Point[] =>
  Array.from({ length }, (_, at) => [at, start + at * perSecond]);

describe("load: trends", () => {
  it("the median is the middle one, or between the two in the middle", () => {
    assert.deepEqual([[], [3], [9, 1], [5, 1, 9], [4, 1, 9, 2]].map(median), [0, 3, 5, 5, 3]);
  });

  it("a line's slope is its own, and its growth what it has risen by", () => {
    const points = line(100, 50, 0.5);
    assert.equal(slope(points), 0.5);
    assert.equal(growth(points), 49.5);
  });

  it("too few points have none", () => {
    assert.equal(slope([]), 0);
    assert.equal(slope([[1, 7]]), 0);
    assert.equal(growth([]), 0);
    assert.equal(slope([...line(1, 3, 0), ...line(1, 9, 0)]), 0, "at one time");
  });

  it(`one outlier in five moves no slope by much (MICROMESH_SEED=${seed})`, () => {
    const outliers = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), {
      minLength: 8,
      maxLength: 8,
    });
    const lines = fc.record({ rise: fc.integer({ min: -5, max: 5 }), outliers });
    fc.assert(
      fc.property(lines, ({ rise, outliers }) => {
        const points = line(40, 100, rise).map(
          ([at, value], i): Point => [at, i % 5 === 2 ? (outliers[(i - 2) / 5] as number) : value],
        );
        assert.equal(slope(points), rise);
      }),
      { seed },
    );
  });

  it("a garbage collector's saw-tooth is flat, and one on a slope isn't", () => {
    const sawTooth = line(100, 80, 0).map(([at, value]): Point => [at, value + (at % 10)]);
    assert.ok(Math.abs(growth(sawTooth)) < 5, `${growth(sawTooth)}`);
    const leaking = sawTooth.map(([at, value]): Point => [at, value + at]);
    assert.ok(Math.abs(growth(leaking) - 99) < 5, `${growth(leaking)}`);
  });

  it("a value is looked up at the time that is nearest, two seconds away at most", () => {
    const points = line(10, 0, 10);
    assert.deepEqual([valueAt(points, 3.4), valueAt(points, 11)], [30, 90]);
    assert.equal(valueAt(points, 11.5), undefined);
    assert.equal(valueAt([], 0), undefined);
  });
});
