/** What is being played: a lab in the simulator that runs, in a scenario that the person is to find out. */
import type { Telling } from "../../../stacks/telling.ts";
import type { Declaration } from "../../resources/declared.ts";
import { type DeclaredLab, told } from "../../resources/labs.ts";
import { UsageError } from "../../resources/usage-error.ts";
import type { RunningSimulator } from "../running-simulator.ts";

export interface Game {
  lab: string;
  simulator: Pick<RunningSimulator, "lab" | "change" | "pods" | "logs" | "observe" | "ask">;
  /** Picks one of so many, 1 or more: a number from 0. */
  pick: (count: number) => number;
  /** Declares the stack with the lab in a scenario. */
  declare: (scenario: string) => Promise<Declaration>;
  /** Columns to write in. */
  width: number;
}

/** @throws UsageError where the simulator has no such lab */
export function labOf({ lab, simulator }: Game): Promise<DeclaredLab> {
  return simulator.lab(lab);
}

/** The lab's first scenario, in which nothing is broken. */
export function baselineOf({ scenarios }: DeclaredLab): Telling {
  const [first] = scenarios;
  if (!first) throw new UsageError("the lab has no scenario to play");
  return first;
}

/** What is broken now. @throws UsageError where nothing is */
export function broken(lab: DeclaredLab): Telling {
  if (lab.scenario === baselineOf(lab).name) {
    throw new UsageError("nothing is broken: break something first (--break)");
  }
  return told(lab);
}

/** What may be broken: not the first, and of several in a row where they begin. */
export function breakable(lab: DeclaredLab): Telling[] {
  const first = baselineOf(lab);
  return lab.scenarios.filter(
    (one) => one !== first && (one.after === undefined || one.after === first.name),
  );
}

/** @throws UsageError with the scenarios that there are */
export function scenarioCalled(name: string, candidates: Telling[]): Telling {
  const found = candidates.find((one) => one.name === name);
  if (found) return found;
  const known = candidates.map((one) => one.name).join(", ");
  throw new UsageError(`${name} is not one of the scenarios to choose from; they are ${known}`);
}
