import type { Telling } from "../../../stacks/telling.ts";
import type { DeclaredLab } from "../../resources/labs.ts";

/**
 * The scenarios to play one after another: the lab's first, the named one with all that go on from it, and the first
 * again. Without a name it's the one that most go on from, of several the earliest.
 * @returns undefined where the lab has no scenario of that name
 */
export function stagesOf(
  { scenarios }: Pick<DeclaredLab, "scenarios">,
  name?: string,
): Telling[] | undefined {
  const [first, ...others] = scenarios;
  if (!first || name === first.name) return first && [first];
  if (name !== undefined) {
    const named = others.find((one) => one.name === name);
    return named && [first, ...goingOn(named, scenarios), first];
  }
  const longest = others
    .map((one) => goingOn(one, scenarios))
    .reduce((best, chain) => (chain.length > best.length ? chain : best), []);
  return longest.length > 0 ? [first, ...longest, first] : [first];
}

/** A scenario, and those that go on from it or from one that does, in their order. */
function goingOn(begin: Telling, scenarios: Telling[], seen = new Set<Telling>()): Telling[] {
  if (seen.has(begin)) return [];
  seen.add(begin);
  const next = scenarios.filter(({ after }) => after === begin.name);
  return [begin, ...next.flatMap((one) => goingOn(one, scenarios, seen))];
}
