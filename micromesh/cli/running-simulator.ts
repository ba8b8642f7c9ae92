/** The simulator that runs already, in another process: what the commands ask of it through its control port. */
import { z } from "zod";
import {
  type Request,
  type StackOutputs,
  stackOutputs,
  type WorkloadRef,
} from "../../stacks/outputs.ts";
import { type DeclaredLab, declaredLab } from "../resources/labs.ts";
import { UsageError } from "../resources/usage-error.ts";
import type { Observation } from "../verify/client/observation.ts";
import { simulatedTransport } from "../verify/simulated.ts";

/** It was there, and there is nothing left to ask. */
export class SimulatorEnded extends UsageError {}

/** The part of `GET /api/state` that tells of the stack and its pods. */
const stateSchema = z.object({
  stack: z.string(),
  pods: z.array(
    z.object({
      namespace: z.string(),
      name: z.string(),
      /** `Deployment api` */
      owner: z.string(),
      ip: z.string().optional(),
      phase: z.string(),
      ready: z.boolean(),
      terminating: z.boolean(),
      containers: z.array(z.object({ name: z.string(), restarts: z.number() })),
    }),
  ),
});
export type PodState = z.infer<typeof stateSchema>["pods"][number];

const labsSchema = z.record(z.string(), declaredLab);
const logSchema = z.object({ lines: z.array(z.object({ line: z.string() })) });
const errorSchema = z.object({ error: z.string() });

export class RunningSimulator {
  readonly controlPort: number;

  /** @param controlPort where one is known to listen; see {@link runningSimulator} */
  constructor(controlPort: number) {
    this.controlPort = controlPort;
  }

  async outputs(): Promise<StackOutputs> {
    return this.#read("/api/outputs", stackOutputs);
  }

  /** The name of the stack that it simulates. */
  async stack(): Promise<string> {
    return (await this.#read("/api/state", stateSchema)).stack;
  }

  /** A lab, with its scenarios told. @throws UsageError where it has no such lab */
  async lab(name: string): Promise<DeclaredLab> {
    const labs = await this.#read("/api/labs", labsSchema);
    const found = labs[name];
    if (found) return found;
    throw new UsageError(
      `lab ${name}: the simulator on port ${this.controlPort} has no such lab; it has ${Object.keys(labs).join(", ")}`,
    );
  }

  /** Plays these scenarios, by lab; resolves when every pod obeys. @throws UsageError as the program's config does */
  async change(scenarios: Record<string, string>): Promise<void> {
    await this.ask("/api/scenarios", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(scenarios),
    });
  }

  async pods(): Promise<PodState[]> {
    return (await this.#read("/api/state", stateSchema)).pods;
  }

  /** The latest lines of a pod, oldest first. */
  async logs(namespace: string, pod: string): Promise<string[]> {
    const path = `/api/logs/${encodeURIComponent(namespace)}/${encodeURIComponent(pod)}`;
    return (await this.#read(path, logSchema)).lines.map(({ line }) => line);
  }

  /** @throws ProbeError where it couldn't be asked */
  observe(
    from: "outside" | WorkloadRef,
    request: Request,
    timeoutMs: number,
  ): Promise<Observation> {
    return simulatedTransport(this.controlPort).observe(from, request, timeoutMs);
  }

  /** @throws SimulatorEnded; UsageError where it says what is wrong with the request */
  async ask(path: string, init?: RequestInit): Promise<unknown> {
    const { controlPort } = this;
    let response: Response;
    let text: string;
    try {
      response = await fetch(`http://127.0.0.1:${controlPort}${path}`, init);
      text = await response.text();
    } catch {
      throw new SimulatorEnded(
        `the simulator on port ${controlPort} has ended in the meantime; run it again, or go on without it`,
      );
    }
    const answer = json(text);
    if (response.ok) return answer;
    const { data } = errorSchema.safeParse(answer);
    throw new UsageError(data?.error ?? this.#strange(path, response.status));
  }

  async #read<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    const { data, success } = schema.safeParse(await this.ask(path));
    if (!success) throw new UsageError(this.#strange(path, "something else"));
    return data;
  }

  #strange(path: string, answer: number | string): string {
    return `the simulator on port ${this.controlPort} answers ${answer} to ${path}: is it of another version? Start it anew`;
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The simulator on a control port; undefined where none answers.
 * @param config settings for this run: one that runs already can't take them
 * @throws UsageError where settings are given, and one runs
 */
export async function runningSimulator(
  controlPort: number,
  config: string[] = [],
): Promise<RunningSimulator | undefined> {
  const up = await fetch(`http://127.0.0.1:${controlPort}/healthz`).then(
    async (r) => r.ok && ((await r.json()) as { micromesh?: boolean }).micromesh === true,
    () => false,
  );
  if (!up) return undefined;
  if (config.length > 0) {
    throw new UsageError(
      `--config can't change the simulator that runs on port ${controlPort}; end it, or give another --control-port`,
    );
  }
  return new RunningSimulator(controlPort);
}
