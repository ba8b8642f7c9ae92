/** What a reader asks of two parties: may one reach what the other listens on, and must it? */
import type { Flow, Prediction } from "../prediction.ts";
import { covers } from "./ports.ts";

/**
 * - `works`: permitted and needed
 * - `permitted`: permitted, and nothing needs it
 * - `partial`: permitted for some ports or addresses only
 * - `denied`: a policy cuts it, and nothing needs it
 * - `cut`: needed, but denied
 * - `broken`: permitted, yet it can't work
 * - `self`: both ends are the same
 */
export type PairState = "works" | "permitted" | "partial" | "denied" | "cut" | "broken" | "self";

/** Needed by something that is declared. */
export function needed(flow: Flow): boolean {
  return flow.neededBy.length > 0;
}

/** What is known of two different parties. */
export interface Pair {
  flows: Flow[];
  state: PairState;
}

/** Pairs that have flows, by source and then destination. */
export type Pairs = ReadonlyMap<string, ReadonlyMap<string, Readonly<Pair>>>;

export function pairsOf(prediction: Prediction): Pairs {
  const pairs = new Map<string, Map<string, Pair>>();
  for (const flow of prediction.flows) {
    const destinations = pairs.get(flow.from) ?? new Map<string, Pair>();
    pairs.set(flow.from, destinations);
    const pair = destinations.get(flow.to);
    if (pair) pair.flows.push(flow);
    else destinations.set(flow.to, { flows: [flow], state: "denied" });
  }
  const listens = new Map(prediction.parties.map((party) => [party.id, party.listens]));
  for (const [from, destinations] of pairs) {
    for (const [to, pair] of destinations) {
      pair.state = from === to ? "self" : judge(pair.flows, listens.get(to) ?? "");
    }
  }
  return pairs;
}

/** A pair without flows is denied: every permitted pair has one. */
export function pairState(pairs: Pairs, from: string, to: string): PairState {
  return from === to ? "self" : (pairs.get(from)?.get(to)?.state ?? "denied");
}

function judge(flows: readonly Flow[], listens: string): PairState {
  const has = (verdict: Flow["verdict"], must: boolean) =>
    flows.some((f) => f.verdict === verdict && (must ? needed(f) : f.reachesListener));
  if (has("deny", true)) return "cut";
  if (has("broken", true)) return "broken";
  if (has("allow", true)) return "works";
  if (has("broken", false)) return "broken";
  if (!has("allow", false)) return "denied";
  return has("deny", false) || !covers(openPorts(flows), listens) ? "partial" : "permitted";
}

/** The ports that no policy denies, of those flows that reach what is listened on. */
export function openPorts(flows: readonly Flow[]): string[] {
  return flows.filter((f) => f.verdict !== "deny" && f.reachesListener).map((f) => f.ports);
}

/** The state of many pairs seen as one: what needs attention wins, and differences show. */
export function mergeStates(states: Iterable<PairState>): PairState {
  const seen = new Set(states);
  for (const state of ["cut", "broken", "works", "partial"] as const) {
    if (seen.has(state)) return state;
  }
  if (seen.has("permitted")) return seen.has("denied") ? "partial" : "permitted";
  return seen.has("self") && !seen.has("denied") ? "self" : "denied";
}
