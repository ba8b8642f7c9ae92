import type { IncomingMessage } from "node:http";
import type { FastifyRequest } from "fastify";
import type { Service } from "../http/service.ts";
import type { ServerSpan, Tracing } from "./tracing.ts";

/** The connection was closed before the whole answer was out. */
export class AnswerCut extends Error {
  override name = "AnswerCut";
  constructor() {
    super("the connection was closed before the answer was out");
  }
}

/**
 * Has a server's requests traced, from their first hook to the last byte of their answer, which says in
 * `X-Trace-Id` where to look. To be called before routes are added.
 *
 * @returns the span of a request that is under way, to put others below it
 */
export function traceRequests(
  app: Service,
  tracing: Tracing,
): (request: FastifyRequest) => ServerSpan {
  const spans = new WeakMap<IncomingMessage, ServerSpan>();
  app.addHook("onRequest", async (request, reply) => {
    const { method, url, headers, routeOptions } = request;
    const span = tracing.server({ method, path: url, route: routeOptions.url, headers });
    spans.set(request.raw, span);
    reply.header("x-trace-id", span.traceId);
    reply.raw.once("close", () => {
      const { writableFinished, statusCode } = reply.raw;
      span.end(writableFinished ? { status: statusCode } : { error: new AnswerCut() });
    });
  });
  return ({ raw }) => {
    const span = spans.get(raw);
    if (!span) throw new Error("requests of this server aren't traced");
    return span;
  };
}
