/** Faults on purpose: what a replica of the catalog is told to do wrong. */
import * as z from "zod";
import { type FaultInjector, faultInjector } from "../../../micromesh/traffic/index.ts";
import { Problem } from "../../runtime/http/problem.ts";
import { id } from "../runtime/schemas.ts";

const percent = z
  .number({ error: "it must be a number from 0 to 100" })
  .min(0, { error: "it must be a number from 0 to 100" })
  .max(100, { error: "it must be a number from 0 to 100" });
const status = z
  .int({ error: "it must be a status from 400 to 599" })
  .min(400, { error: "it must be a status from 400 to 599" })
  .max(599, { error: "it must be a status from 400 to 599" });
const delayError = "it must be milliseconds, 0 to 60000";
const crashError = "it must be a number of requests, at least 1";

/** In the order in which they take effect on a request: crash, delay, abort, product. */
export const faultSettings = z.strictObject({
  crashAfterRequests: z
    .int({ error: crashError })
    .min(1, { error: crashError })
    .optional()
    .describe("The process dies at this request from now on, without an answer"),
  delayMs: z
    .int({ error: delayError })
    .min(0, { error: delayError })
    .max(60_000, { error: delayError })
    .default(0)
    .describe("Milliseconds that an answer waits"),
  delayPercent: percent.default(100).describe("Of the requests, how many are delayed"),
  abort: z
    .strictObject({ status, percent })
    .default({ status: 503, percent: 0 })
    .describe("Of the requests, how many are answered with an error, and which"),
  products: z
    .record(id, z.strictObject({ status }))
    .default({})
    .describe("Products, existing or not, for which the answer is an error"),
});

export type FaultSettings = z.output<typeof faultSettings>;

/** The variable `FAULTS`: {@link faultSettings} as JSON. */
export const faultsVariable = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: "custom", message: 'it must be JSON, such as {"delayMs": 500}' });
      return z.NEVER;
    }
  })
  .pipe(faultSettings)
  .prefault("{}");

/** What ends the process as a crash does. */
export function crash(): void {
  console.error("fault: crashing, as told by crashAfterRequests");
  process.exit(1);
}

/** The faults of one replica. */
export class Faults {
  readonly #crash: () => void;
  readonly #random: () => number;
  #settings: FaultSettings;
  #injector: FaultInjector;
  #requests = 0;

  constructor(settings: FaultSettings, onCrash = crash, random = Math.random) {
    this.#crash = onCrash;
    this.#random = random;
    this.#settings = settings;
    this.#injector = this.#injectorOf(settings);
  }

  get settings(): FaultSettings {
    return this.#settings;
  }

  /** From now on; requests are counted anew. */
  set(settings: FaultSettings): void {
    this.#settings = settings;
    this.#injector = this.#injectorOf(settings);
    this.#requests = 0;
  }

  /**
   * To be called for each request.
   *
   * @throws Problem with the status of the abort
   */
  async onRequest(): Promise<void> {
    this.#requests += 1;
    if (this.#requests === this.#settings.crashAfterRequests) this.#crash();
    const status = await this.#injector.inject();
    if (status !== undefined) throw new Problem(status, "fault injected: abort");
  }

  /** @throws Problem if this product is to fail */
  onProduct(product: string): void {
    const { products } = this.#settings;
    const fault = Object.hasOwn(products, product) ? products[product] : undefined;
    if (fault) throw new Problem(fault.status, `fault injected: product ${product}`);
  }

  #injectorOf({ delayMs, delayPercent, abort }: FaultSettings): FaultInjector {
    return faultInjector({ delay: { ms: delayMs, percent: delayPercent }, abort }, this.#random);
  }
}
