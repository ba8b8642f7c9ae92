/** One request on its way through the router. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { AnswerCut } from "../../../runtime/tracing/requests.ts";
import type { ServerSpan, Tracing } from "../../../runtime/tracing/tracing.ts";
import type { Metrics } from "../metrics.ts";
import type { Match } from "../route-table.ts";
import type { Running } from "../router.ts";
import type { ServedRoute } from "../serving.ts";

/** Nobody hears it: the status that proxies note for a request whose client left, since nginx did. */
export const CLIENT_LEFT = 499;
/** Noted for an answer that the service has broken off, whatever status had been sent on. */
export const BAD_GATEWAY = 502;

export interface Passage {
  readonly match: Match<ServedRoute> | undefined;
  readonly span: ServerSpan;
  /** Aborted if the client leaves before the whole answer is out. */
  readonly leaving: AbortSignal;
  /** The service that was chosen. */
  service: string | undefined;
  /** How often the request has been sent. */
  attempts: number;
  /** Why the service's answer has ended before its end. */
  broken: Error | undefined;
  /** The faults that have befallen it. */
  faults: ("delay" | "abort")[];
}

/**
 * Begins one: what runs now is what it keeps to. Its end is noted when the connection has done with it.
 */
export function beginPassage(
  request: FastifyRequest,
  reply: FastifyReply,
  parts: { running: Running; tracing: Tracing; metrics: Metrics },
): Passage {
  const { running, tracing, metrics } = parts;
  const { method, originalUrl, headers } = request;
  const match = running.find(originalUrl);
  const route = match?.route.config;
  const leaving = new AbortController();
  const passage: Passage = {
    match,
    span: tracing.server({ method, path: originalUrl, route: route?.path, headers }),
    leaving: leaving.signal,
    service: undefined,
    attempts: 0,
    broken: undefined,
    faults: [],
  };
  metrics.begun();
  reply.raw.once("close", () => {
    const { writableFinished, statusCode } = reply.raw;
    if (!writableFinished) leaving.abort();
    const { span, broken } = passage;
    span.end(writableFinished ? { status: statusCode } : { error: broken ?? new AnswerCut() });
    metrics.served({
      route: route?.name,
      service: passage.service,
      status: writableFinished ? statusCode : broken ? BAD_GATEWAY : CLIENT_LEFT,
      seconds: reply.elapsedTime / 1000,
    });
  });
  return passage;
}
