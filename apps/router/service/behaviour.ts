/** What a replica is told to do wrong. */
import * as z from "zod";
import { type FaultInjector, faultInjector } from "../../../micromesh/traffic/index.ts";

const secondsError = "it must be seconds, 0 to 60";
const seconds = z
  .number({ error: secondsError })
  .min(0, { error: secondsError })
  .max(60, { error: secondsError });
const percentError = "it must be a number from 0 to 100";
const percent = z
  .number({ error: percentError })
  .min(0, { error: percentError })
  .max(100, { error: percentError });
const statusError = "it must be a status from 400 to 599";
const count = (least: number) => {
  const error = `it must be a number of requests, at least ${least}`;
  return z.int({ error }).min(least, { error });
};

/** In the order in which they take effect on a request: crash, delay, reset, failure. */
export const behaviourSettings = z.strictObject(
  {
    crash_after: count(1)
      .optional()
      .describe("The process dies at this request from now on, without an answer"),
    delay_seconds: seconds.default(0).describe("Seconds that each request waits"),
    jitter_seconds: seconds.default(0).describe("Up to so many seconds more, at random"),
    reset_percent: percent
      .default(0)
      .describe("Of the requests, how many have their connection broken instead of an answer"),
    fail_first: count(0).default(0).describe("So many requests fail, from now on"),
    fail_percent: percent.default(0).describe("Of the requests, how many fail"),
    fail_status: z
      .int({ error: statusError })
      .min(400, { error: statusError })
      .max(599, { error: statusError })
      .default(500)
      .describe("What those that fail are answered with"),
  },
  { error: ({ code }) => (code === "unrecognized_keys" ? undefined : "it must be an object") },
);

export type BehaviourSettings = z.output<typeof behaviourSettings>;

/** The variable `BEHAVIOUR`: {@link behaviourSettings} as JSON. */
export const behaviourVariable = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({
        code: "custom",
        message: 'it must be JSON, such as {"delay_seconds": 0.5}',
      });
      return z.NEVER;
    }
  })
  .pipe(behaviourSettings)
  .prefault("{}");

/** What befalls one request. */
export interface Plan {
  /** The process dies at once. */
  crash: boolean;
  /** Milliseconds to wait first. */
  delayMs: number;
  /** What comes then: an answer, a broken connection, or a failure with this status. */
  outcome: "answer" | "reset" | number;
}

/** The behaviour of one replica. */
export class Behaviour {
  readonly #random: () => number;
  #settings!: BehaviourSettings;
  #faults!: FaultInjector;
  #resets!: FaultInjector;
  #requests = 0;

  constructor(settings: BehaviourSettings, random: () => number = Math.random) {
    this.#random = random;
    this.set(settings);
  }

  get settings(): BehaviourSettings {
    return this.#settings;
  }

  /** From the next request on; requests are counted anew. */
  set(settings: BehaviourSettings): void {
    const { delay_seconds, reset_percent, fail_percent, fail_status } = settings;
    this.#settings = settings;
    this.#requests = 0;
    this.#resets = faultInjector(
      { abort: { status: fail_status, percent: reset_percent } },
      this.#random,
    );
    this.#faults = faultInjector(
      {
        delay: { ms: delay_seconds * 1000, percent: 100 },
        abort: { status: fail_status, percent: fail_percent },
      },
      this.#random,
    );
  }

  /** Decides for one request. */
  plan(): Plan {
    const { crash_after, jitter_seconds, fail_first, fail_status } = this.#settings;
    this.#requests += 1;
    const { delayMs, abort } = this.#faults.decide();
    const reset = this.#resets.decide().abort !== undefined;
    const failure = this.#requests <= fail_first ? fail_status : abort;
    return {
      crash: this.#requests === crash_after,
      delayMs: delayMs + this.#random() * jitter_seconds * 1000,
      outcome: reset ? "reset" : (failure ?? "answer"),
    };
  }
}
