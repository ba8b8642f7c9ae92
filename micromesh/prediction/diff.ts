/** What differs between two predictions, and nothing else. */
import { type AddressRange, everything, parseAddress, rangeText } from "../connectivity/address.ts";
import { changeOf } from "./diff-change.ts";
import { externalId } from "./outside-flows.ts";
import type { Change, Flow, Mistake, Prediction, PredictionDiff } from "./prediction.ts";

/**
 * Compares what works in two predictions. Both must list everything (`all`), so that what is no longer
 * permitted has its reasons. IPv6 addresses outside are compared where both list any: a prediction leaves
 * them out where nothing declared names one.
 */
export function diff(before: Prediction, after: Prediction): PredictionDiff {
  const [old, now] = inTheSameFamilies(byPair(before), byPair(after));
  const pairs = [...new Set([...old.keys(), ...now.keys()])].sort();
  const gone = partiesWithout(before, after);
  const changes = pairs.flatMap((pair) => changesOf(old.get(pair) ?? [], now.get(pair) ?? []));
  return {
    before: before.of,
    after: after.of,
    changes: changes.map((change) => ({ ...change, because: reasonsOf(change, gone) })),
    newMistakes: without(after.mistakes, before.mistakes),
    mendedMistakes: without(before.mistakes, after.mistakes),
  };
}

/** A flow, and the addresses that it's about where one end is a range of them. */
interface Ranged {
  flow: Flow;
  range?: AddressRange;
  /** The end that is a range. */
  side?: "from" | "to";
}

type Pairs = Map<string, Ranged[]>;

/** Flows by who they're between; all ranges of addresses of a family count as one. */
function byPair({ flows }: Prediction): Pairs {
  const pairs: Pairs = new Map();
  for (const flow of flows) {
    const ranged = withRange(flow);
    const [from, to] = [
      ranged.side === "from" ? "" : flow.from,
      ranged.side === "to" ? "" : flow.to,
    ];
    const family = ranged.range?.family ?? "";
    const key = `${to}\n${from}\n${family}`;
    const list = pairs.get(key);
    if (list) list.push(ranged);
    else pairs.set(key, [ranged]);
  }
  return pairs;
}

function withRange(flow: Flow): Ranged {
  for (const side of ["from", "to"] as const) {
    const id = flow[side];
    if (!id.endsWith("[External]")) continue;
    const [first = "", last = ""] = id.slice(0, -"[External]".length).split("-");
    const [a, b] = [parseAddress(first), parseAddress(last)];
    if (a && b) return { flow, side, range: { family: a.family, first: a.first, last: b.last } };
  }
  return { flow };
}

/** Without the IPv6 addresses that only one of the two lists, while the other lists addresses too. */
function inTheSameFamilies(old: Pairs, now: Pairs): [Pairs, Pairs] {
  const lists = (pairs: Pairs, family: 4 | 6) =>
    [...pairs.keys()].some((key) => key.endsWith(`\n${family}`));
  const left = (pairs: Pairs, other: Pairs) =>
    lists(pairs, 6) && !lists(other, 6) && lists(other, 4)
      ? new Map([...pairs].filter(([key]) => !key.endsWith("\n6")))
      : pairs;
  return [left(old, now), left(now, old)];
}

function changesOf(old: Ranged[], now: Ranged[]): Change[] {
  const { range, side } = old[0] ?? now[0] ?? {};
  if (!range || !side) {
    const change = changeOf(flowsOf(old), flowsOf(now));
    return change ? [change] : [];
  }
  const merged: { segment: AddressRange; change: Change }[] = [];
  for (const segment of segments([...old, ...now], range.family)) {
    const change = changeOf(flowsOf(old, segment), flowsOf(now, segment));
    if (!change) continue;
    const last = merged.at(-1);
    const same =
      last &&
      last.segment.last + 1n === segment.first &&
      last.change.before === change.before &&
      last.change.after === change.after;
    if (same) {
      last.segment = { ...last.segment, last: segment.last };
      last.change = together(last.change, change);
    } else merged.push({ segment, change });
  }
  return merged.map(({ segment, change }) => ({
    ...change,
    [side]: externalId(rangeText(segment)),
  }));
}

/** The flows, or those of them that cover some addresses. */
function flowsOf(ranged: Ranged[], { first, last }: Partial<AddressRange> = {}): Flow[] {
  return ranged.flatMap(({ flow, range }) => {
    if (first === undefined || last === undefined || !range) return flow;
    return range.first <= first && last <= range.last ? flow : [];
  });
}

/** The same change for the same reasons, or for other ones, of neighbouring addresses. */
function together(a: Change, b: Change): Change {
  return {
    ...a,
    needed: a.needed || b.needed,
    because: [...new Set([...a.because, ...b.because])],
  };
}

/** The addresses, cut wherever a flow begins or ends. */
function segments(flows: Ranged[], family: 4 | 6): AddressRange[] {
  const end = everything[family].last;
  const starts = new Set([0n]);
  for (const { range } of flows) {
    if (!range) continue;
    starts.add(range.first);
    if (range.last < end) starts.add(range.last + 1n);
  }
  const sorted = [...starts].sort((a, b) => (a < b ? -1 : 1));
  return sorted.map((first, i) => ({ family, first, last: (sorted[i + 1] ?? end + 1n) - 1n }));
}

/** Those inside that the second doesn't have. */
function partiesWithout(before: Prediction, after: Prediction): Set<string> {
  const there = new Set(after.parties.map(({ id }) => id));
  return new Set(
    before.parties.flatMap(({ id, kind }) => (kind === "external" || there.has(id) ? [] : id)),
  );
}

/** Who isn't there any more has no policy to blame. */
function reasonsOf({ from, to, because }: Change, gone: Set<string>): string[] {
  if (because.length > 0) return because;
  return [from, to].filter((id) => gone.has(id)).map((id) => `${id} is no longer declared`);
}

function without(mistakes: Mistake[], others: Mistake[]): Mistake[] {
  const known = new Set(others.map((mistake) => JSON.stringify(mistake)));
  return mistakes.filter((mistake) => !known.has(JSON.stringify(mistake)));
}
