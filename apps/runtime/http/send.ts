/** Sends a request to a replica. */
import type { IncomingHttpHeaders } from "node:http";
import { Agent, type Dispatcher } from "undici";
import type { Answer } from "../../../micromesh/traffic/index.ts";

/** A replica's answer; its body is still to come. */
export interface UpstreamAnswer extends Answer {
  headers: IncomingHttpHeaders;
  body: Dispatcher.ResponseData["body"];
}

export interface UpstreamRequest {
  method: string;
  /** Path and query. */
  path: string;
  headers: Record<string, string | string[]>;
  /** Whole, so that it can be sent again. */
  body: Buffer | undefined;
}

/** Fields that belong to one connection and not to the message (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Connections to replicas: kept, and dropped before the replica's own 5 s of patience are over. */
const agent = new Agent({ connect: { timeout: 1000 }, keepAliveTimeout: 4000, pipelining: 1 });

export async function send(
  url: string,
  { method, path, headers, body }: UpstreamRequest,
  signal: AbortSignal,
): Promise<UpstreamAnswer> {
  // In two parts, for a URL's path would be normalised, and isn't the gateway's to change.
  const { statusCode, ...answer } = await agent.request({
    origin: url,
    path,
    method: method as Dispatcher.HttpMethod,
    headers,
    body: body ?? null,
    signal,
  });
  return { status: statusCode, ...answer };
}

/** A message's own fields, without those of its connection. */
export function endToEnd(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const named = new Set(
    (headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase()),
  );
  return Object.fromEntries(
    Object.entries(headers).filter(
      (field): field is [string, string | string[]] =>
        field[1] !== undefined && !HOP_BY_HOP.has(field[0]) && !named.has(field[0]),
    ),
  );
}
