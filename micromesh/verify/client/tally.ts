import type { Observation } from "./observation.ts";

/** How often a request is sent, and what its answers are told apart by. */
export interface Tally {
  times: number;
  /** A header field; by default the status. */
  by?: string;
}

/**
 * Sends a request many times, one after the other, and counts what comes. Each has what is left of the time;
 * those for which there is none aren't sent.
 * @param once sends it once
 */
export async function observeTally(
  { times, by }: Tally,
  timeoutMs: number,
  once: (timeoutMs: number) => Promise<Observation>,
): Promise<Observation> {
  const started = performance.now();
  const elapsed = () => performance.now() - started;
  // A timer may fire a fraction of a millisecond early.
  const isOver = () => timeoutMs - elapsed() < 1;
  const counts = new Map<string, number>();
  for (let i = 0; i < times && !isOver(); i++) {
    const value = countedAs(await once(timeoutMs - elapsed()), by?.toLowerCase());
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const tally = Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  return { tally, ms: Math.round(elapsed() * 10) / 10 };
}

function countedAs({ status = 0, headers, failure }: Observation, by: string | undefined): string {
  if (failure) return failure;
  const isGood = status >= 200 && status < 300;
  return (isGood && by !== undefined ? headers?.[by] : undefined) ?? String(status);
}
