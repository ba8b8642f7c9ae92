import { mock } from "node:test";

/** Puts a clock in place that stands still until {@link pass} moves it; starts at `now`. */
export function stopClock(now = 1_000_000): void {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now });
}

export function restoreClock(): void {
  mock.timers.reset();
}

/** Lets everything happen that needs no time. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets `ms` milliseconds pass, `step` at a time, with all that happens in them. */
export async function pass(ms: number, step = 50): Promise<void> {
  await settle();
  for (let left = ms; left > 0; left -= step) {
    mock.timers.tick(Math.min(step, left));
    await settle();
  }
}
