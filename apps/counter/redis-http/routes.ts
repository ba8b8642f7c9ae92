import { Hono } from "hono";
import { RedisUnavailable } from "../../runtime/redis-link.ts";
import { type Redis, RedisRefused, type Reply } from "../runtime/redis.ts";

/** Commands that read, and answer at once: neither writes nor ones that block Redis (KEYS). */
const ALLOWED = new Set([
  "DBSIZE",
  "ECHO",
  "EXISTS",
  "GET",
  "MGET",
  "PING",
  "PTTL",
  "STRLEN",
  "TIME",
  "TTL",
  "TYPE",
]);

/**
 * An HTTP front for Redis in the manner of Webdis (https://webd.is): `GET /COMMAND/arg0/arg1`, each
 * part percent-encoded, answers `{"COMMAND": reply}`; a status reply is `[true, "PONG"]` and an error
 * of Redis `[false, "WRONGTYPE ..."]`. Unlike Webdis it only reads:
 * - 400 with Redis' error
 * - 403 for a command that isn't on the list
 * - 405 for other methods than GET and HEAD
 * - 503 when Redis is away
 */
export function redisHttpRoutes(redis: Redis): Hono {
  const app = new Hono();

  app.get("/healthz", (c) => c.json({ ok: true }));

  app.get("/*", async (c) => {
    const parts = new URL(c.req.url).pathname.slice(1).split("/");
    const [command = "", ...args] = parts.map(decode);
    if (!ALLOWED.has(command.toUpperCase())) {
      const allowed = [...ALLOWED].join(", ");
      return c.json(
        { error: `command "${command}" isn't allowed here; these are: ${allowed}` },
        403,
      );
    }
    try {
      return c.json({ [command]: webdisForm(await redis.run(command, ...args)) });
    } catch (error) {
      if (error instanceof RedisRefused) return c.json({ [command]: [false, error.message] }, 400);
      if (error instanceof RedisUnavailable) return c.json({ error: error.message }, 503);
      throw error;
    }
  });

  app.all("/*", (c) => {
    c.header("Allow", "GET, HEAD");
    return c.json({ error: `${c.req.method} isn't allowed here; use GET /COMMAND/arg` }, 405);
  });
  return app;
}

/** A part of the path that isn't valid percent-encoding is taken as it stands. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

type Json = string | number | boolean | null | Json[];

function webdisForm(reply: Reply): Json {
  if (Array.isArray(reply)) return reply.map(webdisForm);
  if (reply !== null && typeof reply === "object") return [true, reply.status];
  return reply;
}
