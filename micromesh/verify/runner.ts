import { setTimeout as sleep } from "node:timers/promises";
import type { Lab, Probe } from "../../stacks/outputs.ts";
import type { Observation } from "./client/observation.ts";
import { type Judgement, judge, type NotObserved } from "./judge.ts";
import { ProbeError, type Transport } from "./transport.ts";

/** One probe's last look, and its judgement. */
export interface ProbeResult extends Judgement {
  lab: string;
  scenario: string;
  probe: Probe;
  observation: Observation | NotObserved;
  /** How often it was asked; more than once only where the network was given time to settle. */
  attempts: number;
}

export interface RunOptions {
  /** Seconds that each lab may spend on asking again; 0 (the default) asks every probe once. */
  settleSeconds?: number | ((lab: Lab) => number);
  /** Runs the probes of all labs at the same time, which are each other's business nowhere; default: lab by lab. */
  labsAtOnce?: boolean;
  /** Called for each probe when it's judged, and again if it's asked anew: the later one counts. */
  onResult?: (result: ProbeResult) => void;
  /** Stops the run: it rejects at once, with the signal's reason. */
  signal?: AbortSignal;
}

/** Milliseconds between two tries of one probe: at first, doubled each time, and at most. */
const pauseMs = { first: 250, longest: 2000 };
/** Probes that wait for silence together. */
const MOST_AT_ONCE = 8;

/**
 * Runs the probes of each lab in their declared order, one after another; the labs one after another or at once.
 *
 * A network that has just been changed agrees with its declaration only after a while. With
 * `settleSeconds`, per lab:
 * 1. A probe that doesn't see what it should is asked again. Having been wrong once, it must be right
 *    twice in a row: each connection that a sidecar keeps open gives one more answer by the old rules.
 * 2. A probe that turned right in this way shows that the network changed during the run. What the
 *    probes before it saw may be the network of before, so they are asked again too.
 *
 * A settled network costs nothing: every probe is asked once. A wrong one costs the settle time once,
 * for only asking again spends it. What no probe can tell is a change that is still to come.
 * @returns the results in declared order
 */
export async function runProbes(
  labs: Record<string, Lab>,
  transport: Transport,
  options: RunOptions = {},
): Promise<ProbeResult[]> {
  const runs = Object.entries(labs).map(
    ([name, lab]) =>
      () =>
        runLab(name, lab, transport, options),
  );
  if (options.labsAtOnce) return (await Promise.all(runs.map((run) => run()))).flat();
  const results: ProbeResult[] = [];
  for (const run of runs) results.push(...(await run()));
  return results;
}

async function runLab(
  name: string,
  lab: Lab,
  transport: Transport,
  { settleSeconds = 0, onResult, signal }: RunOptions,
): Promise<ProbeResult[]> {
  const results: ProbeResult[] = [];
  const { scenario, probes } = lab;
  const seconds = typeof settleSeconds === "number" ? settleSeconds : settleSeconds(lab);
  const patience = { leftMs: seconds * 1000 };
  /** Asks the first `count` probes; gives the number of them that may have to be asked again. */
  const sweep = async (count: number): Promise<number> => {
    let doubtful = 0;
    const asked = probes.slice(0, count);
    const begun = new Map<Probe, Promise<Look>>();
    for (const [index, probe] of asked.entries()) {
      const look = () => observeAndJudge(transport, probe, signal);
      for (const silent of silentFrom(asked, index)) {
        if (begun.has(silent)) continue;
        const early = observeAndJudge(transport, silent, signal);
        // It's awaited in its turn, unless the run is stopped before.
        early.catch(() => {});
        begun.set(silent, early);
      }
      const { last, looks, turned } = await settle(
        begun.get(probe) ?? look(),
        look,
        patience,
        signal,
      );
      const { permanent, ...judged } = last;
      const attempts = (results[index]?.attempts ?? 0) + looks;
      const result = { lab: name, scenario, probe, ...judged, attempts };
      results[index] = result;
      onResult?.(result);
      if (turned) doubtful = index;
    }
    return doubtful;
  };
  // It ends: only a probe that was asked again in vain turns, and that spends the lab's patience.
  for (let count = probes.length; count > 0; ) count = await sweep(count);
  return results;
}

/**
 * Probes that must meet silence, from `index` on as long as they do: what reaches nobody changes nothing for others,
 * so they wait for it together.
 */
function silentFrom(probes: Probe[], index: number): Probe[] {
  const rest = probes.slice(index, index + MOST_AT_ONCE);
  const other = rest.findIndex(
    ({ expect }) => !("failure" in expect) || expect.failure !== "timeout",
  );
  return other < 0 ? rest : rest.slice(0, other);
}

interface Look extends Judgement {
  observation: Observation | NotObserved;
  permanent: boolean;
}

/** Looks again until it's right, or the lab's patience is spent. `turned`: it was wrong at first. */
async function settle(
  first: Promise<Look>,
  look: () => Promise<Look>,
  patience: { leftMs: number },
  signal: AbortSignal | undefined,
): Promise<{ last: Look; looks: number; turned: boolean }> {
  let last = await first;
  if (last.verdict === "pass") return { last, looks: 1, turned: false };
  let looks = 1;
  let pause = pauseMs.first;
  for (let right = 0; right < 2; ) {
    const confirming = right > 0;
    if (!confirming && (last.permanent || patience.leftMs <= 0))
      return { last, looks, turned: false };
    const started = performance.now();
    if (!confirming) {
      await interruptible(sleep(Math.min(pause, patience.leftMs), undefined, { signal }), signal);
      pause = Math.min(pause * 2, pauseMs.longest);
    }
    last = await look();
    looks++;
    patience.leftMs -= performance.now() - started;
    right = last.verdict === "pass" ? right + 1 : 0;
  }
  return { last, looks, turned: true };
}

async function observeAndJudge(
  transport: Transport,
  probe: Probe,
  signal: AbortSignal | undefined,
): Promise<Look> {
  const { from, request, timeoutSeconds } = probe;
  try {
    signal?.throwIfAborted();
    const asked = transport.observe(from, request, timeoutSeconds * 1000);
    const observation = await interruptible(asked, signal);
    return { ...judge(probe, observation), observation, permanent: false };
  } catch (error) {
    signal?.throwIfAborted();
    const observation = { error: (error as Error).message };
    const permanent = error instanceof ProbeError && error.permanent;
    return { ...judge(probe, observation), observation, permanent };
  }
}

/** As the promise, but rejects with the signal's reason as soon as there is one. */
async function interruptible<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  let stop: () => void = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([promise, stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
