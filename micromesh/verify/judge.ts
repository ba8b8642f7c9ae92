import type { Expectation, Probe } from "../../stacks/outputs.ts";
import type { Observation } from "./client/observation.ts";
import { expectedWords, seenWords } from "./words.ts";

/** `error`: the probe couldn't be run or its answer couldn't be judged; never a pass. */
export type Verdict = "pass" | "fail" | "error";

export interface Judgement {
  verdict: Verdict;
  /** What had to be seen, in a few words. */
  expected: string;
  /** What was seen, or why nothing could be. */
  seen: string;
}

/** In place of an observation: the probe couldn't be run. */
export interface NotObserved {
  error: string;
}

/**
 * Holds what was seen against what the probe must see.
 * - A failure is expected of the whole request: an answer that began and then broke off is neither an
 *   answer nor that failure, and fails both expectations.
 * - `contains` and `matches` look at the body, the TCP answer, or the DNS records, one a line.
 * - `shares` and `spread` look at the tally, and at nothing else.
 * - `{}` is met by any answer: an HTTP status, an open connection, a DNS record.
 */
export function judge(probe: Probe, observation: Observation | NotObserved): Judgement {
  const expected = expectedWords(probe.expect, probe.request.kind);
  if ("error" in observation) return { verdict: "error", expected, seen: observation.error };
  try {
    const verdict = meets(probe.expect, observation) ? "pass" : "fail";
    return { verdict, expected, seen: seenWords(observation) };
  } catch (error) {
    return { verdict: "error", expected, seen: (error as Error).message };
  }
}

function meets(expect: Expectation, seen: Observation): boolean {
  const found = seen.addresses ?? seen.services;
  const answered = seen.status !== undefined || seen.body !== undefined || found !== undefined;
  if ("failure" in expect) return seen.failure === expect.failure && !answered;
  if ("shares" in expect) return hasShares(seen.tally, expect.shares);
  if ("spread" in expect) {
    const counts = Object.values(seen.tally ?? {});
    const { values, least } = expect.spread;
    return counts.length === values && counts.every((count) => count >= least);
  }
  // Compiled before anything is decided: a pattern that is wrong is wrong whatever was answered.
  const pattern = expect.matches === undefined ? undefined : wholeText(expect.matches);
  if (seen.failure !== undefined || !answered) return false;
  if (expect.status !== undefined && seen.status !== expect.status) return false;
  for (const [name, value] of Object.entries(expect.headers ?? {}))
    if (seen.headers?.[name.toLowerCase()] !== value) return false;
  const text = seen.body ?? found?.join("\n") ?? "";
  if (expect.contains !== undefined && !text.includes(expect.contains)) return undecidedIfCut(seen);
  if (pattern && (seen.truncated || !pattern.test(text))) return undecidedIfCut(seen);
  return true;
}

function hasShares(
  tally: Record<string, number> | undefined,
  shares: Record<string, [least: number, most: number]>,
): boolean {
  if (!tally || Object.keys(tally).some((value) => !Object.hasOwn(shares, value))) return false;
  return Object.entries(shares).every(([value, [least, most]]) => {
    const count = tally[value] ?? 0;
    return least <= count && count <= most;
  });
}

/** Text that isn't in the part that was read may be in the rest. */
function undecidedIfCut(seen: Observation): false {
  if (seen.truncated)
    throw new Error("the answer is longer than 64 KiB: expect something near its beginning");
  return false;
}

function wholeText(pattern: string): RegExp {
  try {
    // Alone first: a pattern such as `a)(b` would only be valid between our own brackets.
    new RegExp(pattern);
    return new RegExp(`^(?:${pattern})$`);
  } catch (error) {
    throw new Error(
      `the probe's \`matches\` is no regular expression: ${(error as Error).message}`,
    );
  }
}
