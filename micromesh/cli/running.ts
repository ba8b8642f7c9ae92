import { ProgramProcess } from "../resources/program-process.ts";
import { UsageError } from "../resources/usage-error.ts";
import type { ObjectChanges } from "../simulator/cluster/changes.ts";
import { Metrics } from "../simulator/control/metrics.ts";
import { serveControl } from "../simulator/control/server.ts";
import { Simulator } from "../simulator/simulator.ts";
import { declare, type LabOptions, root, type StackOptions, scenariosOf } from "./options.ts";

/** Until everything is ready; a cold laptop needs a few seconds. */
const READY_TIMEOUT_MS = 60_000;

export interface RunningOptions extends StackOptions, LabOptions {
  gatewayPort: number;
  controlPort: number;
}

/** A simulator of a stack, with its control port. */
export interface Running {
  simulator: Simulator;
  controlPort: number;
  warnings: string[];
  /** Plays other scenarios; resolves when every pod obeys the new state. */
  change(scenarios: Record<string, string>): Promise<ObjectChanges>;
  stop(): Promise<void>;
}

/** Declares the stack and starts it; resolves when everything is ready. */
export async function start(
  options: RunningOptions,
  progress: (detail: string) => void,
): Promise<Running> {
  const scenarios = scenariosOf(options);
  const program = new ProgramProcess(root);
  const declaration = await declare(options, scenarios, program).catch((error) => {
    program.close();
    throw error;
  });
  const metrics = new Metrics();
  progress("starting pods");
  const simulator = await Simulator.start(declaration, {
    gatewayPort: options.gatewayPort,
    reservedPorts: [options.controlPort],
    onRequests: (pod, requests) => metrics.add(pod, requests),
  }).catch((error) => {
    throw portTaken(error, options.gatewayPort, "--gateway-port");
  });
  metrics.watch(simulator);
  const change = async (wanted: Record<string, string>) => {
    const changes = await simulator.apply(
      await declare(options, { ...scenarios, ...wanted }, program),
    );
    // Only now: what can't be declared isn't played.
    Object.assign(scenarios, wanted);
    await simulator.settled(READY_TIMEOUT_MS);
    return changes;
  };
  let control: Awaited<ReturnType<typeof serveControl>> | undefined;
  const stop = async () => {
    program.close();
    await control?.close();
    await simulator.stop();
  };
  try {
    control = await serveControl(simulator, {
      port: options.controlPort,
      stack: options.stack,
      metrics,
      changeScenarios: change,
    }).catch((error) => {
      throw portTaken(error, options.controlPort, "--control-port");
    });
    progress("waiting until all pods are ready");
    await simulator.settled(READY_TIMEOUT_MS);
    return {
      simulator,
      controlPort: control.port,
      warnings: declaration.warnings,
      change,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function portTaken(error: NodeJS.ErrnoException, port: number, option: string): Error {
  return error.code === "EADDRINUSE"
    ? new UsageError(`port ${port} on 127.0.0.1 is taken; end what uses it, or give ${option} PORT`)
    : error;
}
