/** What is drawn of a comparison. */
import type { Change, Party, Prediction, PredictionDiff } from "../../prediction.ts";
import { headline, kindOf } from "../changes.ts";
import { pairState, pairsOf } from "../pairs.ts";
import { ALL } from "../ports.ts";
import { standIns } from "./by-namespace.ts";
import { fold, type Pair } from "./fold.ts";
import { groupsOf } from "./groups.ts";
import type { Edge, Group, Picture, Tone } from "./picture.ts";
import { MOST_BOXES } from "./predicted.ts";
import { trimmed } from "./trim.ts";

/** All ranges of addresses outside are one box. */
const RANGES: Party = { id: "outside", kind: "external", name: "outside", listens: "" };

/** Changes of needed flows are an edge each, others are folded; needed flows that stay are faint. */
export function compared(diff: PredictionDiff, after: Prediction): Picture {
  const known = new Map(after.parties.map((p) => [p.id, p]));
  for (const { from, to } of diff.changes) {
    for (const id of [from, to]) if (!known.has(id)) known.set(id, partyOf(id));
  }
  const shown = shownAs([...known.values()]);
  const changes = merged(diff.changes, shown);
  const parties = [...new Map([...known.keys()].map((id) => [shown(id).id, shown(id)])).values()];
  const groups = groupsOf(parties);
  const urgent = changes.filter((change) => change.needed);
  const edges = [
    ...urgent.map((change) => edge(change, toneOf(change))),
    ...folded(changes, parties, groups),
    ...unchanged(after, shown, changes),
  ];
  return {
    title: `${diff.before} → ${diff.after}`,
    subtitle: headline(diff),
    groups: trimmed(groups, edges),
    edges,
  };
}

/** A party that only the first prediction has, as its id tells. */
function partyOf(id: string): Party {
  const [, namespace, name = id, kind = ""] = /^(?:([^/[\]]+)\/)?(.+)\[(\w+)\]$/.exec(id) ?? [];
  if (id.startsWith("{")) return { id, kind: "controller", name: id, listens: "" };
  if (kind === "External") return { id, kind: "external", name, listens: "" };
  const own = kind === "Service" ? "service" : "workload";
  return { id, kind: own, name, listens: "", ...(namespace === undefined ? {} : { namespace }) };
}

