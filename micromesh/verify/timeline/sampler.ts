import { setMaxListeners } from "node:events";
import type { Transport } from "../transport.ts";
import { printable, seenWords } from "../words.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { type Path, pathKey } from "./paths.ts";

/** Time as the sampler needs it; tests have one of their own. */
export interface Clock {
  /** Milliseconds, from any point. */
  now(): number;
  /** Resolves after so many milliseconds, or as soon as the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface Sample {
  /** When the request began: seconds since the sampler did. */
  at: number;
  /** What it took, in milliseconds. */
  ms: number;
  outcome: Outcome;
  /** In a few words. */
  seen: string;
}

/** A path, and what became of it, oldest first. */
export interface Watched extends Path {
  samples: Sample[];
}

export interface SamplerOptions {
  /** Milliseconds from one request of a path to its next. */
  everyMs: number;
  /** Milliseconds until a request that nobody answers is given up. */
  patienceMs: number;
  clock: Clock;
}

/**
 * Asks paths over and over, each on a clock of its own: a path that hears nothing holds no other one up, and never has
 * more than one request under way. One that took longer than the interval is followed by the next at once.
 */
export class Sampler {
  readonly watched: Watched[] = [];
  readonly #transport: Transport;
  readonly #options: SamplerOptions;
  readonly #begin: number;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>[] = [];
  #closed = false;

  /** Its time begins here. */
  constructor(transport: Transport, options: SamplerOptions) {
    this.#transport = transport;
    this.#options = options;
    this.#begin = options.clock.now();
    // Every path's clock listens to it, however many there are.
    setMaxListeners(0, this.#stopping.signal);
  }

  /** Seconds since the sampler began. */
  get now(): number {
    return this.#since(this.#options.clock.now());
  }

  /** Begins with those of the paths that aren't watched yet, spread over the interval. */
  watch(paths: Path[]): void {
    const known = new Set(this.watched.map(pathKey));
    const fresh = paths.filter((path) => !known.has(pathKey(path)));
    for (const [index, path] of fresh.entries()) {
      const watched = { ...path, samples: [] };
      this.watched.push(watched);
      this.#running.push(this.#ask(watched, (index / fresh.length) * this.#options.everyMs));
    }
  }

  /** Asks nothing more; resolves when what is under way has been answered, or its patience is over. */
  async stop(): Promise<void> {
    const { clock, patienceMs } = this.#options;
    this.#stopping.abort();
    const answered = new AbortController();
    const all = Promise.all(this.#running).finally(() => answered.abort());
    await Promise.race([all, clock.sleep(patienceMs, answered.signal)]);
    this.#closed = true;
  }

  async #ask(path: Watched, delayMs: number): Promise<void> {
    const { clock, everyMs } = this.#options;
    const { signal } = this.#stopping;
    let due = clock.now() + delayMs;
    for (;;) {
      await clock.sleep(Math.max(0, due - clock.now()), signal);
      if (signal.aborted) return;
      const sample = await this.#sample(path);
      if (this.#closed) return;
      path.samples.push(sample);
      due = Math.max(due + everyMs, clock.now());
    }
  }

  async #sample({ from, request }: Path): Promise<Sample> {
    const { clock, patienceMs } = this.#options;
    const asked = clock.now();
    try {
      const observation = await this.#transport.observe(from, request, patienceMs);
      // Where it takes a while until the request is put, as on a cluster, its time is that at its end.
      const at = Math.max(asked, clock.now() - observation.ms);
      const outcome = outcomeOf(request.kind, observation);
      const ms = Math.round(observation.ms);
      return { at: this.#since(at), ms, outcome, seen: seenWords(observation) };
    } catch (error) {
      const ms = Math.round(clock.now() - asked);
      const seen = printable((error as Error).message);
      return { at: this.#since(asked), ms, outcome: "unknown", seen };
    }
  }

  #since(ms: number): number {
    return Math.round(ms - this.#begin) / 1000;
  }
}
