/** Sends a request to an endpoint of its route's service, and the answer back. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { sleep } from "../../../../micromesh/traffic/index.ts";
import { forwarded, refusal } from "../../../runtime/http/forwarding.ts";
import { Problem } from "../../../runtime/http/problem.ts";
import {
  endToEnd,
  send,
  type UpstreamAnswer,
  type UpstreamRequest,
} from "../../../runtime/http/send.ts";
import { carrying } from "../../../runtime/tracing/tracing.ts";
import { ADMIN_PATH, PORTS } from "../../names.ts";
import type { ServiceEndpoint } from "../endpoints.ts";
import type { Metrics } from "../metrics.ts";
import { discard, type ServedRoute, type Target } from "../serving.ts";
import { BAD_GATEWAY, CLIENT_LEFT, type Passage } from "./passage.ts";

/** RFC 9110, section 15. */
const LAST_STATUS = 599;
const LONGEST_PATH = 200;
/** Where what the router does can be seen. */
const STATUS = `GET :${PORTS.admin}${ADMIN_PATH}/status`;

/**
 * Has the route's faults befall the request, then sends it.
 *
 * @throws Problem the abort of a fault; 404 without a route; 503 with Retry-After if the circuit is
 *   open; 503 without an endpoint; 502 or 504 if the last one that was tried didn't answer
 */
export async function forward(
  request: FastifyRequest,
  reply: FastifyReply,
  passage: Passage,
  metrics: Metrics,
): Promise<FastifyReply> {
  const { match, leaving } = passage;
  if (!match) {
    throw new Problem(
      404,
      `no route for ${request.method} ${pathOf(request.originalUrl)}; GET :${PORTS.admin}${ADMIN_PATH}/config lists the routes`,
    );
  }
  const { route, target } = match;
  try {
    await injectFaults(route, passage, metrics);
    const sticky = route.config.sticky_by;
    const key = sticky === undefined ? undefined : request.headers[sticky];
    const chosen = route.choose(key === undefined ? undefined : String(key));
    passage.service = chosen.name;
    const answer = await call(chosen, forwarded(request, target), passage, request);
    const { status, headers, body } = answer;
    if (leaving.aborted || status > LAST_STATUS) discard(answer);
    leaving.throwIfAborted();
    if (status > LAST_STATUS) {
      throw new Problem(
        BAD_GATEWAY,
        `${chosen.name}: it answered ${status}, which is no HTTP status`,
      );
    }
    body.once("error", (error: Error) => {
      // One that ends because the client has left isn't broken.
      if (!leaving.aborted) passage.broken = error;
    });
    return reply.code(status).headers(endToEnd(headers)).send(body);
  } catch (error) {
    throw leaving.aborted
      ? new Problem(CLIENT_LEFT, "the client has left")
      : refusal(passage.service ?? route.config.name, error, STATUS);
  }
}

/** In the order of Envoy's fault filter: a delay, then an abort. */
async function injectFaults(route: ServedRoute, passage: Passage, metrics: Metrics): Promise<void> {
  const { name } = route.config;
  const { delayMs, abort } = route.injector.decide();
  const befallen = (kind: "delay" | "abort") => {
    passage.faults.push(kind);
    metrics.faultInjected(name, kind);
  };
  if (delayMs > 0) befallen("delay");
  await sleep(delayMs, passage.leaving);
  if (abort === undefined) return;
  befallen("abort");
  throw new Problem(abort, `fault injected on route ${name}: abort; see ${STATUS}`);
}

async function call(
  { service, caller }: Target,
  asked: UpstreamRequest,
  passage: Passage,
  request: FastifyRequest,
): Promise<UpstreamAnswer> {
  return caller.call(
    {
      method: request.method,
      signal: passage.leaving,
      ...("idempotency-key" in request.headers && { idempotent: true }),
    },
    async (endpoint, { signal, attempt }) => {
      passage.attempts = attempt;
      const over = service.begin(endpoint.id);
      try {
        const answer = await sendTraced(endpoint, asked, passage, attempt, signal);
        // Busy until the last byte, as Envoy has it, so that long answers count for "least request".
        answer.body.once("close", over);
        return answer;
      } catch (error) {
        over();
        throw error;
      }
    },
  );
}

async function sendTraced(
  { url, address, port, host }: ServiceEndpoint,
  asked: UpstreamRequest,
  { span }: Passage,
  attempt: number,
  signal: AbortSignal,
): Promise<UpstreamAnswer> {
  const { method, path } = asked;
  const own = span.client({ method, path, address, port, attempt });
  try {
    const headers = { ...carrying(asked.headers, own), host };
    const answer = await send(url, { ...asked, headers }, signal);
    own.end({ status: answer.status });
    return answer;
  } catch (error) {
    own.end({ error });
    throw error;
  }
}

/** Without the query, which may hold what nobody wants in a log; and not longer than a line. */
const pathOf = (target: string) => target.split(/[?#]/, 1)[0]?.slice(0, LONGEST_PATH);
