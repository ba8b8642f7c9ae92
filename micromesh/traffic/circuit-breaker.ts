import { ConsecutiveBreaker } from "cockatiel";
import { duration, wholeNumber } from "./check.ts";

export type CircuitState = "closed" | "open" | "half-open";

/** How a call ended, as far as the breaker cares; `unknown` counts as neither, like a client that left. */
export type Verdict = "success" | "failure" | "unknown";

/** What a call returned or threw. */
export type Settled<T> = { value: T } | { error: unknown };

/** Refused without being tried: the circuit is open, or half-open and on trial. */
export class CircuitOpen extends Error {
  override readonly name = "CircuitOpen";
  /** Milliseconds until the next trial; 0 while one is under way. */
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super(
      retryAfterMs > 0
        ? `the circuit is open for another ${retryAfterMs} ms`
        : "the circuit is half-open, and a trial is under way",
    );
    this.retryAfterMs = retryAfterMs;
  }
}

export interface CircuitStatus {
  state: CircuitState;
  /** Failures in a row. */
  failures: number;
  /** When the state was last changed, in milliseconds since 1970. */
  since: number;
  /** Milliseconds until an open circuit becomes half-open; else 0. */
  retryAfterMs: number;
}

export interface CircuitChange {
  from: CircuitState;
  to: CircuitState;
  failures: number;
}

export interface CircuitBreakerOptions {
  /** So many failures in a row open the circuit; at least 1. */
  failureThreshold: number;
  /** How long it's open before it becomes half-open, in milliseconds. */
  openMs: number;
  /** Told of each change of state. Time's changes are noticed by the next call or look at the status. */
  onChange?: (change: CircuitChange) => void;
  /** Milliseconds since 1970. */
  now?: () => number;
}

/**
 * Refuses calls to a service that keeps failing:
 * - closed: calls are let through; `failureThreshold` failures in a row open it;
 * - open: calls are refused; after `openMs` it's half-open;
 * - half-open: one call at a time is let through as a trial, the others are refused. A success closes
 *   the circuit, a failure opens it again.
 *
 * What a call comes to counts only if the circuit hasn't changed since it began: a slow failure from
 * before doesn't end a trial, and a slow success doesn't make up for new failures. cockatiel's own
 * policy around its `ConsecutiveBreaker` decides that differently, and has calls wait for a trial
 * instead of refusing them.
 */
export class CircuitBreaker {
  private readonly breaker: ConsecutiveBreaker;
  private readonly openMs: number;
  private readonly onChange: (change: CircuitChange) => void;
  private readonly now: () => number;
  private state: CircuitState = "closed";
  private since: number;
  private onTrial = false;
  /** A new object whenever what has begun before doesn't count any more. */
  private era = {};

  /** @throws RangeError if an option makes no sense */
  constructor(options: CircuitBreakerOptions) {
    const threshold = wholeNumber("failureThreshold", options.failureThreshold, 1);
    this.breaker = new ConsecutiveBreaker(threshold);
    this.openMs = duration("openMs", options.openMs);
    this.onChange = options.onChange ?? (() => {});
    // Not `Date.now` itself, which a test may put another clock in place of.
    this.now = options.now ?? (() => Date.now());
    this.since = this.now();
  }

  /**
   * Calls `fn`, unless the circuit is open.
   *
   * @param fn told whether it's the trial of a half-open circuit
   * @param judge says how the call ended: an answer that says "503" is a failure, though none is thrown
   * @returns what `fn` returns, failure or not
   * @throws CircuitOpen if `fn` wasn't called; else what `fn` throws
   */
  async run<T>(
    fn: (trial: boolean) => Promise<T>,
    judge: (settled: Settled<T>) => Verdict,
  ): Promise<T> {
    const { state, retryAfterMs } = this.status();
    if (state === "open" || this.onTrial) throw new CircuitOpen(retryAfterMs);
    const trial = state === "half-open";
    this.onTrial = trial;
    const { era } = this;
    let verdict: Verdict = "unknown";
    try {
      const value = await fn(trial);
      verdict = judge({ value });
      return value;
    } catch (error) {
      verdict = judge({ error });
      throw error;
    } finally {
      if (era === this.era) this.learn(verdict);
    }
  }

  status(): CircuitStatus {
    let retryAfterMs = 0;
    if (this.state === "open") {
      const now = this.now();
      // A clock that was set back doesn't keep the circuit open for longer.
      if (now < this.since) this.since = now;
      retryAfterMs = this.since + this.openMs - now;
      if (retryAfterMs <= 0) {
        retryAfterMs = 0;
        this.change("half-open", this.since + this.openMs);
      }
    }
    const { state, since } = this;
    return { state, failures: this.breaker.state, since, retryAfterMs };
  }

  /** Closes the circuit and forgets everything, calls under way included. */
  reset(): void {
    this.breaker.success();
    this.change("closed");
  }

  private learn(verdict: Verdict): void {
    this.onTrial = false;
    if (verdict === "success") {
      this.breaker.success();
      if (this.state === "half-open") this.change("closed");
    } else if (verdict === "failure") {
      const enough = this.breaker.failure();
      if (enough || this.state === "half-open") this.change("open");
    }
  }

  private change(to: CircuitState, at = this.now()): void {
    this.era = {};
    this.onTrial = false;
    if (to === this.state) return;
    const from = this.state;
    this.state = to;
    this.since = at;
    this.onChange({ from, to, failures: this.breaker.state });
  }
}

/** @see CircuitBreaker */
export const circuitBreaker = (options: CircuitBreakerOptions) => new CircuitBreaker(options);
