import assert from "node:assert/strict";
import { type FaultSpec, faultInjector } from "../../micromesh/traffic/index.ts";
import { assertShare, seed, seededRandom } from "./chance.ts";
import { pass, restoreClock, settle, stopClock } from "./clock.ts";

const both: FaultSpec = { delay: { ms: 300, percent: 30 }, abort: { status: 503, percent: 20 } };

describe(`faults (MICROMESH_SEED=${seed})`, () => {
  beforeEach(() => stopClock());
  afterEach(restoreClock);

  it("befall their percentage of requests, each by itself", () => {
    const injector = faultInjector(both, seededRandom());
    const faults = Array.from({ length: 4000 }, () => injector.decide());
    const count = (which: (fault: (typeof faults)[number]) => boolean) =>
      faults.filter(which).length;
    assertShare(
      count(({ delayMs }) => delayMs === 300),
      4000,
      0.3,
      "delays",
    );
    assertShare(
      count(({ abort }) => abort === 503),
      4000,
      0.2,
      "aborts",
    );
    const together = count(({ delayMs, abort }) => delayMs > 0 && abort !== undefined);
    assertShare(together, 4000, 0.06, "both");
    assert.ok(faults.every(({ delayMs, abort }) => delayMs % 300 === 0 && (abort ?? 503) === 503));
  });

  it("befall nobody at 0 percent and everybody at 100", () => {
    const at = (percent: number, random: number) =>
      faultInjector(
        { delay: { ms: 5, percent }, abort: { status: 500, percent } },
        () => random,
      ).decide();
    assert.deepEqual(at(0, 0), { delayMs: 0 });
    assert.deepEqual(at(100, 1 - 2 ** -53), { delayMs: 5, abort: 500 });
    assert.deepEqual(faultInjector({}).decide(), { delayMs: 0 });
  });

  it("delay first, and abort then", async () => {
    let status: number | undefined;
    const injected = faultInjector(both, () => 0).inject();
    injected.then((abort) => {
      status = abort;
    });
    await pass(299, 299);
    assert.equal(status, undefined);
    await pass(1, 1);
    assert.equal(status, 503);
  });

  it("don't keep a client that left", async () => {
    const client = new AbortController();
    const rejected = assert.rejects(faultInjector(both, () => 0).inject(client.signal), {
      message: "left",
    });
    await settle();
    client.abort(new Error("left"));
    await rejected;
  });

  for (const spec of [
    { delay: { ms: -1, percent: 1 } },
    { delay: { ms: 1, percent: 101 } },
    { abort: { status: 100, percent: 1 } },
    { abort: { status: 500, percent: -1 } },
  ]) {
    it(`refuse ${JSON.stringify(spec)}`, () => {
      assert.throws(() => faultInjector(spec), RangeError);
    });
  }
});
