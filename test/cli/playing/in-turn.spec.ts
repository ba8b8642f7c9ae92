import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { inTurn } from "../../../micromesh/cli/playing/in-turn.ts";

describe("taking turns", () => {
  /** What began and ended, in order. */
  const log: string[] = [];
  const turn = (name: string, ms: number, patienceMs: number) => ({
    patienceMs,
    run: async () => {
      log.push(name);
      await sleep(ms);
      log.push(name.toUpperCase());
      return name;
    },
  });
  beforeEach(() => log.splice(0));

  it("begins each when the one before has ended", async () => {
    assert.deepEqual(await inTurn([turn("a", 20, 1000), turn("b", 1, 1000)]), ["a", "b"]);
    assert.equal(log.join(""), "aAbB");
  });

  it("waits for one that takes long only so long, and gives its result all the same", async () => {
    const turns = [turn("a", 300, 10), turn("b", 1, 1000), turn("c", 1, 1000)];
    assert.deepEqual(await inTurn(turns), ["a", "b", "c"]);
    assert.equal(log.join(""), "abBcCA");
  });

  it("waits for one as long as it takes", async () => {
    const turns = [turn("a", 50, Number.POSITIVE_INFINITY), turn("b", 1, 1000)];
    await inTurn(turns);
    assert.equal(log.join(""), "aAbB");
  });

  it("fails as the first does, without leaving a failure unseen", async () => {
    const fail = (message: string, ms: number) => ({
      patienceMs: 5,
      run: () => sleep(ms).then(() => Promise.reject(new Error(message))),
    });
    await assert.rejects(inTurn([fail("one", 30), fail("two", 1)]), /one|two/);
    assert.deepEqual(await inTurn([]), []);
  });
});
