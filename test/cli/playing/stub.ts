/** A game without a simulator. */
import type { Game } from "../../../micromesh/cli/playing/game.ts";
import type { PodState } from "../../../micromesh/cli/running-simulator.ts";
import { SimulatorEnded } from "../../../micromesh/cli/running-simulator.ts";
import type { DeclaredLab } from "../../../micromesh/resources/labs.ts";
import { UsageError } from "../../../micromesh/resources/usage-error.ts";
import type { Observation } from "../../../micromesh/verify/client/observation.ts";
import { originName, ProbeError } from "../../../micromesh/verify/transport.ts";
import type { Request, WorkloadRef } from "../../../stacks/outputs.ts";
import { probeOf } from "../../verify/samples.ts";
import { tellingOf } from "../../verify/timeline/tellings.ts";

export function podOf(
  namespace: string,
  workload: string,
  id: string,
  more: Partial<PodState> = {},
): PodState {
  return {
    namespace,
    name: `${workload}-${id}`,
    owner: `Deployment ${workload}`,
    ip: "10.0.0.1",
    phase: "Running",
    ready: true,
    terminating: false,
    containers: [{ name: workload, restarts: 0 }],
    ...more,
  };
}

/** A lab with secrets that are easily found where they don't belong. */
const scenarios = [
  tellingOf("open", { title: "All is well" }),
  tellingOf("SECRET-one", { title: "TITLE-one of something long", symptom: "One is slow." }),
  tellingOf("SECRET-two", { title: "TITLE-two", symptom: "Two is slow." }),
  tellingOf("SECRET-three", { title: "TITLE-three", symptom: "Three.", after: "SECRET-two" }),
];

const probe = (name: string, host: string) =>
  probeOf({ name, request: { kind: "tcp", host, port: 1 }, expect: {} });

export class StubSimulator {
  scenario = "open";
  ended = false;
  readonly changes: string[] = [];
  readonly asked: { from: string; request: Request }[] = [];
  /** What hosts answer; by default they do. */
  answers: Record<string, Partial<Observation> | Error> = {};
  logLines = ["one", "two"];
  runningPods = [
    podOf("items", "api", "1"),
    podOf("items", "api", "2", { ready: false }),
    podOf("items", "db", "0", { ready: false, phase: "Pending", ip: undefined }),
    podOf("web", "client", "1"),
    podOf("items", "client", "1"),
  ];

  async lab(name: string): Promise<DeclaredLab> {
    await this.ask();
    if (name !== "items") throw new UsageError(`lab ${name}: it has items`);
    const probes = [probe("the API talks to db", "db"), probe("the API talks to cache", "cache")];
    const isOpen = this.scenario === "open";
    return { title: "?", scenario: this.scenario, scenarios, before: isOpen ? [] : probes, probes };
  }

  async change({ items = "" }: Record<string, string>): Promise<void> {
    await this.ask();
    this.changes.push(items);
    this.scenario = items;
  }

  async pods(): Promise<PodState[]> {
    await this.ask();
    return this.runningPods;
  }

  async logs(namespace: string, pod: string): Promise<string[]> {
    return this.logLines.map((line) => `${namespace}/${pod} ${line}`);
  }

  async observe(from: "outside" | WorkloadRef, request: Request): Promise<Observation> {
    this.asked.push({ from: originName(from), request });
    const host = request.kind === "tcp" ? request.host : "";
    const answer = this.answers[host] ?? {};
    if (this.ended) throw new ProbeError("no simulator runs");
    if (answer instanceof Error) throw answer;
    // An open connection has an answer, if an empty one.
    return { ms: 1, ...(answer.failure === undefined ? { body: "" } : {}), ...answer };
  }

  async ask(): Promise<unknown> {
    if (this.ended) throw new SimulatorEnded("the simulator has ended in the meantime");
    return {};
  }
}

export function gameWith(simulator: StubSimulator, more: Partial<Game> = {}): Game {
  return {
    lab: "items",
    simulator,
    pick: () => 0,
    declare: async () => ({ resources: [], outputs: {}, warnings: [] }) as never,
    width: 80,
    ...more,
  };
}
