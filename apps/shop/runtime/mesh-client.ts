/** Calls of other services, through the mesh. */
import type { IncomingHttpHeaders } from "node:http";
import { Agent, type Dispatcher, request } from "undici";
import { Problem } from "../../runtime/http/problem.ts";

/** As long as the gateway itself takes to give up, so that its reason is what the caller hears. */
const TIMEOUT_MS = 20_000;
/** What a call says of the request it serves: its trace (W3C Trace Context), and who asks. */
const FORWARDED = ["traceparent", "tracestate", "authorization"] as const;

/**
 * Calls share so many connections to the gateway, and wait for one here where there are more: a gateway with
 * much to do would be busy with taking connections.
 */
const CONNECTIONS = 32;
/** Kept for less than the gateway keeps them, so that none is closed under a request. */
const agent = new Agent({
  connections: CONNECTIONS,
  connect: { timeout: 1000 },
  keepAliveTimeout: 4000,
});

/** Names the service that couldn't be asked. */
export const FAILED_DEPENDENCY = "x-failed-dependency";

/**
 * A service couldn't be asked, or couldn't answer: 503 for who asked us, with a header that says that it isn't us.
 * The gateway neither counts it as our failure nor sends the request again, for whoever asked has done so:
 * retries belong to the layer next to the one that fails, or they multiply from hop to hop
 * (https://sre.google/sre-book/handling-overload/).
 */
export class Unavailable extends Problem {
  override name = "Unavailable";

  /** @param headers further ones, such as `retry-after` */
  constructor(service: string, message: string, headers: Record<string, string> = {}) {
    super(503, message, { ...headers, [FAILED_DEPENDENCY]: service });
  }
}

export interface MeshAnswer {
  /** 200 to 499. */
  status: number;
  body: unknown;
}

/** The services behind the mesh, as asked on behalf of one request. */
export interface Mesh {
  /**
   * @param path from the service's name on: `/catalog/products/p-1`
   * @param headers besides those of the request that is served
   * @throws Unavailable if there is no answer within 20 s, or one of 429 or 5xx, or not in JSON
   */
  call(
    method: "GET" | "POST" | "DELETE",
    path: string,
    headers?: Record<string, string>,
  ): Promise<MeshAnswer>;
}

/**
 * The mesh behind a URL.
 *
 * @param url the gateway's, without a path
 * @param incoming of the request that is served; its trace and its authorization are passed on
 */
export function meshAt(
  url: string,
  incoming: IncomingHttpHeaders = {},
  timeoutMs = TIMEOUT_MS,
): Mesh {
  const forwarded: Record<string, string> = {};
  for (const name of FORWARDED) {
    const value = incoming[name];
    if (value !== undefined) forwarded[name] = String(value);
  }
  return {
    async call(method, path, headers) {
      const service = path.split("/")[1] ?? "";
      const response = await answered(service, timeoutMs, (signal) =>
        request(url + path, {
          method,
          headers: { ...forwarded, ...headers },
          dispatcher: agent,
          signal,
        }),
      );
      const { status: code } = response;
      if (code < 300 || (code >= 400 && code < 500 && code !== 429)) return response;
      const { status, retryAfter, body } = response;
      const detail = (body as { error?: unknown } | undefined)?.error;
      const why = typeof detail === "string" ? `: ${detail}` : "";
      throw unavailable(service, `it answered ${status}${why}`, retryAfter);
    },
  };
}

async function answered(
  service: string,
  timeoutMs: number,
  send: (signal: AbortSignal) => Promise<Dispatcher.ResponseData>,
): Promise<MeshAnswer & { retryAfter: string | undefined }> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const { statusCode: status, headers, body } = await send(signal);
    const text = await body.text();
    const retryAfter = headers["retry-after"]?.toString();
    return { status, body: parse(text, status), retryAfter };
  } catch (error) {
    if (signal.aborted) throw unavailable(service, `no answer within ${timeoutMs} ms`);
    throw unavailable(service, (error as Error).message);
  }
}

/** An error may come from somebody on the way, who doesn't speak JSON. */
function parse(text: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    if (status >= 500) return undefined;
    throw new Error(`it answered ${status}, and not in JSON`);
  }
}

function unavailable(service: string, reason: string, retryAfter?: string): Unavailable {
  const headers: Record<string, string> = retryAfter ? { "retry-after": retryAfter } : {};
  return new Unavailable(service, `${service} can't be asked: ${reason}; try again later`, headers);
}
