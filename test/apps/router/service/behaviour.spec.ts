import assert from "node:assert/strict";
import { Behaviour } from "../../../../apps/router/service/behaviour.ts";
import { assertShare, countBy, seed, seededRandom } from "../../../traffic/chance.ts";
import { behaving } from "./replica.ts";

const DRAWS = 5000;

describe(`service: its behaviour (MICROMESH_SEED=${seed})`, () => {
  const plans = (settings: Parameters<typeof behaving>[0], count = DRAWS) => {
    const behaviour = new Behaviour(behaving(settings), seededRandom());
    return Array.from({ length: count }, () => behaviour.plan());
  };

  it("is to answer at once, by default", () => {
    const well = { crash: false, delayMs: 0, outcome: "answer" };
    assert.deepEqual(plans({}, 3), [well, well, well]);
  });

  it("fails the share of requests that it's told to, with the status that it's told", () => {
    for (const percent of [0, 12.5, 100]) {
      const counts = countBy(
        plans({ fail_percent: percent, fail_status: 429 }).map((one) => one.outcome),
      );
      assertShare(counts.get(429) ?? 0, DRAWS, percent / 100, `failed at ${percent} %`);
      assert.equal((counts.get("answer") ?? 0) + (counts.get(429) ?? 0), DRAWS);
    }
    assert.equal(plans({ fail_percent: 100 }, 1)[0]?.outcome, 500);
  });

  it("breaks the share of connections that it's told to, of failures and answers alike", () => {
    const counts = countBy(
      plans({ reset_percent: 40, fail_percent: 50 }).map((one) => one.outcome),
    );
    assertShare(counts.get("reset") ?? 0, DRAWS, 0.4, "reset");
    assertShare(counts.get(500) ?? 0, DRAWS, 0.3, "failed");
    assertShare(counts.get("answer") ?? 0, DRAWS, 0.3, "answered");
  });

  it("waits as long as it's told to, and up to the jitter longer", () => {
    const delays = plans({ delay_seconds: 0.2, jitter_seconds: 0.1 }).map((one) => one.delayMs);
    assert.ok(delays.every((ms) => ms >= 200 && ms < 300));
    assertShare(delays.filter((ms) => ms < 250).length, DRAWS, 0.5, "below the middle");
    assert.deepEqual(
      new Set(plans({ delay_seconds: 0.2 }).map((one) => one.delayMs)),
      new Set([200]),
    );
  });

  it("fails the first requests after it was set, and crashes at the one that it's told to", () => {
    const behaviour = new Behaviour(behaving({ fail_first: 2, fail_status: 503, crash_after: 3 }));
    const three = () =>
      Array.from({ length: 4 }, () => behaviour.plan()).map(({ outcome, crash }) => [
        outcome,
        crash,
      ]);
    const expected = [
      [503, false],
      [503, false],
      ["answer", true],
      ["answer", false],
    ];
    assert.deepEqual(three(), expected);
    behaviour.set(behaviour.settings);
    assert.deepEqual(three(), expected, "counted anew");
  });
});
