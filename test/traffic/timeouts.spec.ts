import assert from "node:assert/strict";
import { TimeoutExceeded, within } from "../../micromesh/traffic/index.ts";
import { pass, restoreClock, settle, stopClock } from "./clock.ts";

/** Work that goes on until it's told to stop, or for ever. */
const never = () => new Promise<never>(() => {});

describe("timeouts", () => {
  beforeEach(() => stopClock());
  afterEach(restoreClock);

  it("end work that takes too long, and tell it", async () => {
    let signal: AbortSignal | undefined;
    const result = within({ ms: 500, scope: "per-try" }, (own) => {
      signal = own;
      return never();
    });
    const rejected = assert.rejects(result, {
      name: "TimeoutExceeded",
      scope: "per-try",
      ms: 500,
      message: "the try took longer than 500 ms",
    });
    await pass(499, 499);
    assert.equal(signal?.aborted, false);
    await pass(1, 1);
    await rejected;
    assert.ok(signal?.reason instanceof TimeoutExceeded);
  });

  it("leave work alone that is done in time, and what it left behind", async () => {
    let signal: AbortSignal | undefined;
    const outside = new AbortController();
    const limit = { ms: 500, scope: "overall" as const, signal: outside.signal };
    const result = await within(limit, async (own) => {
      signal = own;
      return "done";
    });
    assert.equal(result, "done");
    await pass(1000, 500);
    outside.abort();
    assert.equal(signal?.aborted, false);
  });

  it("pass on what the work throws, now or later", async () => {
    const error = new Error("broken");
    const limit = { ms: 500, scope: "overall" as const };
    await assert.rejects(
      within(limit, () => {
        throw error;
      }),
      error,
    );
    await assert.rejects(
      within(limit, async () => {
        throw error;
      }),
      error,
    );
  });

  it("end work when the signal outside is aborted, for that reason", async () => {
    const outside = new AbortController();
    const reason = new Error("the client left");
    const limit = { ms: undefined, scope: "overall" as const, signal: outside.signal };
    const rejected = assert.rejects(within(limit, never), reason);
    outside.abort(reason);
    await rejected;
    await assert.rejects(
      within(limit, () => assert.fail("began")),
      reason,
    );
  });

  it("give what comes too late to whom it may concern", async () => {
    const late: string[] = [];
    let finish: (value: string) => void = () => {};
    const rejected = assert.rejects(
      within<string>({ ms: 10, scope: "per-try", late: (value) => late.push(value) }, () => {
        return new Promise((resolve) => {
          finish = resolve;
        });
      }),
      TimeoutExceeded,
    );
    await pass(10, 10);
    await rejected;
    finish("answer");
    await settle();
    assert.deepEqual(late, ["answer"]);
  });

  it("of no length don't end anything, of one too long are refused", async () => {
    const result = within({ ms: undefined, scope: "overall" }, async () => "done");
    assert.equal(await result, "done");
    await assert.rejects(
      within({ ms: 2 ** 31, scope: "overall" }, async () => "done"),
      { name: "RangeError", message: /overall timeout \(milliseconds\): give a number of 0 to / },
    );
  });
});
