import { duration, inRange } from "./check.ts";
import { sleep } from "./sleep.ts";

/** Which faults to inject; percentages are of requests, from 0 to 100. */
export interface FaultSpec {
  delay?: { ms: number; percent: number };
  /** `status`: an HTTP status code from 200 to 599. */
  abort?: { status: number; percent: number };
}

/** What befalls one request. */
export interface Fault {
  /** Milliseconds to wait first. */
  delayMs: number;
  /** The status to answer with then; undefined: go on as if nothing had been. */
  abort?: number;
}

export interface FaultInjector {
  /** Decides for one request. */
  decide(): Fault;
  /**
   * Decides for one request, and waits.
   *
   * @returns the status to answer with; undefined: go on
   * @throws the signal's reason, as soon as it's aborted
   */
  inject(signal?: AbortSignal): Promise<number | undefined>;
}

/**
 * Faults like those of Envoy's HTTP fault filter: a delay, then an abort, each with its own chance
 * (https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/fault_filter).
 *
 * @throws RangeError if the spec makes no sense
 */
export function faultInjector(
  { delay, abort }: FaultSpec,
  random: () => number = Math.random,
): FaultInjector {
  if (delay) {
    duration("delay.ms", delay.ms);
    inRange("delay.percent", delay.percent, 0, 100);
  }
  if (abort) {
    inRange("abort.status", abort.status, 200, 599);
    inRange("abort.percent", abort.percent, 0, 100);
  }
  const befalls = (fault: { percent: number } | undefined) =>
    fault !== undefined && random() * 100 < fault.percent;
  const decide = (): Fault => ({
    delayMs: delay && befalls(delay) ? delay.ms : 0,
    ...(abort && befalls(abort) && { abort: abort.status }),
  });
  return {
    decide,
    async inject(signal) {
      const { delayMs, abort } = decide();
      await sleep(delayMs, signal);
      return abort;
    },
  };
}
