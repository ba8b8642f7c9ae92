/** Takes spans by OTLP over HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp). */
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { FastifyRequest } from "fastify";
import { Problem } from "../../runtime/http/problem.ts";
import type { Service } from "../../runtime/http/service.ts";
import { exportRequest, spansOf } from "./otlp.ts";
import { problem, received } from "./schemas.ts";
import type { TraceStore } from "./store.ts";

/** A batch of 512 spans, the SDKs' default, fits in; unpacked it may be no larger than packed. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const unpack = promisify(gunzip);

/** `POST /v1/traces`, in JSON; compressed by gzip or not at all. */
export function receiveRoute(app: Service, store: TraceStore): void {
  app.register(async (plain) => {
    const scope: Service = plain.withTypeProvider();
    scope.removeAllContentTypeParsers();
    const limit = { parseAs: "buffer", bodyLimit: MAX_BODY_BYTES } as const;
    scope.addContentTypeParser("application/json", limit, readJson);
    scope.addContentTypeParser("*", limit, async ({ headers }: FastifyRequest) => {
      const type = headers["content-type"]?.slice(0, 100) ?? "a body without a content type";
      throw new Problem(
        415,
        `header content-type: ${type} isn't taken; send application/json (OTEL_EXPORTER_OTLP_PROTOCOL=http/json)`,
      );
    });
    scope.post(
      "/v1/traces",
      {
        bodyLimit: MAX_BODY_BYTES,
        schema: {
          tags: ["traces"],
          summary: "Takes spans, by the OpenTelemetry protocol",
          body: exportRequest,
          response: { 200: received, 400: problem, 413: problem, 415: problem },
        },
      },
      async ({ body }) => {
        const rejected = store.add(spansOf(body));
        if (rejected === 0) return {};
        const errorMessage = `a trace has room for ${store.limits.spansPerTrace} spans`;
        return { partialSuccess: { rejectedSpans: String(rejected), errorMessage } };
      },
    );
  });
}

async function readJson({ headers }: FastifyRequest, body: Buffer): Promise<unknown> {
  const text = await unpacked(headers["content-encoding"] ?? "identity", body);
  try {
    return JSON.parse(text.toString());
  } catch (error) {
    throw new Problem(400, `body: it must be JSON: ${(error as Error).message.slice(0, 100)}`);
  }
}

async function unpacked(encoding: string, body: Buffer): Promise<Buffer> {
  if (encoding === "identity") return body;
  if (encoding !== "gzip") {
    throw new Problem(
      415,
      `header content-encoding: ${encoding.slice(0, 100)} isn't taken; send gzip, or none`,
    );
  }
  try {
    return await unpack(body, { maxOutputLength: MAX_BODY_BYTES });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      throw new Problem(
        413,
        `body: it's over ${MAX_BODY_BYTES} bytes when unpacked; send less at a time`,
      );
    }
    throw new Problem(400, `body: it must be gzip, as its content-encoding says`);
  }
}
