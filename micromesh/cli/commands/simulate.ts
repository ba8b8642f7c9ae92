import { allPassed } from "../../verify/report.ts";
import { simulatedRun, simulatedTransport } from "../../verify/simulated.ts";
import { overview } from "../overview.ts";
import { probe, show } from "../probing.ts";
import { type Running, type RunningOptions, start } from "../running.ts";
import { SIGNALLED, stopSignal } from "../signals.ts";
import { type Terminal, terminal } from "../terminal.ts";
import { watchStack } from "../watch.ts";

export interface SimulateOptions extends RunningOptions {
  once?: boolean;
  json?: boolean;
}

/** Runs the stack on this machine and probes it; stays up until it's told to end, or not (`--once`). */
export async function simulate(options: SimulateOptions): Promise<number> {
  const screen = terminal(options.json);
  const ended = stopSignal();
  const running = await Promise.race([
    screen.step(`Simulating stack ${options.stack}`, (progress) => start(options, progress)),
    ended,
  ]);
  // Ended before it was up: its pods go with this process, by the run's reaper.
  if (typeof running === "number") process.exit(running);
  try {
    for (const warning of running.warnings) screen.note(`warning: ${warning}`);
    const verdict = await Promise.race([verified(running, options, screen), ended]);
    if (options.once || verdict >= SIGNALLED) return verdict;
    if (!options.json) screen.out(`\n${overview(running, screen.width)}`);
    const stopWatching = watchStack(options.stack, () => replay(running, options, screen));
    const signal = await ended;
    stopWatching();
    return verdict === 0 && signal === SIGNALLED + 2 ? 0 : verdict || signal;
  } finally {
    await screen.step("Stopping", () => running.stop());
  }
}

async function verified(
  running: Running,
  options: SimulateOptions,
  screen: Terminal,
): Promise<number> {
  const { labs } = running.simulator.declaredOutputs;
  const results = await probe(screen, labs, simulatedTransport(running.controlPort), simulatedRun);
  show(screen, results, options.json === true);
  return allPassed(results) ? 0 : 1;
}

/** The stack's file has changed: what is declared now is played and probed. */
async function replay(running: Running, options: SimulateOptions, screen: Terminal): Promise<void> {
  try {
    const changes = await screen.step("Applying the stack's new configuration", () =>
      running.change({}),
    );
    for (const [verb, keys] of Object.entries(changes)) {
      for (const key of keys as string[]) screen.note(`  ${verb}: ${key}`);
    }
    await verified(running, options, screen);
  } catch (error) {
    screen.note(`micromesh: ${(error as Error).message}`);
  }
}
