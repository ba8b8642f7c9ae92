/**
 * The kubelet's delay before a container is started again: none at first, then 10 s doubling up to
 * five minutes; forgotten after ten minutes of running
 * (https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy).
 */
export class Backoff {
  private next = 0;

  /** @param ranMs how long the process that ended had run; @returns milliseconds to wait */
  afterExit(ranMs: number): number {
    if (ranMs >= 600_000) this.next = 0;
    const delay = this.next;
    this.next = delay === 0 ? 10_000 : Math.min(delay * 2, 300_000);
    return delay;
  }
}
