import { isDeepStrictEqual } from "node:util";
import { type Lab, stackOutputs } from "../../../stacks/outputs.ts";
import { UsageError } from "../../resources/usage-error.ts";
import { isNothingThere } from "../../verify/drift/drift.ts";
import type { Origin } from "../../verify/drift/mend.ts";
import { allPassed, formatJson, formatReport } from "../../verify/report.ts";
import type { ProbeResult } from "../../verify/runner.ts";
import { simulatedRun, simulatedTransport } from "../../verify/simulated.ts";
import { everyScenario, played } from "../every-scenario.ts";
import { liveOutputs } from "../live-outputs.ts";
import { declare, scenariosOf } from "../options.ts";
import { nodeImage } from "../probe-image.ts";
import { chosen, probe, show } from "../probing.ts";
import { type RunningOptions, start } from "../running.ts";
import { runningSimulator } from "../running-simulator.ts";
import { type Terminal, terminal } from "../terminal.ts";

export interface VerifyOptions extends RunningOptions {
  allScenarios?: boolean;
  live?: boolean;
  kubeconfig?: string;
  json?: boolean;
}

/**
 * Runs the probes: against a cluster, which is compared with the declaration too, against the simulator that is
 * running, or against its own.
 */
export async function verify(options: VerifyOptions): Promise<number> {
  const screen = terminal(options.json);
  if (options.kubeconfig && !options.live) {
    throw new UsageError("--kubeconfig goes with --live: it names the cluster to verify");
  }
  if (options.allScenarios && options.scenario) {
    throw new UsageError("--all-scenarios and --scenario exclude each other: give one of them");
  }
  if (options.live) return live(options, screen);
  const results = (await onRunning(options, screen)) ?? (await onOwn(options, screen));
  show(screen, results, options.json === true);
  return allPassed(results) ? 0 : 1;
}

async function onOwn(options: VerifyOptions, screen: Terminal): Promise<ProbeResult[]> {
  const own = { ...options, gatewayPort: 0, controlPort: 0 };
  const running = await screen.step(`Simulating stack ${options.stack}`, (progress) =>
    start(own, progress),
  );
  try {
    for (const warning of running.warnings) screen.note(`warning: ${warning}`);
    const { labs } = running.simulator.declaredOutputs;
    const ask = asking(screen, running.controlPort);
    if (!options.allScenarios) return await ask(chosen(labs, options.lab));
    const change = async (scenarios: Record<string, string>) => {
      await running.change(scenarios);
      return running.simulator.declaredOutputs.labs;
    };
    return await everyScenario(chosen(labs, options.lab), screen, change, ask);
  } finally {
    await running.stop();
  }
}

/** Undefined where no simulator answers on the control port. */
async function onRunning(
  options: VerifyOptions,
  screen: Terminal,
): Promise<ProbeResult[] | undefined> {
  const simulator = await runningSimulator(options.controlPort, options.config);
  if (!simulator) return undefined;
  const labs = async () => (await simulator.outputs()).labs;
  const change = async (scenarios: Record<string, string>) => {
    await simulator.change(scenarios);
    return labs();
  };
  const ask = asking(screen, options.controlPort);
  const before = chosen(await labs(), options.lab);
  if (options.allScenarios) {
    const results = await everyScenario(before, screen, change, ask);
    await change(played(before));
    return results;
  }
  const wanted = scenariosOf(options);
  if (Object.keys(wanted).length === 0) return ask(before);
  const during = await screen.step("Playing the scenario", () => change(wanted));
  return ask(chosen(during, options.lab));
}

function asking(screen: Terminal, controlPort: number) {
  const transport = simulatedTransport(controlPort);
  return (labs: Record<string, Lab>) => probe(screen, labs, transport, simulatedRun);
}

async function live(options: VerifyOptions, screen: Terminal): Promise<number> {
  if (options.allScenarios) {
    throw new UsageError(
      "--all-scenarios changes what is deployed, --live only looks: deploy each scenario and verify it",
    );
  }
  const { declaration, outputs } = await screen.step(`Declaring stack ${options.stack}`, () =>
    deployed(options),
  );
  // Only here: the Kubernetes client is large.
  const { liveTransport, liveSettleSeconds } = await import("../../verify/live/transport.ts");
  const { liveDrift } = await import("../../verify/drift/live.ts");
  const { kubeconfig, endpoints, labs } = outputs;
  const probeImage = nodeImage(declaration);
  const transport = liveTransport({ kubeconfig, endpoints, probeImage });
  const origin: Origin = options.kubeconfig
    ? { by: "manifests" }
    : { by: "pulumi", stack: options.stack };
  try {
    const drift = await screen.step("Comparing the cluster with the declaration", () =>
      liveDrift(declaration, kubeconfig, endpoints, origin),
    );
    // Where nothing is deployed, each probe would look for its pod in vain, and be given time for it.
    const asked = isNothingThere(drift) ? {} : chosen(labs, options.lab);
    const results = await probe(screen, asked, transport, {
      settleSeconds: ({ settleSeconds = 0 }) => Math.max(liveSettleSeconds, settleSeconds),
    });
    const { width, colours: colour } = screen;
    screen.out(
      options.json ? formatJson(results, drift) : formatReport(results, { width, colour, drift }),
    );
    return allPassed(results) && drift.drifts.length === 0 ? 0 : 1;
  } finally {
    await transport.close();
  }
}

/** What is deployed, and the declaration of just that: its labs, in their scenarios. */
async function deployed(options: VerifyOptions) {
  const declaration = await declare(options);
  const outputs = await liveOutputs(options, declaration);
  for (const [lab, scenario] of Object.entries(scenariosOf(options))) {
    const there = outputs.labs[lab]?.scenario;
    if (there !== scenario) {
      throw new UsageError(`--scenario ${lab}=${scenario}: deployed is ${there ?? "no such lab"}`);
    }
  }
  const labs = chosen(outputs.labs, options.lab);
  const { labs: declared } = stackOutputs.parse(declaration.outputs);
  if (isDeepStrictEqual(played(labs), played(declared))) return { declaration, outputs };
  const asDeployed = { ...options, lab: Object.keys(labs) };
  return { declaration: await declare(asDeployed, played(labs)), outputs };
}
