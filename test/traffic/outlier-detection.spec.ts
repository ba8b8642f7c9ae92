import assert from "node:assert/strict";
import fc from "fast-check";
import { type OutlierDetectionOptions, outlierDetection } from "../../micromesh/traffic/index.ts";
import { seed } from "./chance.ts";

const endpoints = (...ids: string[]) => ids.map((id) => ({ id }));

/** A detection, its clock, and who is healthy as text. */
function setUp(options: OutlierDetectionOptions = {}, ids = "abcdefghij") {
  const world = { now: 1_000, endpoints: endpoints(...ids) };
  const outliers = outlierDetection({ ...options, now: () => world.now });
  const healthy = () =>
    outliers
      .healthy(world.endpoints)
      .map(({ id }) => id)
      .join("");
  const fail = (id: string, times = 5) => {
    for (let i = 0; i < times; i++) outliers.report(id, false);
  };
  healthy();
  return { world, outliers, healthy, fail };
}

describe(`outlier detection (MICROMESH_SEED=${seed})`, () => {
  it("ejects at the fifth error in a row, for 30 s", () => {
    const { world, outliers, healthy, fail } = setUp();
    fail("c", 4);
    outliers.report("c", true);
    fail("c", 4);
    assert.equal(healthy(), "abcdefghij");
    fail("c", 1);
    assert.equal(healthy(), "abdefghij");
    assert.deepEqual(outliers.ejections(), [{ id: "c", until: 31_000, multiplier: 1 }]);
    world.now += 29_999;
    assert.equal(healthy(), "abdefghij");
    world.now += 1;
    assert.equal(healthy(), "abcdefghij");
    assert.deepEqual(outliers.ejections(), []);
  });

  it("starts counting anew after an ejection, and learns nothing during one", () => {
    const { world, outliers, healthy, fail } = setUp({ maxEjectionPercent: 100 });
    fail("c", 5);
    world.now += 1;
    fail("c", 53);
    assert.deepEqual(outliers.ejections(), [{ id: "c", until: 31_000, multiplier: 1 }]);
    world.now += 30_000;
    fail("c", 4);
    assert.equal(healthy(), "abcdefghij");
  });

  it("ejects for longer each time in a row, up to 300 s", () => {
    const { world, outliers, fail } = setUp();
    for (const seconds of [30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300]) {
      fail("c");
      assert.equal(outliers.ejections()[0]?.until, world.now + seconds * 1000);
      world.now += seconds * 1000;
    }
  });

  it("takes one ejection back for each 10 s of health", () => {
    const afterHealth = (ms: number) => {
      const { world, outliers, fail } = setUp();
      for (let i = 1; i <= 3; i++) {
        fail("c");
        world.now = outliers.ejections()[0]?.until ?? 0;
      }
      world.now += ms;
      fail("c");
      return outliers.ejections()[0]?.multiplier;
    };
    const waits = [0, 9_999, 10_000, 20_000, 30_000, 3_600_000];
    assert.deepEqual(waits.map(afterHealth), [4, 4, 3, 2, 1, 1]);
  });

  it("ejects a tenth at most, and forgets errors that couldn't eject", () => {
    const { world, healthy, fail } = setUp();
    fail("a");
    fail("b");
    assert.equal(healthy(), "bcdefghij");
    world.now += 30_000;
    fail("b", 4);
    assert.equal(healthy(), "abcdefghij");
    fail("b", 1);
    assert.equal(healthy(), "acdefghij");
  });

  it("ejects one of few, unless it isn't to", () => {
    const two = setUp({}, "ab");
    two.fail("a");
    two.fail("b");
    assert.equal(two.healthy(), "b");
    const none = setUp({ alwaysEjectOne: false }, "ab");
    none.fail("a");
    assert.equal(none.healthy(), "ab");
  });

  it("uses all when nobody is healthy, or fewer than the least percentage", () => {
    const all = setUp({ maxEjectionPercent: 100 }, "abc");
    all.fail("a");
    all.fail("b");
    assert.equal(all.healthy(), "c");
    all.fail("c");
    assert.equal(all.healthy(), "abc");
    const half = setUp({ maxEjectionPercent: 100, minHealthPercent: 50 }, "abcd");
    half.fail("a");
    half.fail("b");
    assert.equal(half.healthy(), "cd");
    half.fail("c");
    assert.equal(half.healthy(), "abcd");
    assert.equal(half.outliers.ejections().length, 3);
  });

  it("knows nothing of who is gone or never was", () => {
    const { world, outliers, healthy, fail } = setUp({ maxEjectionPercent: 100 });
    fail("x");
    fail("c");
    world.endpoints = endpoints("a", "b");
    assert.equal(healthy(), "ab");
    assert.deepEqual(outliers.ejections(), []);
    world.endpoints = endpoints("a", "b", "c", "x");
    assert.equal(healthy(), "abcx");
  });

  it("never ejects more than it may, nor leaves nobody", () => {
    const step = fc.oneof(
      fc.record({ id: fc.constantFrom(..."abcdefgh"), ok: fc.constant(false) }),
      fc.record({ id: fc.constantFrom(..."abcdefgh"), ok: fc.boolean() }),
      fc.record({ ms: fc.nat(40_000) }),
    );
    const options = fc.record({
      maxEjectionPercent: fc.nat(100),
      consecutiveErrors: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(options, fc.array(step, { maxLength: 100 }), (options, steps) => {
        const { world, outliers, healthy } = setUp(options, "abcdefgh");
        for (const step of steps) {
          if ("ms" in step) world.now += step.ms;
          else outliers.report(step.id, step.ok);
          const ejected = outliers.ejections().length;
          const most = Math.max(1, Math.floor((8 * options.maxEjectionPercent) / 100));
          assert.ok(ejected <= most, `${ejected} of at most ${most}`);
          assert.equal(healthy().length, ejected === 8 ? 8 : 8 - ejected);
        }
      }),
      { numRuns: 300, seed },
    );
  });

  for (const options of [
    { consecutiveErrors: 0 },
    { maxEjectionPercent: 101 },
    { intervalMs: 0 },
  ]) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => outlierDetection(options), RangeError);
    });
  }
});
