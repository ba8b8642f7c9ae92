/**
 * What waits for the end of a turn of the event loop, when every connection that had something to
 * say has been heard: one fsync then serves the answers to all of them (Redis' `beforeSleep`).
 */
export class Turns {
  #waiting = new Set<() => void>();

  /** Calls back at the end of this turn, once however often it's asked for. */
  atEnd(callback: () => void): void {
    if (this.#waiting.size === 0) setImmediate(() => this.#end());
    this.#waiting.add(callback);
  }

  #end(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const callback of waiting) callback();
  }
}
