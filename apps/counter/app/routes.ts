import { type Context, Hono } from "hono";
import { RedisUnavailable } from "../../runtime/redis-link.ts";
import type { Redis } from "../runtime/redis.ts";

/** What `/version` answers; raise it with every change that a client can see. */
export const VERSION = "1.0.0";
const KEY = "time";

/**
 * The counter app:
 * - `GET /` 302 to `/get`
 * - `GET /set` stores the current time and answers it: `{"time": "2026-01-31T12:00:00.000Z"}`
 * - `GET /get` answers the stored time, `{"time": null}` when there is none
 * - `GET /reset` forgets it: `{"time": null}`
 * - `GET /version` answers without Redis: `{"version": "1.0.0"}`
 * - `GET /healthz`, `GET /readyz`: `{"ping": true}`, or 503 `{"ping": "FAIL"}`
 *
 * Without Redis the others answer 503 `{"error": "..."}`.
 */
export function counterRoutes(redis: Redis, now: () => Date = () => new Date()): Hono {
  const app = new Hono();

  app.get("/", (c) => c.redirect("/get"));

  app.get("/set", async (c) => {
    const time = now().toISOString();
    await redis.run("SET", KEY, time);
    return c.json({ time });
  });

  app.get("/get", async (c) => c.json({ time: await redis.run("GET", KEY) }));

  app.get("/reset", async (c) => {
    await redis.run("DEL", KEY);
    return c.json({ time: null });
  });

  app.get("/version", (c) => c.json({ version: VERSION }));

  const ping = async (c: Context) => {
    try {
      await redis.run("PING");
      return c.json({ ping: true });
    } catch {
      return c.json({ ping: "FAIL" }, 503);
    }
  };
  app.get("/healthz", ping);
  app.get("/readyz", ping);

  app.notFound((c) => c.json({ error: `no such path: ${c.req.path}` }, 404));
  app.onError((error, c) => {
    const status = error instanceof RedisUnavailable ? 503 : 500;
    return c.json({ error: error.message }, status);
  });
  return app;
}
