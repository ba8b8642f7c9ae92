import type { ProbeSpec } from "./spec.ts";

/** Runs one check; resolves to whether it succeeded. Never rejects. */
export type Check = (probe: ProbeSpec, timeoutMs: number) => Promise<boolean>;

/**
 * The kubelet's probes of one container: startup first, then readiness and liveness, each with its
 * own period and thresholds (https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/).
 */
export class Health {
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly hurry = new Set<() => void>();
  private stopped = false;

  constructor(
    probes: { startup?: ProbeSpec; readiness?: ProbeSpec; liveness?: ProbeSpec },
    check: Check,
    on: { ready(ready: boolean): void; failed(kind: "startup" | "liveness"): void },
  ) {
    this.check = check;
    const begin = () => {
      if (probes.readiness) {
        this.repeat(probes.readiness, false, (ok) => {
          on.ready(ok);
          return true;
        });
      } else on.ready(true);
      if (probes.liveness) {
        this.repeat(probes.liveness, true, (ok) => {
          if (!ok) on.failed("liveness");
          return ok;
        });
      }
    };
    if (!probes.startup) begin();
    else {
      this.repeat(probes.startup, undefined, (ok) => {
        if (ok) begin();
        else on.failed("startup");
        return false;
      });
    }
  }

  private readonly check: Check;

  /** The container has begun to listen: look now instead of at the next period. */
  lookNow(): void {
    for (const look of this.hurry) look();
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.hurry.clear();
  }

  /** Calls back when the state turns, by the thresholds, and goes on if that returns true. */
  private repeat(
    probe: ProbeSpec,
    initial: boolean | undefined,
    turned: (ok: boolean) => boolean,
  ): void {
    const period = (probe.periodSeconds ?? 10) * 1000;
    const timeout = (probe.timeoutSeconds ?? 1) * 1000;
    let state = initial;
    let streak = { ok: false, length: 0 };
    let timer: NodeJS.Timeout | undefined;
    let begun = false;
    let running = false;
    const schedule = (ms: number) => {
      if (timer) this.timers.delete(timer);
      clearTimeout(timer);
      timer = setTimeout(look, ms);
      this.timers.add(timer);
    };
    const look = async () => {
      if (running || this.stopped) return;
      begun = true;
      running = true;
      const ok = await this.check(probe, timeout);
      running = false;
      if (this.stopped) return;
      streak = { ok, length: ok === streak.ok ? streak.length + 1 : 1 };
      const threshold = ok ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
      if (ok !== state && streak.length >= threshold) {
        state = ok;
        this.hurry.delete(lookNow);
        if (!turned(ok)) return;
      }
      schedule(period);
    };
    const lookNow = () => {
      if (begun && !running) schedule(0);
    };
    // What waits for a first success, after its initial delay; then the period is the kubelet's.
    if (initial !== true) this.hurry.add(lookNow);
    schedule((probe.initialDelaySeconds ?? 0) * 1000);
  }
}
