import type { PodUsage } from "../../usage/pod-usage.ts";
import type { FromPod } from "../agent/messages.ts";
import type { PodStatus } from "../pods/status.ts";
import type { FlowCounts } from "./flow-counts.ts";
import { familyOf, type ProcessUsage, readProcesses } from "./processes.ts";

/** CPU is told over an interval of at least so long, where one was measured lately, else of so long exactly. */
const INTERVAL_MS = 2_000;
const STALE_MS = 30_000;
/** Who asks again within this gets the same answer. */
const FRESH_MS = 400;

interface Sample {
  at: number;
  /** By pod. */
  cpuSeconds: Map<string, number>;
  memoryBytes: Map<string, number>;
}

/** Measures what the pods' processes use: a sample when somebody asks, nothing otherwise. */
export class UsageMeter {
  readonly #pods: () => PodStatus[];
  readonly #flows: FlowCounts;
  readonly #processes: () => Promise<ProcessUsage[]>;
  readonly #samples: Sample[] = [];
  /** CPU time so far, by pod, and the last that was seen of each of its processes. */
  readonly #totals = new Map<string, { seconds: number; seen: Map<number, number> }>();
  readonly #connections = new Map<number, FromPod & { type: "connections" }>();
  #sampling?: Promise<Sample>;

  constructor(pods: () => PodStatus[], flows: FlowCounts, processes = readProcesses) {
    this.#pods = pods;
    this.#flows = flows;
    this.#processes = processes;
  }

  /** What a process of a pod says of its connections. */
  connections(message: FromPod & { type: "connections" }): void {
    this.#connections.set(message.pid, message);
  }

  /** The figures as they are now; CPU over the last interval if there was one lately. */
  async now(): Promise<PodUsage[]> {
    const sample = await this.#sample();
    return this.#usage(sample, this.#before(sample));
  }

  /** The figures with CPU over an interval, which it waits for where nobody has asked lately. */
  async measured(): Promise<PodUsage[]> {
    const first = await this.#sample();
    if (this.#before(first)) return this.#usage(first, this.#before(first));
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    const second = await this.#sample();
    return this.#usage(second, first);
  }

  /** The newest sample that is an interval older. */
  #before({ at }: Sample): Sample | undefined {
    return this.#samples.findLast(
      (sample) => at - sample.at >= INTERVAL_MS * 0.75 && at - sample.at <= STALE_MS,
    );
  }

  #sample(): Promise<Sample> {
    const last = this.#samples.at(-1);
    if (last && performance.now() - last.at < FRESH_MS) return Promise.resolve(last);
    this.#sampling ??= this.#take().finally(() => {
      this.#sampling = undefined;
    });
    return this.#sampling;
  }

  async #take(): Promise<Sample> {
    const all = await this.#processes();
    const sample: Sample = { at: performance.now(), cpuSeconds: new Map(), memoryBytes: new Map() };
    const pods = this.#pods();
    for (const pod of pods) {
      const family = pod.containers.flatMap(({ pid }) => (pid ? familyOf(pid, all) : []));
      const key = keyOf(pod);
      sample.cpuSeconds.set(key, this.#cpuOf(key, family));
      sample.memoryBytes.set(
        key,
        family.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
      );
    }
    this.#forget(pods);
    this.#samples.push(sample);
    while (sample.at - (this.#samples[0] as Sample).at > STALE_MS) this.#samples.shift();
    return sample;
  }

  /** Time of processes that have ended since stays counted, so that the sum never falls. */
  #cpuOf(pod: string, family: ProcessUsage[]): number {
    const total = this.#totals.get(pod) ?? { seconds: 0, seen: new Map<number, number>() };
    this.#totals.set(pod, total);
    const seen = new Map<number, number>();
    for (const { pid, cpuSeconds } of family) {
      const before = total.seen.get(pid) ?? 0;
      // Less than before is another process, to which the system gave the same number.
      total.seconds += cpuSeconds >= before ? cpuSeconds - before : cpuSeconds;
      seen.set(pid, cpuSeconds);
    }
    total.seen = seen;
    return total.seconds;
  }

  #forget(pods: PodStatus[]): void {
    const keys = new Set(pods.map(keyOf));
    for (const key of this.#totals.keys()) if (!keys.has(key)) this.#totals.delete(key);
    const pids = new Set(pods.flatMap(({ containers }) => containers.map(({ pid }) => pid)));
    for (const pid of this.#connections.keys()) {
      if (!pids.has(pid)) this.#connections.delete(pid);
    }
  }

  #usage(sample: Sample, before: Sample | undefined): PodUsage[] {
    return this.#pods().map((pod) => {
      const key = keyOf(pod);
      const [now, then] = [sample.cpuSeconds.get(key), before?.cpuSeconds.get(key)];
      const seconds = before && (sample.at - before.at) / 1000;
      const open = pod.containers.flatMap(({ pid }) => this.#connections.get(pid ?? -1) ?? []);
      return {
        pod: key,
        partOf: pod.labels["app.kubernetes.io/part-of"],
        ready: pod.ready,
        restarts: pod.containers.reduce((sum, { restarts }) => sum + restarts, 0),
        cpuMillicores:
          now === undefined || then === undefined || !seconds
            ? undefined
            : Math.round(((now - then) / seconds) * 1000),
        cpuSeconds: now,
        memoryBytes: sample.memoryBytes.get(key),
        connections: {
          in: open.reduce((sum, one) => sum + one.in, 0),
          out: open.reduce((sum, one) => sum + one.out, 0),
        },
        ...this.#flows.of(key),
      };
    });
  }
}

function keyOf({ namespace, name }: PodStatus): string {
  return `${namespace}/${name}`;
}
