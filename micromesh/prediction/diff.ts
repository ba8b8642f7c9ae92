/** What differs between two predictions, and nothing else. */
import { type AddressRange, everything, parseAddress, rangeText } from "../connectivity/address.ts";
import { externalId } from "./outside-flows.ts";
import type { Change, Flow, Mistake, Prediction, PredictionDiff } from "./prediction.ts";

/**
 * Compares what works in two predictions. Both must list everything (`all`), so that what is no longer
 * permitted has its reasons.
 */
export function diff(before: Prediction, after: Prediction): PredictionDiff {
  const [old, now] = [byPair(before), byPair(after)];
  const pairs = [...new Set([...old.keys(), ...now.keys()])].sort();
  const changes = pairs.flatMap((pair) => changesOf(old.get(pair) ?? [], now.get(pair) ?? []));
  return {
    before: before.of,
    after: after.of,
    changes,
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

/** Flows by who they're between; all ranges of addresses count as one. */
function byPair({ flows }: Prediction): Map<string, Ranged[]> {
  const pairs = new Map<string, Ranged[]>();
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

function changesOf(old: Ranged[], now: Ranged[]): Change[] {
  const { range, side } = old[0] ?? now[0] ?? {};
  if (!range || !side) return changeOf(old, now);
  const changes = segments([...old, ...now], range.family).map((segment) => {
    const inside = (ranged: Ranged[]) =>
      ranged.filter(
        (one) => one.range && one.range.first <= segment.first && segment.last <= one.range.last,
      );
    return { segment, change: changeOf(inside(old), inside(now))[0] };
  });
  const merged: { segment: AddressRange; change: Change }[] = [];
  for (const { segment, change } of changes) {
    const last = merged.at(-1);
    if (!change) continue;
    const same =
      last &&
      last.segment.last + 1n === segment.first &&
      last.change.before === change.before &&
      last.change.after === change.after;
    if (same) last.segment = { ...last.segment, last: segment.last };
    else merged.push({ segment, change });
  }
  return merged.map(({ segment, change }) => ({
    ...change,
    [side]: externalId(rangeText(segment)),
  }));
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

/** None where the same ports work in the same way. */
function changeOf(old: Ranged[], now: Ranged[]): Change[] {
  const working = (flows: Ranged[]) => flows.find(({ flow }) => flow.verdict === "allow")?.flow;
  const [before, after] = [working(old), working(now)];
  if (textOf(before) === textOf(after)) return [];
  const some = (before ?? after) as Flow;
  const stopped = now.find(
    ({ flow }) => flow.verdict !== "allow" && (!before || !after || flow.neededBy.length > 0),
  );
  const reason =
    after && !before
      ? after
      : (stopped?.flow ?? now.find(({ flow }) => flow.verdict !== "allow")?.flow ?? after);
  return [
    {
      from: some.from,
      to: some.to,
      before: textOf(before),
      after: textOf(after),
      needed: [...old, ...now].some(({ flow }) => flow.neededBy.length > 0),
      because: reason?.because ?? [],
    },
  ];
}

/** Ports, and which requests on them. */
function textOf(flow: Flow | undefined): string | undefined {
  if (!flow) return undefined;
  return flow.requests?.length ? `${flow.ports} (${flow.requests.join("; ")})` : flow.ports;
}

function without(mistakes: Mistake[], others: Mistake[]): Mistake[] {
  const known = new Set(others.map((mistake) => JSON.stringify(mistake)));
  return mistakes.filter((mistake) => !known.has(JSON.stringify(mistake)));
}
