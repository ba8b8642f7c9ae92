import { type Outcome, outcomes } from "./outcome.ts";
import type { Stage, Timeline } from "./record.ts";
import type { Sample } from "./sampler.ts";

/** How many paths met what in a stage. */
export interface StageSummary {
  /** Paths that were asked. */
  asked: number;
  /** Paths that had nothing but `ok`. */
  through: number;
  /** Paths that had `ok` and something else. */
  atTimes: number;
  /** The others, by the worst that they met. */
  others: Partial<Record<Outcome, number>>;
}

/**
 * Counts the paths of a stage by what they met in it. A request that was under way when the stage began or ended is
 * neither's, unless the path had no other.
 */
export function summaryOf({ paths }: Pick<Timeline, "paths">, stage: Stage): StageSummary {
  const summary: StageSummary = { asked: 0, through: 0, atTimes: 0, others: {} };
  for (const { samples } of paths) {
    const met = new Set(samplesOf(samples, stage).map(({ outcome }) => outcome));
    if (met.size === 0) continue;
    summary.asked++;
    if (!met.has("ok")) {
      const worst = outcomes.findLast((outcome) => met.has(outcome)) as Outcome;
      summary.others[worst] = (summary.others[worst] ?? 0) + 1;
    } else if (met.size === 1) summary.through++;
    else summary.atTimes++;
  }
  return summary;
}

function samplesOf(samples: Sample[], { from, to }: Stage): Sample[] {
  const begun = samples.filter(({ at }) => at >= from && at < to);
  const whole = begun.filter(({ at, ms }) => at + ms / 1000 <= to);
  return whole.length > 0 ? whole : begun;
}
