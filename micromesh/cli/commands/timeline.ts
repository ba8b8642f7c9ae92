import { setTimeout as sleep } from "node:timers/promises";
import { declaredLabs, titleIn } from "../../resources/labs.ts";
import { UsageError } from "../../resources/usage-error.ts";
import { simulatedTransport } from "../../verify/simulated.ts";
import { timelineData } from "../../verify/timeline/data.ts";
import { formatTimeline } from "../../verify/timeline/picture.ts";
import { type RecordOptions, record, type Timeline } from "../../verify/timeline/record.ts";
import type { Clock } from "../../verify/timeline/sampler.ts";
import { stagesOf } from "../../verify/timeline/stages.ts";
import { liveOutputs } from "../live-outputs.ts";
import { declare, type StackOptions } from "../options.ts";
import { nodeImage } from "../probe-image.ts";
import { stopSignal } from "../signals.ts";
import { simulatorToPlay } from "../simulator-to-play.ts";
import { type Terminal, terminal } from "../terminal.ts";

export interface TimelineOptions extends StackOptions {
  controlPort: number;
  /** Of the lab, by its name alone. */
  scenario?: string;
  seconds?: number;
  every: number;
  live?: boolean;
  kubeconfig?: string;
  json?: boolean;
}

/** Seconds of a stage; on a cluster there is only one. */
const STAGE_SECONDS = { simulated: 6, live: 60 };

const clock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
};

/**
 * Shows what gets through while a lab's scenarios are played one after another: in the simulator that runs or in one
 * of its own. A cluster is only watched, for what it plays isn't ours to change.
 */
export async function timeline(lab: string, options: TimelineOptions): Promise<number> {
  if (options.kubeconfig && !options.live) {
    throw new UsageError("--kubeconfig goes with --live: it names the cluster to watch");
  }
  if (options.live && options.scenario) {
    throw new UsageError(
      "--live only watches, --scenario changes what is played: give one of them, and deploy the other",
    );
  }
  const screen = terminal(options.json);
  const ended = stopSignal();
  const ending = new AbortController();
  ended.then(() => ending.abort());
  const { seconds = STAGE_SECONDS[options.live ? "live" : "simulated"], every } = options;
  const watching = { seconds, everySeconds: every, signal: ending.signal, clock };
  const recorded = options.live
    ? await ofCluster(lab, options, watching, screen)
    : await ofSimulator(lab, options, watching, screen, ended);
  const { width, colours: colour } = screen;
  screen.out(
    options.json
      ? JSON.stringify({ lab, ...timelineData(recorded) })
      : formatTimeline(recorded, { width, colour }),
  );
  return 0;
}

async function ofSimulator(
  lab: string,
  options: TimelineOptions,
  watching: RecordOptions,
  screen: Terminal,
  ended: Promise<number>,
): Promise<Timeline> {
  const { stack, config, controlPort } = options;
  const own = { stack, config, controlPort, gatewayPort: 0 };
  const { simulator, borrowed, end } = await simulatorToPlay(lab, own, screen, ended);
  try {
    const before = await simulator.lab(lab);
    const stages = stagesOf(before, options.scenario);
    if (!stages) {
      const known = before.scenarios.map(({ name }) => name).join(", ");
      throw new UsageError(
        `--scenario ${options.scenario}: lab ${lab} has no such scenario; it has ${known}`,
      );
    }
    const play = (scenario: string) =>
      screen.step(`Playing ${lab}=${scenario}`, async () => {
        await simulator.change({ [lab]: scenario });
        return simulator.lab(lab);
      });
    try {
      const transport = simulatedTransport(simulator.controlPort);
      return await record(stages, play, transport, watching);
    } finally {
      if (borrowed) await simulator.change({ [lab]: before.scenario });
    }
  } finally {
    await end();
  }
}

async function ofCluster(
  name: string,
  options: TimelineOptions,
  watching: RecordOptions,
  screen: Terminal,
): Promise<Timeline> {
  const { stack, config, kubeconfig: file } = options;
  const declaration = await screen.step(`Declaring stack ${stack}`, () =>
    declare({ stack, config }),
  );
  const outputs = await liveOutputs({ stack, kubeconfig: file }, declaration);
  const { kubeconfig, endpoints, labs } = outputs;
  const lab = labs[name];
  if (!lab) {
    throw new UsageError(
      `timeline ${name}: there is no such lab here; there is ${Object.keys(labs).join(", ")}`,
    );
  }
  // Only here: the Kubernetes client is large.
  const { liveTransport } = await import("../../verify/live/transport.ts");
  const probeImage = nodeImage(declaration);
  const transport = liveTransport({ kubeconfig, endpoints, probeImage });
  try {
    const stage = {
      name: lab.scenario,
      title: titleIn(declaredLabs(declaration)[name], lab.scenario),
    };
    const watch = () => record([stage], async () => lab, transport, watching);
    return await screen.step(`Watching ${name}, at most ${watching.seconds} s`, watch);
  } finally {
    await transport.close();
  }
}
