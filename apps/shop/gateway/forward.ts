/** Requests for a service, on their way through the mesh. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { forwarded, refusal } from "../../runtime/http/forwarding.ts";
import { Problem } from "../../runtime/http/problem.ts";
import { endToEnd, send } from "../../runtime/http/send.ts";
import { judged, type Upstream } from "./upstream.ts";

/** Nobody hears it: the status that proxies note for such a request, since nginx did. */
const CLIENT_LEFT = 499;

/**
 * Sends the request to a replica of the service, and its answer back. The service's own path takes the
 * place of the one that the gateway serves it under.
 *
 * @param path that one
 * @throws Problem 503 with Retry-After if the circuit is open; 503 without a replica; 502 or 504 if the
 *   last one that was tried didn't answer
 */
export async function forward(
  upstream: Upstream,
  path: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { name } = upstream.settings;
  const asked = forwarded(request, `/${name}${restOf(request.url, path)}`);
  const leaving = new AbortController();
  const left = () => leaving.abort();
  reply.raw.once("close", left);
  try {
    const { answer } = await upstream.caller.call(
      {
        method: request.method,
        signal: leaving.signal,
        ...("idempotency-key" in request.headers && { idempotent: true }),
      },
      async ({ url }, { signal }) => judged(await send(url, asked, signal)),
    );
    // From here on the answer's own stream ends with the client.
    reply.raw.off("close", left);
    return reply.code(answer.status).headers(endToEnd(answer.headers)).send(answer.body);
  } catch (error) {
    throw leaving.signal.aborted
      ? new Problem(CLIENT_LEFT, "the client has left")
      : refusal(name, error, "GET /mesh/status");
  }
}

/** What comes behind the service's path, as it was written: that one may have been encoded, or have a host before it. */
function restOf(url: string, path: string): string {
  const depth = path.split("/").length - 1;
  return url.replace(/^https?:\/\/[^/]*/i, "").replace(new RegExp(`^(?:/[^/?#]*){${depth}}`), "");
}
