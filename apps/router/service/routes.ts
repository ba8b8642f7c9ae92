import { METHODS } from "node:http";
import type { FastifyReply } from "fastify";
import { sleep } from "../../../micromesh/traffic/index.ts";
import { Problem } from "../../runtime/http/problem.ts";
import type { Service } from "../../runtime/http/service.ts";
import type { Behaviour } from "./behaviour.ts";

export interface Identity {
  /** `a` */
  service: string;
  version: string;
  /** The pod's name. */
  replica: string;
  /** `dev` */
  environment: string;
}

/**
 * Answers every request, of any method to any path, by saying who has got which; or does what its
 * behaviour says instead.
 *
 * @param crash ends the process
 */
export function echoRoutes(
  app: Service,
  identity: Identity,
  behaviour: Behaviour,
  crash: () => void,
): void {
  const { service, environment } = identity;
  app.addHook("onRequest", async ({ raw }, reply) => {
    // Bodies aren't looked at: one of a malformed type, or a QUERY without one, is as good as any.
    raw.headers["content-type"] = "application/octet-stream";
    reply.header("x-service", service).header("x-environment", environment);
  });
  for (const method of METHODS) {
    // A tunnel isn't a request to a path.
    if (method !== "CONNECT" && !app.supportedMethods.includes(method)) {
      app.addHttpMethod(method, { hasBody: true });
    }
  }

  app.all("/*", { schema: { hide: true } }, async (request, reply) => {
    const { crash: crashes, delayMs, outcome } = behaviour.plan();
    if (crashes) crash();
    try {
      await sleep(delayMs, left(reply));
    } catch {
      return reply.hijack();
    }
    if (outcome === "reset") {
      reply.hijack();
      request.raw.socket.resetAndDestroy();
      return reply;
    }
    if (outcome !== "answer") throw new Problem(outcome, `${service} fails, as its behaviour says`);
    const path = request.url.split("?", 1)[0];
    return { ...identity, method: request.method, path };
  });
}

/** Aborted when nobody waits for the answer any more. */
function left({ raw }: FastifyReply): AbortSignal {
  const leaving = new AbortController();
  raw.once("close", () => leaving.abort());
  return leaving.signal;
}
