import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { UsageError } from "../../resources/usage-error.ts";
import { metricsText } from "../../usage/metrics.ts";
import { podUsage, type Usage } from "../../usage/pod-usage.ts";
import { formatUsage } from "../../usage/table.ts";
import { liveOutputs } from "../live-outputs.ts";
import { declare } from "../options.ts";
import { type RunningOptions, start } from "../running.ts";
import { runningSimulator } from "../running-simulator.ts";
import { type Terminal, terminal } from "../terminal.ts";

export interface TopOptions extends RunningOptions {
  live?: boolean;
  kubeconfig?: string;
  json?: boolean;
  metrics?: boolean;
  /** Seconds between one look and the next. */
  watch?: number;
}

/** Where figures come from, until it's closed. */
interface Source {
  read(): Promise<Usage>;
  close(): Promise<void>;
}

/** Shows what each pod of the labs uses: on a cluster, in the simulator that runs, or in one of its own. */
export async function top(options: TopOptions): Promise<number> {
  if (options.kubeconfig && !options.live) {
    throw new UsageError("--kubeconfig goes with --live: it names the cluster to look at");
  }
  if (options.json && options.metrics) {
    throw new UsageError("--json and --metrics exclude each other: give one of them");
  }
  const screen = terminal(options.json || options.metrics);
  const source = options.live
    ? await ofCluster(options, screen)
    : ((await ofRunning(options)) ?? (await ofOwn(options, screen)));
  try {
    if (options.watch === undefined) await look(source, options, screen);
    else await watch(source, options.watch, options, screen);
  } finally {
    await source.close();
  }
  return 0;
}

async function look(source: Source, options: TopOptions, screen: Terminal): Promise<void> {
  const usage = await source.read();
  if (options.json) screen.out(JSON.stringify(usage));
  else if (options.metrics) screen.out((await metricsText(usage.pods)).trimEnd());
  else screen.out(formatUsage(usage, screen.width));
}

/** Ends well by Ctrl-C: what was started must be ended too. */
async function watch(source: Source, seconds: number, options: TopOptions, screen: Terminal) {
  const stop = new AbortController();
  const end = () => stop.abort();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, end);
  for (let first = true; !stop.signal.aborted; first = false) {
    if (!first && !options.json && !options.metrics) screen.out("");
    await look(source, options, screen);
    await sleep(seconds * 1000, undefined, { signal: stop.signal }).catch(() => {});
  }
}

const answer = z.object({ pods: z.array(podUsage) });

/** Undefined where no simulator answers on the control port. */
async function ofRunning({ controlPort, config, lab }: TopOptions): Promise<Source | undefined> {
  const simulator = await runningSimulator(controlPort, config);
  if (!simulator) return undefined;
  const parts = chosenLabs(Object.keys((await simulator.outputs()).labs), lab);
  return {
    read: async () => ofLabs(answer.parse(await simulator.ask("/api/pods/usage")).pods, parts),
    close: async () => {},
  };
}

async function ofOwn(options: TopOptions, screen: Terminal): Promise<Source> {
  const own = { ...options, gatewayPort: 0, controlPort: 0 };
  const { simulator, stop } = await screen.step(`Simulating stack ${options.stack}`, (progress) =>
    start(own, progress),
  );
  const parts = Object.keys(simulator.declaredOutputs.labs);
  return { read: async () => ofLabs(await simulator.usage.measured(), parts), close: stop };
}

async function ofCluster(options: TopOptions, screen: Terminal): Promise<Source> {
  const declaration = await screen.step(`Declaring stack ${options.stack}`, () => declare(options));
  const { kubeconfig, labs } = await liveOutputs(options, declaration);
  const parts = chosenLabs(Object.keys(labs), options.lab);
  // Only here: the Kubernetes client is large.
  const { liveUsage } = await import("../../verify/live/usage.ts");
  return { read: () => liveUsage(kubeconfig, parts), close: async () => {} };
}

/** @throws UsageError for a lab that isn't there */
function chosenLabs(labs: string[], wanted: string[] | undefined): string[] {
  const unknown = (wanted ?? []).find((name) => !labs.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `--lab ${unknown}: there is no such lab here; there is ${labs.join(", ")}`,
    );
  }
  return wanted ?? labs;
}

/** The pods of the labs, not those that the platform brings. */
function ofLabs(pods: Usage["pods"], labs: string[]): Usage {
  const own = pods.filter(({ partOf }) => partOf !== undefined && labs.includes(partOf));
  return { pods: own.sort((a, b) => a.pod.localeCompare(b.pod)), notes: [] };
}
