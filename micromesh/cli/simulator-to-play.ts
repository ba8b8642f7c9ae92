import { type RunningOptions, start } from "./running.ts";
import { RunningSimulator, runningSimulator } from "./running-simulator.ts";
import type { Terminal } from "./terminal.ts";

/** A simulator whose scenarios are to be changed. */
export interface SimulatorToPlay {
  simulator: RunningSimulator;
  /** It belongs to somebody else, who wants it back as it was. */
  borrowed: boolean;
  /** Ends one of our own; another one runs on. */
  end(): Promise<void>;
}

/**
 * The simulator that runs, or else one of our own of a single lab.
 * @param ended resolves with an exit code when the person wants to leave: by then a simulator that isn't up yet ends
 * with this process
 * @throws UsageError for a lab that isn't there
 */
export async function simulatorToPlay(
  lab: string,
  options: RunningOptions,
  screen: Terminal,
  ended: Promise<number>,
): Promise<SimulatorToPlay> {
  const borrowed = await runningSimulator(options.controlPort, options.config);
  if (borrowed) return { simulator: borrowed, borrowed: true, end: async () => {} };
  const own = { ...options, lab: [lab] };
  const running = await Promise.race([
    screen.step(`Simulating lab ${lab}`, (progress) => start(own, progress)),
    ended,
  ]);
  // Its pods go with this process, by the run's reaper.
  if (typeof running === "number") process.exit(running);
  return {
    simulator: new RunningSimulator(running.controlPort),
    borrowed: false,
    end: () => screen.step("Stopping", () => running.stop()),
  };
}
