import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { sleep } from "../../micromesh/traffic/index.ts";

const timers = () => process.getActiveResourcesInfo().filter((what) => what === "Timeout").length;

describe("sleep", () => {
  it("takes its time", async () => {
    const began = performance.now();
    await sleep(30);
    assert.ok(performance.now() - began > 28);
  });

  it("ends when it's told to, and leaves no timer behind", async () => {
    // By then mocha has set its own timer, for the time that a test may take.
    await sleep(1);
    const before = timers();
    const controller = new AbortController();
    const { signal } = controller;
    const sleeping = sleep(60_000, signal);
    assert.equal(timers(), before + 1);
    controller.abort(new Error("enough"));
    await assert.rejects(sleeping, { message: "enough" });
    assert.equal(timers(), before);
    await assert.rejects(sleep(1, signal), { message: "enough" });
  });

  it("leaves no listener behind when it's over", async () => {
    const { signal } = new AbortController();
    await sleep(1, signal);
    assert.equal(getEventListeners(signal, "abort").length, 0);
  });
});
