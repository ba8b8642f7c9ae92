import type { Lab } from "../../stacks/outputs.ts";
import { formatJson, formatReport } from "../verify/report.ts";
import { type ProbeResult, type RunOptions, runProbes } from "../verify/runner.ts";
import type { Transport } from "../verify/transport.ts";
import type { Terminal } from "./terminal.ts";

/** Runs the labs' probes and shows how far they are. */
export function probe(
  screen: Terminal,
  labs: Record<string, Lab>,
  transport: Transport,
  options: Pick<RunOptions, "settleSeconds" | "labsAtOnce">,
): Promise<ProbeResult[]> {
  const total = Object.values(labs).reduce((sum, lab) => sum + lab.probes.length, 0);
  const scenarios = Object.entries(labs).map(([name, lab]) => `${name}=${lab.scenario}`);
  return screen.step(`Probing ${scenarios.join(", ")}`, (progress) => {
    const seen = new Set<string>();
    return runProbes(labs, transport, {
      ...options,
      onResult: ({ lab, probe }) => {
        seen.add(`${lab} ${probe.name}`);
        progress(`${seen.size} of ${total}`);
      },
    });
  });
}

export function show(screen: Terminal, results: ProbeResult[], json: boolean): void {
  const { width, colours: colour } = screen;
  screen.out(json ? formatJson(results) : formatReport(results, { width, colour }));
}

/** Labs by name; all of them where none is named. */
export function chosen(
  labs: Record<string, Lab>,
  names: string[] | undefined,
): Record<string, Lab> {
  return Object.fromEntries(
    Object.entries(labs).filter(([name]) => names === undefined || names.includes(name)),
  );
}
