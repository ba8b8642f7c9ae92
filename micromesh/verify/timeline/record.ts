/** Plays scenarios one after another while traffic goes on, and keeps what becomes of it. */
import type { Lab } from "../../../stacks/outputs.ts";
import type { Telling } from "../../../stacks/telling.ts";
import type { Transport } from "../transport.ts";
import { pathsOf } from "./paths.ts";
import { type Clock, Sampler, type Watched } from "./sampler.ts";

/** A scenario, and when it held: in seconds since the first one did. */
export interface Stage {
  scenario: string;
  title: string;
  /** Its change has been applied. */
  from: number;
  /** The change to the next one begins. */
  to: number;
}

export interface Timeline {
  stages: Stage[];
  paths: Watched[];
  /** From one request of a path to its next. */
  everySeconds: number;
}

export interface RecordOptions {
  /** For each stage, from when its change has been applied. */
  seconds: number;
  everySeconds: number;
  /** Ends it early, with what there is. */
  signal: AbortSignal;
  clock: Clock;
}

/** Who has not answered by then is silent; longer than the labs' programs wait for others, so as to hear what they say. */
const PATIENCE_MS = 2500;

/**
 * @param stages scenarios in the order to play them
 * @param play applies one, and gives the lab as it's declared then
 */
export async function record(
  stages: Pick<Telling, "name" | "title">[],
  play: (scenario: string) => Promise<Pick<Lab, "before" | "probes">>,
  transport: Transport,
  { seconds, everySeconds, signal, clock }: RecordOptions,
): Promise<Timeline> {
  const held: Stage[] = [];
  let sampler: Sampler | undefined;
  try {
    for (const { name: scenario, title } of stages) {
      const lab = await play(scenario);
      if (signal.aborted) break;
      // Not before the first one holds: what was before it is no stage.
      sampler ??= new Sampler(transport, {
        everyMs: everySeconds * 1000,
        patienceMs: PATIENCE_MS,
        clock,
      });
      const from = sampler.now;
      sampler.watch(pathsOf(lab));
      await clock.sleep(seconds * 1000, signal);
      held.push({ scenario, title, from, to: sampler.now });
      if (signal.aborted) break;
    }
  } finally {
    await sampler?.stop();
  }
  return { stages: held, paths: sampler?.watched ?? [], everySeconds };
}
