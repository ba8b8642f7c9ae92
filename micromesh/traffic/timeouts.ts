import { duration } from "./check.ts";

/** What was to be done in time: one try of a call, or the call with all its retries and waits. */
export type TimeoutScope = "per-try" | "overall";

/** A try or a call took too long. */
export class TimeoutExceeded extends Error {
  override readonly name = "TimeoutExceeded";
  readonly scope: TimeoutScope;
  /** The time that there was, in milliseconds. */
  readonly ms: number;

  constructor(scope: TimeoutScope, ms: number) {
    const what = scope === "per-try" ? "the try" : "the call with its retries";
    super(`${what} took longer than ${ms} ms`);
    this.scope = scope;
    this.ms = ms;
  }
}

export interface Limit<T> {
  /** Milliseconds; undefined: no limit, the signal alone ends the work. */
  ms: number | undefined;
  scope: TimeoutScope;
  /** Ends the work from outside. */
  signal?: AbortSignal;
  /** Gets what the work came to after it was ended, to dispose of it. */
  late?: (value: T) => void;
}

/**
 * Does some work within a time. When time is up, or `limit.signal` is aborted, the work's own signal is
 * aborted, and the result doesn't wait for the work to notice. Once the work has come to its end the
 * signal stays as it is: a body that is still to be read isn't cut off.
 *
 * @throws TimeoutExceeded, the reason of `limit.signal`, or what the work throws
 */
export async function within<T>(
  limit: Limit<T>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { ms, scope, signal, late } = limit;
  if (ms !== undefined) duration(`${scope} timeout`, ms);
  signal?.throwIfAborted();
  const own = new AbortController();
  return new Promise<T>((resolve, reject) => {
    let over = false;
    const finish = () => {
      over = true;
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    const stop = (reason: unknown) => {
      finish();
      reject(reason);
      own.abort(reason);
    };
    const onAbort = () => stop(signal?.reason);
    const timer =
      ms === undefined ? undefined : setTimeout(() => stop(new TimeoutExceeded(scope, ms)), ms);
    signal?.addEventListener("abort", onAbort, { once: true });
    const settle = (then: () => void) => {
      finish();
      then();
    };
    // In an async function, so that what is thrown at once is a rejection too.
    (async () => work(own.signal))().then(
      (value) => (over ? late?.(value) : settle(() => resolve(value))),
      (error) => over || settle(() => reject(error)),
    );
  });
}
