import { setTimeout as sleep } from "node:timers/promises";
import { type Placing, settleAll } from "./placing.ts";

/** Milliseconds until the next try, while something that is needed is away. */
const RETRY_MS = 1000;

/**
 * Settles what a process that died has left pending, once all of it could be. Runs beside the requests,
 * which settle what they meet; never rejects.
 */
export async function recover(
  placing: Placing,
  log: (line: string) => void = console.log,
  retryMs = RETRY_MS,
): Promise<void> {
  for (;;) {
    // An error is the store's, which says itself that it is away.
    const { found, left } = await settleAll(placing).catch(() => ({ found: 0, left: 1 }));
    if (found > left) log(`pending orders settled: ${found - left}`);
    if (left === 0) return;
    await sleep(retryMs, undefined, { ref: false });
  }
}
