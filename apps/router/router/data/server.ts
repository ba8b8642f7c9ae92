/** The server for everybody's requests. */
import { METHODS } from "node:http";
import fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { Problem } from "../../../runtime/http/problem.ts";
import type { Service as Server } from "../../../runtime/http/service.ts";
import type { Tracing } from "../../../runtime/tracing/tracing.ts";
import type { Metrics } from "../metrics.ts";
import type { Router } from "../router.ts";
import { forward } from "./forward.ts";
import { beginPassage, type Passage } from "./passage.ts";

/** Bodies are kept for retries; a larger one is answered with 413. */
const MAX_BODY_BYTES = 1024 * 1024;
/** A request must have come in whole after this many milliseconds. */
const REQUEST_TIMEOUT_MS = 30_000;

export interface DataParts {
  router: Router;
  metrics: Metrics;
  tracing: Tracing;
  /** The pod's name. */
  replica: string;
}

/**
 * A server that sends every request where its route leads; it isn't listening. Unlike other services it
 * has no paths and headers of its own but those that say what the router did: `x-router-replica`,
 * `x-route`, `x-upstream-attempts`, `x-fault`, `x-trace-id` and `x-response-time`.
 */
export function createDataServer({ router, metrics, tracing, replica }: DataParts): Server {
  const passages = new WeakMap<FastifyRequest, Passage>();
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // What comes on an open connection while the pod stops is still answered: it has been drained.
    return503OnClosing: false,
    // The router's own table says where a path leads, and takes what fastify's would refuse.
    rewriteUrl: () => "/",
  }).withTypeProvider<ZodTypeProvider>();

  app.addHook("onRequest", async (request, reply) => {
    const { running } = router;
    passages.set(request, beginPassage(request, reply, { running, tracing, metrics }));
  });
  // fastify takes the time of a request only where somebody hears of its end.
  app.addHook("onResponse", async () => {});
  app.addHook("onSend", async (request, reply) => {
    // At last, so that they are this router's where a service is behind another one.
    const passage = passages.get(request);
    if (passage) reply.headers(marksOf(passage));
    reply.header("x-router-replica", replica);
    reply.header("x-response-time", `${reply.elapsedTime.toFixed(2)}ms`);
  });
  app.setErrorHandler((error: FastifyError, _request, reply) => answerError(error, reply));

  // A body is passed on as it came, whatever it is; and kept whole, for a retry sends it again.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    "*",
    { parseAs: "buffer" },
    async (_: FastifyRequest, body: Buffer) => body,
  );
  for (const method of METHODS) {
    if (method === "CONNECT" || app.supportedMethods.includes(method)) continue;
    app.addHttpMethod(method, { hasBody: true });
  }
  app.all("/", async (request, reply) => {
    const passage = passages.get(request) as Passage;
    return forward(request, reply, passage, metrics);
  });
  return app;
}

function marksOf({ match, attempts, faults, span }: Passage): Record<string, string> {
  return {
    ...(match && { "x-route": match.route.config.name }),
    ...(faults.length > 0 && { "x-fault": faults.join() }),
    "x-upstream-attempts": String(attempts),
    "x-trace-id": span.traceId,
  };
}

function answerError(error: unknown, reply: FastifyReply): FastifyReply {
  if (error instanceof Problem) {
    return reply.code(error.status).headers(error.headers).send({ error: error.message });
  }
  const { statusCode = 500, message } = error as FastifyError;
  if (statusCode < 500) return reply.code(statusCode).send({ error: message });
  // Only a mistake in this program leads here.
  console.error(error);
  return reply.code(500).send({ error: "the router has made a mistake; its log says which" });
}
