import type { Endpoint } from "./balancers/balancer.ts";
import { duration, inRange, wholeNumber } from "./check.ts";

export interface OutlierDetectionOptions {
  /** So many errors in a row eject an endpoint; default 5. */
  consecutiveErrors?: number;
  /** How long the first ejection lasts, in milliseconds; default 30,000. */
  baseEjectionMs?: number;
  /** No ejection lasts longer, in milliseconds; default 300,000, or `baseEjectionMs` if that is more. */
  maxEjectionMs?: number;
  /** No more endpoints than that are ejected at a time, in percent; default 10. */
  maxEjectionPercent?: number;
  /** One may be ejected whatever the percentage; default true, as Envoy did before it had this option. */
  alwaysEjectOne?: boolean;
  /** With fewer healthy endpoints than that, in percent, all are used; default 0. */
  minHealthPercent?: number;
  /** An endpoint that has been healthy for so long is ejected for a shorter time; default 10,000. */
  intervalMs?: number;
  /** Milliseconds since 1970. */
  now?: () => number;
}

export interface Ejection {
  id: string;
  /** When it ends, in milliseconds since 1970. */
  until: number;
  /** By what `baseEjectionMs` was multiplied. */
  multiplier: number;
}

interface Monitor {
  errors: number;
  /** When the last ejection ends or ended. */
  until: number;
  /** As of `until`; shrinks afterwards. */
  multiplier: number;
}

/**
 * Takes endpoints that keep failing out of service for a while, each by itself, as Envoy does after
 * consecutive errors
 * (https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/outlier#ejection-algorithm).
 * An ejection lasts `baseEjectionMs` times the number of ejections in a row; that number goes down by 1
 * with each `intervalMs` of health. Errors that can't eject, because too many others are ejected, are
 * forgotten, so that it takes as many again.
 *
 * One thing differs: Envoy takes endpoints back at its next sweep, every `interval`; here it's at once.
 */
export class OutlierDetection {
  private readonly options: Required<OutlierDetectionOptions>;
  /** By id, of the endpoints that there are. */
  private readonly monitors = new Map<string, Monitor>();

  /** @throws RangeError if an option makes no sense */
  constructor(options: OutlierDetectionOptions = {}) {
    const baseEjectionMs = duration("baseEjectionMs", options.baseEjectionMs ?? 30_000);
    const maxEjectionMs = options.maxEjectionMs ?? Math.max(300_000, baseEjectionMs);
    this.options = {
      consecutiveErrors: wholeNumber("consecutiveErrors", options.consecutiveErrors ?? 5, 1),
      baseEjectionMs,
      maxEjectionMs: duration("maxEjectionMs", maxEjectionMs),
      maxEjectionPercent: inRange("maxEjectionPercent", options.maxEjectionPercent ?? 10, 0, 100),
      alwaysEjectOne: options.alwaysEjectOne ?? true,
      minHealthPercent: inRange("minHealthPercent", options.minHealthPercent ?? 0, 0, 100),
      intervalMs: inRange("intervalMs", options.intervalMs ?? 10_000, 1),
      now: options.now ?? (() => Date.now()),
    };
  }

  /**
   * Who can be sent requests. If fewer than `minHealthPercent` are healthy, or nobody is, that's all of
   * them: in a panic a bad endpoint is better than none
   * (https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/panic_threshold).
   *
   * @param endpoints all that there are: others are forgotten
   */
  healthy<E extends Endpoint>(endpoints: readonly E[]): readonly E[] {
    this.keepOnly(endpoints);
    const now = this.options.now();
    const healthy = endpoints.filter(({ id }) => !this.isEjected(id, now));
    const enough = (endpoints.length * this.options.minHealthPercent) / 100;
    return healthy.length === 0 || healthy.length < enough ? endpoints : healthy;
  }

  /**
   * Learns how a try ended. Of an endpoint that is ejected, or that {@link healthy} wasn't told of, it
   * learns nothing.
   */
  report(id: string, ok: boolean): void {
    const monitor = this.monitors.get(id);
    const now = this.options.now();
    if (!monitor || this.isEjected(id, now)) return;
    monitor.errors = ok ? 0 : monitor.errors + 1;
    if (monitor.errors < this.options.consecutiveErrors) return;
    monitor.errors = 0;
    if (this.mayEjectOneMore()) this.eject(monitor, now);
  }

  /** Who is ejected now. */
  ejections(): Ejection[] {
    const now = this.options.now();
    return [...this.monitors]
      .filter(([id]) => this.isEjected(id, now))
      .map(([id, { until, multiplier }]) => ({ id, until, multiplier }));
  }

  private eject(monitor: Monitor, now: number): void {
    const { baseEjectionMs, maxEjectionMs, intervalMs } = this.options;
    const healthyIntervals = Math.floor((now - monitor.until) / intervalMs);
    // Beyond what reaches the maximum the number doesn't grow, or it would take too long to go down.
    const most = Math.max(1, Math.ceil(maxEjectionMs / (baseEjectionMs || 1)));
    monitor.multiplier = Math.min(Math.max(0, monitor.multiplier - healthyIntervals) + 1, most);
    monitor.until = now + Math.min(baseEjectionMs * monitor.multiplier, maxEjectionMs);
  }

  private mayEjectOneMore(): boolean {
    const { maxEjectionPercent, alwaysEjectOne } = this.options;
    const ejected = this.ejections().length;
    const percent = (100 * (ejected + 1)) / this.monitors.size;
    return percent <= maxEjectionPercent || (alwaysEjectOne && ejected === 0);
  }

  private isEjected(id: string, now: number): boolean {
    return (this.monitors.get(id)?.until ?? 0) > now;
  }

  private keepOnly(endpoints: readonly Endpoint[]): void {
    const ids = new Set(endpoints.map(({ id }) => id));
    for (const id of this.monitors.keys()) if (!ids.has(id)) this.monitors.delete(id);
    for (const id of ids) {
      if (!this.monitors.has(id)) this.monitors.set(id, { errors: 0, until: 0, multiplier: 0 });
    }
  }
}

/** @see OutlierDetection */
export const outlierDetection = (options?: OutlierDetectionOptions) =>
  new OutlierDetection(options);
