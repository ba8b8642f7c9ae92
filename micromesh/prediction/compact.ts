/** A prediction as a stack output: small, and line by line, so that a preview's diff reads as flows. */
import { needed } from "./formats/pairs.ts";
import type { Flow, Prediction } from "./prediction.ts";

/**
 * Permitted flows as `ports` by destination and source; what something needs and doesn't get, as
 * `denied: TCP 6379` or `broken: TCP 6379`. All ranges of addresses outside count as they are.
 */
export type Connectivity = Record<string, Record<string, string>>;

export function compact({ flows }: Prediction): Connectivity {
  const result: Connectivity = {};
  for (const flow of flows) {
    if (flow.verdict !== "allow" && !needed(flow)) continue;
    const bySource = result[flow.to] ?? {};
    result[flow.to] = bySource;
    const text = bySource[flow.from];
    bySource[flow.from] = text === undefined ? textOf(flow) : `${text}; ${textOf(flow)}`;
  }
  return result;
}

function textOf({ verdict, ports, requests }: Flow): string {
  const which = requests?.length ? `${ports} (${requests.join("; ")})` : ports;
  return verdict === "allow" ? which : `${verdict === "deny" ? "denied" : "broken"}: ${which}`;
}
