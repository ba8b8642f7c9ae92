import assert from "node:assert/strict";
import { createHash } from "node:crypto";

/** `MICROMESH_SEED=n` runs the same cases again; without it, each run takes others. */
export const seed = Number(process.env.MICROMESH_SEED || Math.floor(Math.random() * 2 ** 31));

/** Numbers in [0, 1), the same ones for the same seed. */
export function seededRandom(from: number = seed): () => number {
  let drawn = 0;
  return () => createHash("md5").update(`${from} ${drawn++}`).digest().readUIntBE(0, 6) / 2 ** 48;
}

/**
 * Fails if `hits` of `draws` at the chance `p` are off by more than six standard deviations, which
 * befalls a right program once in hundreds of millions of times.
 */
export function assertShare(hits: number, draws: number, p: number, what: string): void {
  const bound = 6 * Math.sqrt(draws * p * (1 - p)) + 6;
  assert.ok(
    Math.abs(hits - draws * p) <= bound,
    `${what}: ${hits} of ${draws}, expected ${draws * p} ± ${bound}`,
  );
}

export function countBy<T>(items: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}
