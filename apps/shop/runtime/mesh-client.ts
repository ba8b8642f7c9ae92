/** Calls of other services, through the mesh. */
import type { IncomingHttpHeaders } from "node:http";
import { Problem } from "../../runtime/http/problem.ts";

/** As long as the gateway itself takes to give up, so that its reason is what the caller hears. */
const TIMEOUT_MS = 20_000;
/** What a call says of the request it serves: its trace (W3C Trace Context), and who asks. */
const FORWARDED = ["traceparent", "tracestate", "authorization"] as const;

/** A service couldn't be asked, or couldn't answer: 503 for who asked us. */
export class Unavailable extends Problem {
  override name = "Unavailable";
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
    method: "GET" | "DELETE",
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
        fetch(url + path, {
          method,
          headers: { ...forwarded, ...headers },
          redirect: "error",
          signal,
        }),
      );
      if (response.status < 500 && response.status !== 429) return response;
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
  send: (signal: AbortSignal) => Promise<Response>,
): Promise<MeshAnswer & { retryAfter: string | null }> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await send(signal);
    const text = await response.text();
    const { status, headers } = response;
    return { status, body: parse(text, status), retryAfter: headers.get("retry-after") };
  } catch (error) {
    if (signal.aborted) throw unavailable(service, `no answer within ${timeoutMs} ms`);
    const { message, cause } = error as Error;
    throw unavailable(service, cause instanceof Error && cause.message ? cause.message : message);
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

function unavailable(
  service: string,
  reason: string,
  retryAfter: string | null = null,
): Unavailable {
  const headers: Record<string, string> = retryAfter ? { "retry-after": retryAfter } : {};
  return new Unavailable(503, `${service} can't be asked: ${reason}; try again later`, headers);
}
