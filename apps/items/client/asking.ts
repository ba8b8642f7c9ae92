/** Asks the API, again and again. */
import { setTimeout as sleep } from "node:timers/promises";
import { Agent } from "undici";
import type { Entry } from "./history.ts";
import { type Outcome, ofAnswer, ofError } from "./outcome.ts";

const CONNECT_TIMEOUT_MS = 2000;
/** Few items: it's about whether they can be had. */
const PATH = "/items?limit=10";

export interface AskingOptions {
  /** `http://api.items:8090` */
  api: string;
  /** From one request's start to the next one's; a request that takes longer delays the next one. */
  intervalMs: number;
  answerTimeoutMs: number;
  /** Hears of each request when it has ended. */
  ended(entry: Entry): void;
}

/** Begins. @returns what ends it, at once */
export function ask(options: AskingOptions): () => void {
  const stopping = new AbortController();
  // Each request looks the name up and connects anew: a connection that was kept would outlive what it's to show.
  const agent = new Agent({ pipelining: 0, connect: { timeout: CONNECT_TIMEOUT_MS } });

  async function once(): Promise<Outcome> {
    const late = AbortSignal.timeout(CONNECT_TIMEOUT_MS + options.answerTimeoutMs);
    try {
      const { statusCode, body } = await agent.request({
        origin: options.api,
        path: PATH,
        method: "GET",
        signal: AbortSignal.any([late, stopping.signal]),
      });
      return ofAnswer(statusCode, await body.text());
    } catch (error) {
      return ofError(error, CONNECT_TIMEOUT_MS, options.answerTimeoutMs);
    }
  }

  async function again(): Promise<void> {
    for (;;) {
      const [at, began] = [Date.now(), performance.now()];
      const outcome = await once();
      if (stopping.signal.aborted) return;
      const ms = performance.now() - began;
      options.ended({ at, ms, ...outcome });
      await sleep(Math.max(0, options.intervalMs - ms), undefined, { ref: false });
    }
  }

  void again();
  return () => {
    stopping.abort();
    void agent.destroy();
  };
}
