import type { Prediction } from "../prediction.ts";
import { needed, type Pairs, pairsOf } from "./pairs.ts";

/** A prediction in numbers. */
export interface Tally {
  workloads: number;
  /** Ordered pairs of different workloads, and those of them that are permitted and work. */
  pairs: number;
  permitted: number;
  /** Pairs of any parties that something declared needs: all, and those that don't work. */
  needed: number;
  denied: number;
  broken: number;
  /** Pairs that are broken, and that nothing needs. */
  brokenUnneeded: number;
  mistakes: number;
}

export function tally(prediction: Prediction, pairs: Pairs = pairsOf(prediction)): Tally {
  const workloads = new Set(
    prediction.parties.filter((p) => p.kind === "workload").map((p) => p.id),
  );
  const counts = { permitted: 0, needed: 0, denied: 0, broken: 0, brokenUnneeded: 0 };
  for (const [from, destinations] of pairs) {
    for (const [to, { flows, state }] of destinations) {
      const permitted = state === "works" || state === "permitted" || state === "partial";
      if (permitted && workloads.has(from) && workloads.has(to)) counts.permitted++;
      const must = flows.some(needed);
      if (must) counts.needed++;
      if (state === "cut") counts.denied++;
      if (state === "broken") counts[must ? "broken" : "brokenUnneeded"]++;
    }
  }
  const size = workloads.size;
  return {
    workloads: size,
    pairs: size * Math.max(0, size - 1),
    ...counts,
    permitted: prediction.unlisted ?? counts.permitted,
    mistakes: prediction.mistakes.length,
  };
}

/** E.g. `9 of 20 pairs permitted; 3 of 7 needed flows denied; 1 broken; 2 mistakes`. */
export function summary(counts: Tally): string {
  const parts = [
    counts.workloads === 0
      ? "no workloads"
      : counts.pairs === 0
        ? "one workload"
        : `${counts.permitted} of ${plural(counts.pairs, "pair")} permitted`,
  ];
  if (counts.needed === 0) parts.push("nothing declares what it needs");
  else if (counts.denied + counts.broken === 0) {
    parts.push(
      counts.needed === 1 ? "the one needed flow works" : `all ${counts.needed} needed flows work`,
    );
  } else {
    const of = `of ${plural(counts.needed, "needed flow")}`;
    if (counts.denied > 0) parts.push(`${counts.denied} ${of} denied`);
    if (counts.broken > 0)
      parts.push(`${counts.broken} ${counts.denied > 0 ? "" : `${of} `}broken`);
  }
  if (counts.brokenUnneeded > 0) parts.push(`${counts.brokenUnneeded} broken that nothing needs`);
  if (counts.mistakes > 0) parts.push(plural(counts.mistakes, "mistake"));
  return parts.join("; ");
}

/** `1 pair`, `2 pairs`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
