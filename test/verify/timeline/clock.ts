import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../../../micromesh/verify/timeline/sampler.ts";

/** Time that passes only where a test says so. */
export class FakeClock implements Clock {
  #now = 0;
  #sleepers: { until: number; wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const sleeper = { until: this.#now + ms, wake: resolve };
      this.#sleepers.push(sleeper);
      const leave = () => {
        this.#sleepers = this.#sleepers.filter((one) => one !== sleeper);
        resolve();
      };
      signal?.addEventListener("abort", leave, { once: true });
    });
  }

  /** Lets so much time pass, and everybody who sleeps wake at their time. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      await turn();
      const next = Math.min(...this.#sleepers.map((one) => one.until));
      if (next > until) break;
      this.#now = Math.max(this.#now, next);
      const woken = this.#sleepers.filter((one) => one.until <= this.#now);
      this.#sleepers = this.#sleepers.filter((one) => one.until > this.#now);
      for (const { wake } of woken) wake();
    }
    this.#now = until;
  }
}
