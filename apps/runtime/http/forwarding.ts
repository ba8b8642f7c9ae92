/** What every proxy does with requests, and with calls that come to nothing. */
import type { FastifyRequest } from "fastify";
import {
  CircuitOpen,
  NoEndpoint,
  TimeoutExceeded,
  UpstreamFailure,
} from "../../../micromesh/traffic/index.ts";
import { Problem } from "./problem.ts";
import { endToEnd, type UpstreamRequest } from "./send.ts";

/**
 * What a proxy sends on of a request: its body whole, and who asked whom for it in `X-Forwarded-*`.
 *
 * @param path with its query, as the next hop is to see it
 */
export function forwarded(request: FastifyRequest, path: string): UpstreamRequest {
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

/**
 * What the client is told of a call that came to no answer; anything unexpected stays what it is.
 *
 * @param service its name
 * @param status where the state of its circuit and its replicas can be seen: `GET /mesh/status`
 */
export function refusal(service: string, error: unknown, status: string): unknown {
  if (error instanceof CircuitOpen) {
    const seconds = Math.max(1, Math.ceil(error.retryAfterMs / 1000));
    return new Problem(503, `${service} keeps failing: ${error.message}; see ${status}`, {
      "retry-after": String(seconds),
    });
  }
  if (error instanceof NoEndpoint) {
    return new Problem(503, `${service} has no healthy replica; see ${status}`);
  }
  if (error instanceof TimeoutExceeded) return new Problem(504, `${service}: ${error.message}`);
  if (error instanceof UpstreamFailure) return new Problem(502, `${service}: ${error.message}`);
  return error;
}
