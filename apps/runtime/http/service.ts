/** What all services of the shop are: a fastify server with schemas, errors and headers alike. */

import type { IncomingMessage, ServerResponse } from "node:http";
import swagger from "@fastify/swagger";
import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RawServerDefault,
} from "fastify";
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from "fastify-type-provider-zod";
import { Problem } from "./problem.ts";

/** A larger body is answered with 413. */
const MAX_BODY_BYTES = 1024 * 1024;
/** A request must have come in whole after this many milliseconds. */
const REQUEST_TIMEOUT_MS = 30_000;
/** A path longer than any that has a meaning here is read all the same, to be refused by its schema. */
const MAX_PARAM_LENGTH = 1024;

/** fastify's own messages quote the path, however long. */
const MAX_MESSAGE_LENGTH = 300;

export type Service = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export interface ServiceOptions {
  /** `catalog`: the first part of all its paths. */
  name: string;
  /** What it is for, in its OpenAPI description. */
  description: string;
  /** Where its paths are listed; default `/NAME/openapi.json`. */
  help?: string;
  /** Answered as `X-Replica-ID`. */
  replica: string;
  /** Answered as `X-Version`. */
  version: string;
}

/**
 * A service without routes yet; it isn't listening.
 * - Requests are checked by the zod schemas of their route: 400 says what is wrong.
 * - Every error is answered as `{"error": "..."}`: a {@link Problem} by its status, others by 500.
 * - Bodies are read up to 1 MiB (413 above) and ignored, but by routes with {@link takesJson}.
 * - `GET /NAME/openapi.json` describes the routes.
 */
export async function createService(options: ServiceOptions): Promise<Service> {
  const { name, description, replica, version, help = `/${name}/openapi.json` } = options;
  const mark = (reply: FastifyReply) =>
    reply.header("x-replica-id", replica).header("x-version", version);

  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    // What comes on an open connection while the pod stops is still answered: it has been drained.
    return503OnClosing: false,
    // fastify's own compilers, for JSON schemas, are then never loaded.
    schemaController: {
      compilersFactory: {
        buildValidator: () => validatorCompiler as never,
        buildSerializer: () => serializerCompiler as never,
      },
    },
    frameworkErrors: (error, _request, reply) => answerError(error, mark(reply)),
  }).withTypeProvider<ZodTypeProvider>();

  // What holds for every request of every service is a hook here, in this order.
  app.addHook("onRequest", async (_request, reply) => {
    mark(reply);
  });
  // fastify takes the time of a request only where somebody hears of its end.
  app.addHook("onResponse", async () => {});

  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, async () => undefined);
  app.setErrorHandler((error: FastifyError, _request, reply) => answerError(error, reply));
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({
      error: `no such path: ${request.method} ${pathOf(request)}; ${help} lists them`,
    }),
  );

  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: name, description, version },
      tags: [{ name, description }],
    },
    transform: jsonSchemaTransform,
  });
  app.get(`/${name}/openapi.json`, { schema: { hide: true } }, async () => app.swagger());
  return app;
}

/** From here on, routes of this scope take JSON bodies; 415 for others. */
export function takesJson(scope: Service): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(
    "application/json",
    { parseAs: "string" },
    scope.getDefaultJsonParser("error", "error"),
  );
}

function answerError(error: unknown, reply: FastifyReply): FastifyReply {
  if (error instanceof Problem) {
    return reply.code(error.status).headers(error.headers).send({ error: error.message });
  }
  const { statusCode = 500, message } = error as FastifyError;
  if (hasZodFastifySchemaValidationErrors(error)) {
    return reply.code(400).send({ error: explain(error) });
  }
  if (statusCode < 500) {
    return reply.code(statusCode).send({ error: message.slice(0, MAX_MESSAGE_LENGTH) });
  }
  // Only a mistake in this program leads here.
  console.error(error);
  return reply.code(500).send({ error: "the service has made a mistake; its log says which" });
}

const PARTS: Record<string, string> = {
  params: "path",
  querystring: "query",
  headers: "header",
  body: "body",
};

function explain(error: Pick<FastifyError, "validation" | "validationContext">): string {
  const { instancePath = "", message } = error.validation?.[0] ?? {};
  const part = PARTS[error.validationContext ?? ""] ?? "request";
  const field = instancePath.slice(1).replaceAll("/", ".");
  return `${part}${field && ` ${field}`}: ${message}`;
}

/** Without the query, which may hold what nobody wants in a log. */
function pathOf({ url }: FastifyRequest): string {
  return url.split("?", 1)[0] as string;
}
