/** What is drawn of a prediction. */
import type { Flow, Party, Prediction } from "../../prediction.ts";
import { needed, openPorts, type PairState, type Pairs, pairsOf } from "../pairs.ts";
import { covers, portsLabel } from "../ports.ts";
import { summary, tally } from "../summary.ts";
import { byNamespace } from "./by-namespace.ts";
import { fold, type Pair } from "./fold.ts";
import { groupsOf } from "./groups.ts";
import { openness, type Reach } from "./openness.ts";
import type { Edge, Group, Picture, Tone } from "./picture.ts";

/** More boxes than this are no picture: then a namespace is one box. */
export const MOST_BOXES = 90;

/**
 * Needed flows and broken ones are an edge each. What else is permitted is folded: into notes, where
 * everyone is meant, and into edges between groups; see {@link fold}.
 */
export function predicted(original: Prediction): Picture {
  const inside = original.parties.filter((p) => p.kind !== "external").length;
  const prediction = inside > MOST_BOXES ? byNamespace(original) : original;
  const pairs = pairsOf(prediction);
  const parties = shownParties(prediction, pairs);
  const groups = groupsOf(parties);
  const required = requiredEdges(prediction, pairs);
  const reach = reachOf(prediction, pairs);
  const folded = openness(prediction.parties, groups, reach);
  const drawn = new Set(required.map((e) => `${e.from.id} ${e.to.id}`));
  return {
    title: original.of,
    subtitle: summary(tally(original)),
    groups,
    edges: [...required, ...permittedEdges(parties, groups, reach, folded, drawn)],
  };
}

/** Of what is outside, only what a drawn flow leads to or from; notes tell the rest. */
function shownParties(prediction: Prediction, pairs: Pairs): Party[] {
  const ends = new Set<string>();
  for (const [from, destinations] of pairs) {
    for (const [to, { state }] of destinations) {
      if (REQUIRED[state]) ends.add(from).add(to);
    }
  }
  return prediction.parties.filter((p) => p.kind !== "external" || ends.has(p.id));
}

const REQUIRED: Partial<Record<PairState, Tone>> = { works: "works", cut: "cut", broken: "broken" };

function requiredEdges(prediction: Prediction, pairs: Pairs): Edge[] {
  const known = new Map(prediction.parties.map((p) => [p.id, p]));
  const edges: Edge[] = [];
  for (const [from, destinations] of pairs) {
    for (const [to, { flows, state }] of destinations) {
      const tone = REQUIRED[state];
      const destination = known.get(to);
      if (!tone || !destination || !known.has(from)) continue;
      const verdict = tone === "works" ? "allow" : tone === "cut" ? "deny" : "broken";
      const own = flows.filter((f) => f.verdict === verdict);
      const shown = own.some(needed) ? own.filter(needed) : own;
      edges.push({
        from: { kind: "box", id: from },
        to: { kind: "box", id: to },
        tone,
        label: [...new Set(shown.map((f) => labelOf(f, destination)))].filter(Boolean).join("; "),
        tip: [...new Set(shown.flatMap((f) => [...f.because, ...f.neededBy]))].join("\n"),
      });
    }
  }
  return edges;
}

function labelOf(flow: Flow, to: Party): string {
  const texts = [portsLabel(flow.ports, to.listens), ...(flow.requests ?? [])];
  return texts.filter((text) => text !== "").join(" ");
}

/** The ports that one may reach of another: empty: all that count; undefined: none. */
function reachOf(prediction: Prediction, pairs: Pairs): Reach {
  const listens = new Map(prediction.parties.map((party) => [party.id, party.listens]));
  return (from, to) => {
    const flows = pairs.get(from)?.get(to)?.flows ?? [];
    const open = openPorts(flows);
    if (open.length === 0) return undefined;
    const denied = flows.some((f) => f.verdict === "deny" && f.reachesListener);
    return !denied && covers(open, listens.get(to) ?? "") ? "" : [...new Set(open)].join(",");
  };
}

function permittedEdges(
  parties: readonly Party[],
  groups: readonly Group[],
  reach: Reach,
  told: ReturnType<typeof openness>,
  drawn: ReadonlySet<string>,
): Edge[] {
  const pairs: Pair[] = [];
  for (const to of parties) {
    if (to.kind !== "workload" || told.openToEveryone.has(to.id)) continue;
    for (const from of parties) {
      if (from.kind === "external" || told.reachesEveryone.has(from.id)) continue;
      const key = from.id === to.id ? undefined : reach(from.id, to.id);
      if (key !== undefined) pairs.push({ from: from.id, to: to.id, key });
    }
  }
  const members = new Map(groups.map((g) => [g.id, g.boxes.map((b) => b.id)]));
  const edges: Edge[] = [];
  const folded = fold(pairs, workloadsOnly(members, parties));
  for (const { from, to, key } of folded.edges) {
    if (from.kind === "group" && from.id === to.id) {
      const text = key === "" ? "open within" : `open within: ${key}`;
      groups.find((g) => g.id === from.id)?.notes.push({ text });
    } else if (!drawn.has(`${from.id} ${to.id}`)) {
      const tip = "permitted; nothing needs it";
      edges.push({ from, to, tone: "permitted", label: key, tip });
    }
  }
  const left = folded.left.filter(({ from, to }) => !drawn.has(`${from} ${to}`));
  for (const box of groups.flatMap((g) => g.boxes)) {
    const count = left.filter(({ to }) => to === box.id).length;
    if (count > 0) box.notes.push({ text: `open to ${count} more` });
  }
  return edges;
}

/** A Service without pods isn't one of those that everyone in a namespace means. */
function workloadsOnly(
  members: ReadonlyMap<string, string[]>,
  parties: readonly Party[],
): Map<string, string[]> {
  const idle = new Set(parties.filter((p) => p.kind === "service").map((p) => p.id));
  return new Map([...members].map(([group, ids]) => [group, ids.filter((id) => !idle.has(id))]));
}
