import type { Lab } from "../../stacks/outputs.ts";
import type { ProbeResult } from "../verify/runner.ts";
import type { Terminal } from "./terminal.ts";

type Labs = Record<string, Lab>;

/**
 * Plays every scenario and probes it: those of a lab one after another, labs at the same time, for no lab's rules are
 * about another one's pods.
 * @param change plays scenarios, by lab; resolves with all labs as they are then
 * @returns lab by lab, each in the order of its scenarios
 */
export async function everyScenario(
  labs: Labs,
  screen: Terminal,
  change: (scenarios: Record<string, string>) => Promise<Labs>,
  ask: (labs: Labs) => Promise<ProbeResult[]>,
): Promise<ProbeResult[]> {
  const results: ProbeResult[] = [];
  for (let round = 0; ; round++) {
    const wanted: Record<string, string> = {};
    for (const [name, { scenarios }] of Object.entries(labs)) {
      const scenario = scenarios[round];
      if (scenario !== undefined) wanted[name] = scenario;
    }
    const names = Object.keys(wanted);
    if (names.length === 0) break;
    const title = names.map((name) => `${name}=${wanted[name]}`).join(", ");
    const played = await screen.step(`Playing ${title}`, () => change(wanted));
    results.push(
      ...(await ask(Object.fromEntries(names.map((name) => [name, played[name] as Lab])))),
    );
  }
  const order = Object.keys(labs);
  return results.sort((a, b) => order.indexOf(a.lab) - order.indexOf(b.lab));
}

/** What was played before. */
export function played(labs: Labs): Record<string, string> {
  return Object.fromEntries(Object.entries(labs).map(([name, { scenario }]) => [name, scenario]));
}
