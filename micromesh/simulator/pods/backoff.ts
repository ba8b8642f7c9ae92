import { exponentialBackoff } from "../../traffic/index.ts";

const delay = exponentialBackoff({ baseMs: 10_000, maxMs: 300_000 });

/**
 * The kubelet's delay before a container is started again: none at first, then 10 s doubling up to
 * five minutes; forgotten after ten minutes of running
 * (https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy).
 */
export class Backoff {
  private restarts = 0;

  /** @param ranMs how long the process that ended had run; @returns milliseconds to wait */
  afterExit(ranMs: number): number {
    if (ranMs >= 600_000) this.restarts = 0;
    const { restarts } = this;
    this.restarts++;
    return restarts === 0 ? 0 : delay(restarts);
  }
}
