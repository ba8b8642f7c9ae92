/** Whether the processes that work on something are still there. */
import { randomUUID } from "node:crypto";
import type { Store } from "../runtime/store.ts";

/** Who says nothing for this long has died. */
export const PULSE_MS = 2000;
const BEAT_MS = 500;

/**
 * A process's sign of life in the store, while it has work under way: `order:alive:ID`. There is one for all of
 * its work, by a single command that waits for no other change, so that a store with much to do doesn't
 * make the living look dead.
 */
export class Pulse {
  readonly #store: Store;
  #process = randomUUID();
  #works = 0;
  #beats: NodeJS.Timeout | undefined;
  #lastBeat = Number.NEGATIVE_INFINITY;

  constructor(store: Store) {
    this.#store = store;
  }

  /** An owner for one piece of work, by which others can tell whether it is alive. */
  owner(): string {
    return `${this.#process}/${randomUUID()}`;
  }

  /** Lets all owners so far die, as one must whose lease couldn't be given back. */
  leave(): void {
    this.#process = randomUUID();
    this.#lastBeat = Number.NEGATIVE_INFINITY;
  }

  /** That the process which made the owner has been heard of within {@link PULSE_MS}. @throws StoreUnavailable */
  async isAlive(owner: string): Promise<boolean> {
    return (await this.#store.run("EXISTS", keyOf(owner.split("/", 1)[0] as string))) === 1;
  }

  /**
   * Does work of an owner of this process, and is alive meanwhile.
   *
   * @throws StoreUnavailable if it can't be said to be, and what the work throws
   */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#works += 1;
    try {
      if (Date.now() - this.#lastBeat > BEAT_MS) await this.#beat();
      // One that fails may make others think this process dead; then the ledger refuses its orders.
      this.#beats ??= setInterval(() => void this.#beat().catch(() => {}), BEAT_MS).unref();
      return await work();
    } finally {
      this.#works -= 1;
      if (this.#works === 0) {
        clearInterval(this.#beats);
        this.#beats = undefined;
      }
    }
  }

  async #beat(): Promise<void> {
    const [process, began] = [this.#process, Date.now()];
    await this.#store.run("SET", keyOf(process), "1", "PX", `${PULSE_MS}`);
    if (process === this.#process) this.#lastBeat = began;
  }
}

const keyOf = (process: string) => `order:alive:${process}`;
