/** Sources by destinations, with as many lines as a reader can take in. */
import type { Party, Prediction } from "../prediction.ts";
import { names } from "./names.ts";
import { mergeStates, type PairState, type Pairs, pairState, pairsOf } from "./pairs.ts";

/** One row, and one column: a party, or several that are seen as one. */
export interface Line {
  /** The namespace; empty for what is in none. */
  heading: string;
  /** Within its heading: `redis`, `cart ×3`, `outside`. */
  name: string;
  /** With its namespace: `d-redis/redis`. */
  fullName: string;
  /** What a single party listens on; empty otherwise. */
  listens: string;
  members: Party[];
}

/**
 * - `ranges`: all that is outside is one line
 * - `twins`: workloads of one namespace, too, that differ from each other in nothing shown
 * - `namespaces`: each namespace is one line
 */
export type Fold = "nothing" | "ranges" | "twins" | "namespaces";

export interface Matrix {
  lines: Line[];
  state(from: Line, to: Line): PairState;
  /** Something may flow from it, or to it: a Service without pods is no source. */
  isSource(line: Line): boolean;
  isDestination(line: Line): boolean;
}

/** @param fold what is seen as one */
export function matrix(
  prediction: Prediction,
  fold: Fold,
  pairs: Pairs = pairsOf(prediction),
): Matrix {
  const lines = linesOf(prediction, fold, pairs);
  const destinations = new Set(prediction.flows.map((flow) => flow.to));
  const isWorkload = (party: Party) => party.kind === "workload";
  return {
    lines,
    state: (from, to) => stateOf(pairs, from, to),
    isSource: (line) => line.members.some((m) => isWorkload(m) || pairs.has(m.id)),
    isDestination: (line) => line.members.some((m) => isWorkload(m) || destinations.has(m.id)),
  };
}

function stateOf(pairs: Pairs, from: Line, to: Line): PairState {
  const states = new Set<PairState>();
  for (const a of from.members) {
    for (const b of to.members) {
      if (a !== b || (from === to && from.members.length === 1)) {
        states.add(pairState(pairs, a.id, b.id));
      }
    }
  }
  return from === to && from.members.every((m) => m.kind === "external")
    ? "self"
    : mergeStates(states);
}

function linesOf(prediction: Prediction, fold: Fold, pairs: Pairs): Line[] {
  const nameOf = names(prediction.parties.map((p) => p.id));
  const single = (party: Party): Line => {
    const fullName = nameOf(party.id);
    const prefix = `${party.namespace}/`;
    return {
      heading: party.namespace ?? "",
      name: fullName.startsWith(prefix)
        ? fullName.slice(prefix.length)
        : shortened(party, fullName),
      fullName,
      listens: party.listens,
      members: [party],
    };
  };
  const inside = prediction.parties.filter((p) => p.kind !== "external");
  const outside = prediction.parties.filter((p) => p.kind === "external");
  const byHeading = new Map<string, Party[]>();
  for (const party of inside) {
    const heading = party.namespace ?? "";
    byHeading.set(heading, [...(byHeading.get(heading) ?? []), party]);
  }
  // What has no namespace, the way in, comes after all that has one.
  const groups = [...byHeading].sort(([a], [b]) => Number(a === "") - Number(b === ""));
  const lines = groups.flatMap(([heading, parties]) => {
    if (heading !== "" && fold === "namespaces" && parties.length > 1) {
      return [crowd(heading, `all ${parties.length}`, `all of ${heading}`, parties)];
    }
    const apart = parties.map(single);
    return fold === "twins" ? foldTwins(prediction, apart, pairs) : apart;
  });
  if (outside.length > 1 && fold !== "nothing") {
    lines.push(crowd("", "outside", "outside", outside));
  } else lines.push(...outside.map(single));
  return lines;
}

function shortened(party: Party, fullName: string): string {
  return party.kind === "service" ? `Service ${party.name}` : fullName;
}

function crowd(heading: string, name: string, fullName: string, members: Party[]): Line {
  return { heading, name, fullName, listens: "", members };
}

/**
 * Twins reach the same, are reached by the same, and see each other alike; that is an equivalence, so
 * comparing with the first of each set is enough.
 */
function foldTwins(prediction: Prediction, lines: Line[], pairs: Pairs): Line[] {
  const sets: Line[][] = [];
  for (const line of lines) {
    const set = sets.find(([first]) => first && twins(prediction, pairs, first, line));
    if (set) set.push(line);
    else sets.push([line]);
  }
  return sets.flatMap((set) => {
    const [first] = set;
    if (!first || set.length === 1) return set;
    const name = `${first.name} ×${set.length}`;
    const members = set.flatMap((line) => line.members);
    return [crowd(first.heading, name, `${first.fullName} ×${set.length}`, members)];
  });
}

function twins(prediction: Prediction, pairs: Pairs, a: Line, b: Line): boolean {
  const [p, q] = [a.members[0], b.members[0]];
  if (!p || !q || p.kind !== q.kind) return false;
  if (pairState(pairs, p.id, q.id) !== pairState(pairs, q.id, p.id)) return false;
  const [fromP, fromQ] = [pairs.get(p.id), pairs.get(q.id)];
  return prediction.parties.every(({ id }) => {
    if (id === p.id || id === q.id) return true;
    if ((fromP?.get(id)?.state ?? "denied") !== (fromQ?.get(id)?.state ?? "denied")) return false;
    const toBoth = pairs.get(id);
    return (toBoth?.get(p.id)?.state ?? "denied") === (toBoth?.get(q.id)?.state ?? "denied");
  });
}
