import { setTimeout as sleep } from "node:timers/promises";

export interface Turn<T> {
  run(): Promise<T>;
  /** Milliseconds that the next one waits for it. */
  patienceMs: number;
}

/**
 * Begins each when the one before has ended, or has had its time: an order that matters is kept, and those that wait
 * for an answer that never comes wait together.
 * @returns the results in the same order; rejects as the first of them does
 */
export async function inTurn<T>(turns: Turn<T>[]): Promise<T[]> {
  const begun: Promise<T>[] = [];
  for (const { run, patienceMs } of turns) {
    const one = run();
    begun.push(one);
    const ended = one.then(
      () => {},
      () => {},
    );
    await (patienceMs === Number.POSITIVE_INFINITY
      ? ended
      : Promise.race([ended, sleep(patienceMs, undefined, { ref: false })]));
  }
  return Promise.all(begun);
}
