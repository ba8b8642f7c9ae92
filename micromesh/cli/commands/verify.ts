import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { type Lab, type StackOutputs, stackOutputs } from "../../../stacks/outputs.ts";
import type { Declaration } from "../../resources/declared.ts";
import { kubernetesObjects } from "../../resources/kubernetes.ts";
import { UsageError } from "../../resources/usage-error.ts";
import { workloadOf } from "../../simulator/cluster/workloads.ts";
import { imageName } from "../../simulator/pods/images.ts";
import { allPassed } from "../../verify/report.ts";
import type { ProbeResult } from "../../verify/runner.ts";
import { simulatedSettleSeconds, simulatedTransport } from "../../verify/simulated.ts";
import { declare, root, scenariosOf } from "../options.ts";
import { chosen, probe, show } from "../probing.ts";
import { type RunningOptions, start } from "../running.ts";
import { type Terminal, terminal } from "../terminal.ts";

export interface VerifyOptions extends RunningOptions {
  allScenarios?: boolean;
  live?: boolean;
  kubeconfig?: string;
  json?: boolean;
}

/** Runs the probes: against a cluster, against the simulator that is running, or against its own. */
export async function verify(options: VerifyOptions): Promise<number> {
  const screen = terminal(options.json);
  if (options.kubeconfig && !options.live) {
    throw new UsageError("--kubeconfig goes with --live: it names the cluster to verify");
  }
  if (options.allScenarios && options.scenario) {
    throw new UsageError("--all-scenarios and --scenario exclude each other: give one of them");
  }
  const results = options.live
    ? await live(options, screen)
    : ((await onRunning(options, screen)) ?? (await onOwn(options, screen)));
  show(screen, results, options.json === true);
  return allPassed(results) ? 0 : 1;
}

/** Plays scenarios one after another and probes each. */
async function play(
  options: VerifyOptions,
  screen: Terminal,
  controlPort: number,
  first: Record<string, Lab>,
  change: (scenarios: Record<string, string>) => Promise<Record<string, Lab>>,
): Promise<ProbeResult[]> {
  const transport = simulatedTransport(controlPort);
  const ask = (labs: Record<string, Lab>) => probe(screen, labs, transport, simulatedSettleSeconds);
  if (!options.allScenarios) return ask(chosen(first, options.lab));
  const results: ProbeResult[] = [];
  for (const [name, { scenarios, scenario }] of Object.entries(chosen(first, options.lab))) {
    for (const { name: wanted } of scenarios) {
      const labs = await screen.step(`Playing ${name}=${wanted}`, () => change({ [name]: wanted }));
      results.push(...(await ask(chosen(labs, [name]))));
    }
    await change({ [name]: scenario });
  }
  return results;
}

async function onOwn(options: VerifyOptions, screen: Terminal): Promise<ProbeResult[]> {
  const own = { ...options, gatewayPort: 0, controlPort: 0 };
  const running = await screen.step(`Simulating stack ${options.stack}`, (progress) =>
    start(own, progress),
  );
  try {
    for (const warning of running.warnings) screen.note(`warning: ${warning}`);
    const { labs } = running.simulator.declaredOutputs;
    return await play(options, screen, running.controlPort, labs, async (scenarios) => {
      await running.change(scenarios);
      return running.simulator.declaredOutputs.labs;
    });
  } finally {
    await running.stop();
  }
}

/** Undefined where no simulator answers on the control port. */
async function onRunning(
  options: VerifyOptions,
  screen: Terminal,
): Promise<ProbeResult[] | undefined> {
  const api = `http://127.0.0.1:${options.controlPort}`;
  const up = await fetch(`${api}/healthz`).then(
    async (r) => r.ok && ((await r.json()) as { micromesh?: boolean }).micromesh === true,
    () => false,
  );
  if (!up) return undefined;
  if (options.config.length > 0) {
    throw new UsageError(
      `--config can't change the simulator that runs on port ${options.controlPort}; end it, or give another --control-port`,
    );
  }
  const ask = async (path: string, init?: RequestInit) => {
    try {
      return await fetch(api + path, init);
    } catch {
      throw new UsageError(
        `the simulator on port ${options.controlPort} has ended in the meantime; run it again, or verify without it`,
      );
    }
  };
  const labs = async () => stackOutputs.parse(await (await ask("/api/outputs")).json()).labs;
  const change = async (scenarios: Record<string, string>) => {
    const response = await ask("/api/scenarios", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(scenarios),
    });
    if (!response.ok) throw new UsageError(((await response.json()) as { error: string }).error);
    return labs();
  };
  const before = await labs();
  const wanted = scenariosOf(options);
  if (Object.keys(wanted).length === 0) {
    return play(options, screen, options.controlPort, before, change);
  }
  const during = await screen.step("Playing the scenario", () => change(wanted));
  return play(options, screen, options.controlPort, during, change);
}

async function live(options: VerifyOptions, screen: Terminal): Promise<ProbeResult[]> {
  if (options.allScenarios) {
    throw new UsageError(
      "--all-scenarios changes what is deployed, --live only looks: deploy each scenario and verify it",
    );
  }
  const declaration = await screen.step(`Declaring stack ${options.stack}`, () => declare(options));
  const outputs = options.kubeconfig
    ? { ...stackOutputs.parse(declaration.outputs), kubeconfig: await contents(options.kubeconfig) }
    : await deployedOutputs(options.stack);
  for (const [lab, scenario] of Object.entries(scenariosOf(options))) {
    const deployed = outputs.labs[lab]?.scenario;
    if (deployed !== scenario) {
      throw new UsageError(
        `--scenario ${lab}=${scenario}: deployed is ${deployed ?? "no such lab"}`,
      );
    }
  }
  // Only here: the Kubernetes client is large.
  const { liveTransport, liveSettleSeconds } = await import("../../verify/live/transport.ts");
  const { kubeconfig, endpoints, labs } = outputs;
  const probeImage = nodeImage(declaration);
  const transport = liveTransport({ kubeconfig, endpoints, probeImage });
  try {
    return await probe(screen, chosen(labs, options.lab), transport, ({ settleSeconds = 0 }) =>
      Math.max(liveSettleSeconds, settleSeconds),
    );
  } finally {
    await transport.close();
  }
}

async function contents(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`--kubeconfig ${file}: ${error.code}; give the path of a kubeconfig`);
  });
}

async function deployedOutputs(stack: string): Promise<StackOutputs> {
  const args = ["stack", "output", "--json", "--show-secrets", "--stack", stack];
  const { stdout } = await promisify(execFile)("pulumi", args, {
    cwd: root,
    maxBuffer: 2 ** 26,
  }).catch((error: NodeJS.ErrnoException & { stderr?: string }) => {
    const why =
      error.code === "ENOENT" ? "pulumi is not on PATH" : error.stderr?.trim().split("\n")[0];
    throw new UsageError(
      `--live reads the outputs of stack ${stack}: ${why}; or give --kubeconfig FILE`,
    );
  });
  const outputs = stackOutputs.safeParse(JSON.parse(stdout));
  if (!outputs.success) {
    throw new UsageError(
      `stack ${stack} has no labs deployed: run pulumi up --stack ${stack} first`,
    );
  }
  return outputs.data;
}

/** The node image that the stack's own workloads use: the cluster can pull it. */
function nodeImage(declaration: Declaration): string {
  const images = kubernetesObjects(declaration)
    .flatMap((object) => workloadOf(object)?.spec.containers ?? [])
    .map((container) => container.image);
  const image = images.find((name) => imageName(name) === "node");
  if (!image) throw new Error("no workload of the stack uses a node image, which probes need");
  return image;
}