/** A host outside that is known by name keeps its box; ranges begin with an address. */
function shownAs(parties: Party[]): (id: string) => Party {
  const inside = parties.filter((p) => p.kind !== "external").length;
  const places: ReadonlyMap<string, Party> =
    inside > MOST_BOXES ? standIns(parties) : new Map(parties.map((p) => [p.id, p]));
  return (id) => {
    const party = places.get(id) ?? partyOf(id);
    return party.kind === "external" && /^[\da-f.:]+-[\da-f.:]+\[/i.test(id) ? RANGES : party;
  };
}

/** Changes between what is shown, each once. */
function merged(changes: readonly Change[], shown: (id: string) => Party): Change[] {
  const found = new Map<string, Change>();
  for (const change of changes) {
    const [from, to] = [shown(change.from).id, shown(change.to).id];
    if (from === to) continue;
    const key = JSON.stringify([from, to, kindOf(change), change.needed]);
    if (!found.has(key)) found.set(key, { ...change, from, to });
  }
  return [...found.values()];
}

function toneOf(change: Change): Tone {
  const kind = kindOf(change);
  return kind === "removed" && change.needed ? "lost" : kind;
}

/** Ports say something where not all are meant. */
function labelOf({ before, after }: Change): string {
  if (before !== undefined && after !== undefined) return `${brief(before)} → ${brief(after)}`;
  const ports = after ?? before ?? "";
  return ports === ALL ? "" : ports;
}

function brief(ports: string): string {
  return ports === ALL ? "all" : ports;
}

function edge(change: Change, tone: Tone): Edge {
  return {
    from: { kind: "box", id: change.from },
    to: { kind: "box", id: change.to },
    tone,
    label: labelOf(change),
    tip: change.because.join("\n"),
  };
}

const WORDS: Partial<Record<Tone, [everyone: string, within: string, more: string]>> = {
  added: ["+ open to everyone", "+ open within", "+ open to"],
  removed: ["− closed to everyone", "− closed within", "− closed to"],
  changed: ["other ports for everyone", "other ports within", "other ports for"],
};

/** Edges for the changes that nothing needs, and notes in place of too many. */
function folded(changes: readonly Change[], parties: readonly Party[], groups: Group[]): Edge[] {
  const keyOf = (change: Change) => JSON.stringify([kindOf(change), labelOf(change)]);
  const told = forEveryone(changes, parties, groups);
  const pairs = changes
    .filter((change) => !told.has(change))
    .map((change): Pair => ({ from: change.from, to: change.to, key: keyOf(change) }));
  const because = new Map(changes.map((c) => [keyOf(c), c.because]));
  const members = new Map(
    groups.map((g) => [g.id, g.boxes.filter((b) => b.kind !== "service").map((b) => b.id)]),
  );
  // A needed one has an edge of its own, but belongs to what all of a group have in common.
  const drawn = new Set(changes.filter((c) => c.needed).map((c) => `${c.from} ${c.to}`));
  const { edges, left } = fold(pairs, members);
  const counts = new Map<string, number>();
  for (const { from, to, key } of left) {
    if (drawn.has(`${from} ${to}`)) continue;
    const place = JSON.stringify([to, JSON.parse(key)[0]]);
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  for (const box of groups.flatMap((g) => g.boxes)) {
    for (const tone of ["removed", "changed", "added"] as const) {
      const count = counts.get(JSON.stringify([box.id, tone])) ?? 0;
      if (count > 0) box.notes.push({ text: `${WORDS[tone]?.[2]} ${count} more`, tone });
    }
  }
  return edges.flatMap(({ from, to, key }) => {
    const [tone, label] = JSON.parse(key) as ["added" | "removed" | "changed", string];
    if (drawn.has(`${from.id} ${to.id}`)) return [];
    if (from.kind === "box" || from.id !== to.id) {
      return [{ from, to, tone, label, tip: (because.get(key) ?? []).join("\n") }];
    }
    const text = `${WORDS[tone]?.[1]}${label === "" ? "" : `: ${label}`}`;
    groups.find((g) => g.id === from.id)?.notes.push({ text, tone });
    return [];
  });
}

/** Notes where all other workloads have the same change to one; @returns the changes that these tell. */
function forEveryone(
  changes: readonly Change[],
  parties: readonly Party[],
  groups: readonly Group[],
): Set<Change> {
  const workloads = new Set(parties.filter((p) => p.kind === "workload").map((p) => p.id));
  const told = new Set<Change>();
  const byBox = new Map<string, Change[]>();
  for (const change of changes) {
    if (!workloads.has(change.from)) continue;
    const key = JSON.stringify([change.to, kindOf(change)]);
    const own = byBox.get(key);
    if (own) own.push(change);
    else byBox.set(key, [change]);
  }
  for (const box of groups.flatMap((g) => g.boxes)) {
    for (const tone of ["removed", "changed", "added"] as const) {
      const own = byBox.get(JSON.stringify([box.id, tone])) ?? [];
      const others = workloads.size - Number(workloads.has(box.id));
      if (others < 3 || new Set(own.map((c) => c.from)).size < others) continue;
      box.notes.push({ text: WORDS[tone]?.[0] ?? "", tone });
      for (const change of own) told.add(change);
    }
  }
  return told;
}

function unchanged(
  after: Prediction,
  shown: (id: string) => Party,
  changes: readonly Change[],
): Edge[] {
  const pairs = pairsOf(after);
  const edges = new Map<string, Edge>(changes.map((c) => [`${c.from} ${c.to}`, edge(c, "faint")]));
  const changed = new Set(edges.keys());
  for (const flow of after.flows) {
    if (flow.neededBy.length === 0) continue;
    const [from, to] = [shown(flow.from).id, shown(flow.to).id];
    const key = `${from} ${to}`;
    if (from === to || edges.has(key)) continue;
    const state = pairState(pairs, flow.from, flow.to);
    const label = state === "cut" ? "denied" : state === "broken" ? "broken" : "";
    edges.set(key, {
      from: { kind: "box", id: from },
      to: { kind: "box", id: to },
      tone: "faint",
      label,
      tip: flow.because.join("\n"),
    });
  }
  return [...edges].filter(([key]) => !changed.has(key)).map(([, faint]) => faint);
}
