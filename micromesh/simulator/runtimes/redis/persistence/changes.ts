/** What has changed since the last look, on its way into the log. */
import type { Effect } from "./effects.ts";

/** Where effects go. */
export interface EffectLog {
  /** @param atomic whether they are to be seen together or not at all */
  append(effects: readonly Effect[], atomic: boolean): void;
}

export class Changes {
  /** How often something has changed, ever. */
  count = 0;
  /** Undefined where nothing is kept. */
  log: EffectLog | undefined;
  #pending: Effect[] = [];

  /** Notes an effect of what is under way. */
  record(effect: Effect): void {
    if (this.log) this.#pending.push(effect);
  }

  /**
   * Hands on what has been recorded. The effects of one request belong together; keys that have
   * expired or were evicted by themselves don't.
   */
  flush(atomic: boolean): void {
    if (this.#pending.length === 0) return;
    this.log?.append(this.#pending, atomic);
    this.#pending = [];
  }
}
