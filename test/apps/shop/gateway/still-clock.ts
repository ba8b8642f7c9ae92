/** For tests in which time stands still, and the network doesn't. */
import { mock } from "node:test";

// As they are before a test puts others in their place.
const { setTimeout: realTimeout } = globalThis;

/** Lets `setTimeout` and `Date` stand still at 0 until `mock.timers.tick`. @returns ends it */
export function stopClock(): () => void {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 0 });
  return () => mock.timers.reset();
}

/** Waits in real time, so that what needs none of the stopped one's can happen. */
export function reallySleep(ms: number): Promise<void> {
  return new Promise((resolve) => realTimeout(resolve, ms));
}

/** Repeats a check until it holds, for 5 real seconds at most. */
export async function eventually(check: () => unknown): Promise<void> {
  const deadline = performance.now() + 5000;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await reallySleep(2);
  }
}
