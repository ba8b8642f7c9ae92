/** Requests for a service, on their way through the mesh. */
import type { FastifyReply, FastifyRequest } from "fastify";
import {
  CircuitOpen,
  NoEndpoint,
  TimeoutExceeded,
  UpstreamFailure,
} from "../../../micromesh/traffic/index.ts";
import { Problem } from "../runtime/problem.ts";
import { endToEnd, send, type UpstreamRequest } from "./send.ts";
import type { Upstream } from "./upstream.ts";

/** Nobody hears it: the status that proxies note for such a request, since nginx did. */
const CLIENT_LEFT = 499;

/**
 * Sends the request to a replica of the service, and its answer back. The service's own path takes the
 * place of the one that the gateway serves it under.
 *
 * @throws Problem 503 with Retry-After if the circuit is open; 503 without a replica; 502 or 504 if the
 *   last one that was tried didn't answer
 */
export async function forward(
  upstream: Upstream,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { name, path } = upstream.settings;
  const asked = requestFor(request, `/${name}${restOf(request.url, path)}`);
  const leaving = new AbortController();
  const left = () => leaving.abort();
  reply.raw.once("close", left);
  try {
    const answer = await upstream.caller.call(
      {
        method: request.method,
        signal: leaving.signal,
        ...("idempotency-key" in request.headers && { idempotent: true }),
      },
      ({ url }, { signal }) => send(url, asked, signal),
    );
    // From here on the answer's own stream ends with the client.
    reply.raw.off("close", left);
    return reply.code(answer.status).headers(endToEnd(answer.headers)).send(answer.body);
  } catch (error) {
    throw leaving.signal.aborted
      ? new Problem(CLIENT_LEFT, "the client has left")
      : problemOf(name, error);
  }
}

/** What comes behind the service's path, as it was written: that one may have been encoded, or have a host before it. */
function restOf(url: string, path: string): string {
  const depth = path.split("/").length - 1;
  return url.replace(/^https?:\/\/[^/]*/i, "").replace(new RegExp(`^(?:/[^/?#]*){${depth}}`), "");
}

function requestFor(request: FastifyRequest, path: string): UpstreamRequest {
  // Who expects 100 (Continue) has had it from this server, which reads the body before it's sent on.
  const { host, expect: _, "content-length": _length, ...headers } = endToEnd(request.headers);
  const forwarded = request.headers["x-forwarded-for"];
  const body = Buffer.isBuffer(request.body) && request.body.length > 0 ? request.body : undefined;
  return {
    method: request.method,
    path,
    headers: {
      ...headers,
      "x-forwarded-for": [forwarded, request.ip].flat().filter(Boolean).join(", "),
      "x-forwarded-host": String(request.headers["x-forwarded-host"] ?? host ?? ""),
      "x-forwarded-proto": String(request.headers["x-forwarded-proto"] ?? "http"),
    },
    body,
  };
}

/** What the client is told; anything unexpected stays what it is. */
function problemOf(name: string, error: unknown): unknown {
  if (error instanceof CircuitOpen) {
    const seconds = Math.max(1, Math.ceil(error.retryAfterMs / 1000));
    return new Problem(503, `${name} keeps failing: ${error.message}; see GET /mesh/status`, {
      "retry-after": String(seconds),
    });
  }
  if (error instanceof NoEndpoint) {
    return new Problem(503, `${name} has no healthy replica; see GET /mesh/status`);
  }
  if (error instanceof TimeoutExceeded) return new Problem(504, `${name}: ${error.message}`);
  if (error instanceof UpstreamFailure) return new Problem(502, `${name}: ${error.message}`);
  return error;
}
