/**
 * The one client of all probes. It uses Node's own modules only: bundled to a string it also runs in
 * pods, so that the simulator and a cluster are observed by the same code.
 */
import type { Request } from "../../../stacks/outputs.ts";
import { Answer } from "./answer.ts";
import { failureOf, TimeIsUp } from "./failures.ts";
import { askHttp } from "./http.ts";
import { addressesOf, servicesOf } from "./names.ts";
import type { Observation, Via } from "./observation.ts";
import { observeTally } from "./tally.ts";
import { askTcp } from "./tcp.ts";

/**
 * Puts one request to the network and tells what came of it. That it fails is an observation too.
 * @param timeoutMs time for everything, name look-up and body included
 * @param via where to connect instead of the request's own host and port
 * @throws Error in one line if the probe couldn't be run (see `failureOf`): never an observation
 */
export async function observe(
  request: Request,
  timeoutMs: number,
  via?: Via,
): Promise<Observation> {
  const once = (ms: number) => observeOnce(request, ms, via);
  return request.kind === "http" && request.tally
    ? observeTally(request.tally, timeoutMs, once)
    : once(timeoutMs);
}

async function observeOnce(
  request: Request,
  timeoutMs: number,
  via: Via | undefined,
): Promise<Observation> {
  const started = performance.now();
  const elapsed = () => Math.round((performance.now() - started) * 10) / 10;
  const answer = new Answer();
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeIsUp()), timeoutMs);
  });
  try {
    await Promise.race([ask(request, timeoutMs, via, answer, stop.signal), deadline]);
    return { ...answer.toObservation(), ms: elapsed() };
  } catch (error) {
    const ms = elapsed();
    return { ...answer.toObservation(), failure: failureOf(error, ms), ms };
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

async function ask(
  request: Request,
  timeoutMs: number,
  via: Via | undefined,
  answer: Answer,
  signal: AbortSignal,
): Promise<void> {
  switch (request.kind) {
    case "http":
      return askHttp(request, via, answer, signal);
    case "tcp":
      return askTcp(request, timeoutMs, via, answer, signal);
    case "dns":
      if (request.record === "SRV") answer.services = await servicesOf(request.name);
      else answer.addresses = await addressesOf(request.name);
  }
}
