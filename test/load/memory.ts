/** How much memory processes take, as time goes by. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { SERVICES } from "../apps/shop/front-door/doors.ts";
import { type Pods, spared } from "./replicas.ts";
import type { Point } from "./trend.ts";

const KIB = 1024;
export const MIB = KIB * KIB;

/** The processes that live through the whole run, by what they are called in the report. */
export function watched(simulator: number, pods: Pods): Map<string, number> {
  const processes = new Map([["simulator", simulator]]);
  const pid = (prefix: string) =>
    pods.find(({ name }) => name.startsWith(`${prefix}-`))?.containers[0]?.pid;
  for (const name of ["gateway", "registry", "store"]) processes.set(name, pid(name) ?? 0);
  for (const name of SERVICES) processes.set(name, spared(pods, name)?.containers[0]?.pid ?? 0);
  return processes;
}

/** The resident set of each process over time. */
export class Memory {
  readonly series = new Map<string, Point[]>();
  readonly #processes: Map<string, number>;

  /** @param processes their ids, by name */
  constructor(processes: Map<string, number>) {
    this.#processes = processes;
    for (const name of processes.keys()) this.series.set(name, []);
  }

  /** Measures all of them. @param at seconds @throws Error if one isn't there any more */
  async measure(at: number): Promise<void> {
    const sizes = await residentSets([...this.#processes.values()]);
    for (const [name, pid] of this.#processes) {
      const size = sizes.get(pid);
      if (size === undefined) throw new Error(`the process of ${name}, ${pid}, has ended`);
      this.series.get(name)?.push([at, size]);
    }
  }
}

/** Bytes by process id. */
async function residentSets(pids: number[]): Promise<Map<number, number>> {
  const { stdout } = await promisify(execFile)("ps", ["-o", "pid=,rss=", "-p", pids.join()]);
  return new Map(
    stdout
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/\s+/).map(Number) as [number, number])
      .map(([pid, kib]) => [pid, kib * KIB]),
  );
}
