/** The flows that a reader has to do something about, those with one cause together. */
import type { Flow, Prediction } from "../prediction.ts";
import { needed } from "./pairs.ts";
import { reasonKey, shared } from "./reasons.ts";

/** Needed flows that are denied, or broken ones, which have one cause. */
export interface Attention {
  verdict: "deny" | "broken";
  needed: boolean;
  /** Ids of parties: every source fails to reach every destination. */
  from: string[];
  to: { id: string; ports: string }[];
  /** Of one flow as an example, where they differ in the names of its ends. */
  because: string[];
  neededBy: string[];
}

/**
 * What needs attention, the worst first: needed and denied, needed and broken, broken without need.
 * Sources of one destination that fail for the same reason are one entry, and so are destinations that
 * the same sources fail to reach for the same reason.
 */
export function attention(prediction: Prediction): Attention[] {
  const byDestination = groupedBy(prediction.flows.filter(deservesAttention), (flow) => [
    flow.verdict,
    needed(flow),
    flow.to,
    flow.ports,
    reasonKey(flow),
  ]);
  const entries = groupedBy(byDestination, (flows) => [
    flows[0]?.verdict,
    flows[0] && needed(flows[0]),
    flows[0] && reasonKey(flows[0]),
    flows.map((flow) => flow.from),
  ]);
  return entries.map(entry).sort((a, b) => rank(a) - rank(b));
}

function groupedBy<T>(items: readonly T[], what: (item: T) => unknown[]): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = JSON.stringify(what(item));
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()];
}

/** @param destinations the flows to each */
function entry(destinations: readonly Flow[][]): Attention {
  const flows = destinations.flat();
  return {
    verdict: flows[0]?.verdict === "deny" ? "deny" : "broken",
    needed: flows.some(needed),
    from: [...new Set(flows.map((flow) => flow.from))],
    to: destinations.map(([flow]) => ({ id: flow?.to ?? "", ports: flow?.ports ?? "" })),
    because: shared(flows),
    neededBy: [...new Set(flows.flatMap((flow) => flow.neededBy))],
  };
}

function deservesAttention(flow: Flow): boolean {
  if (flow.verdict === "allow") return false;
  return needed(flow) || (flow.verdict === "broken" && flow.reachesListener);
}

function rank({ needed: must, verdict }: Attention): number {
  if (!must) return 2;
  return verdict === "deny" ? 0 : 1;
}
