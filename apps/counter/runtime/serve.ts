import { serve } from "@hono/node-server";
import type { Hono } from "hono";

/**
 * How long a stopping pod still takes connections, in milliseconds. SIGTERM and the removal from the
 * Service's endpoints happen at the same time, so nodes keep sending for a moment.
 */
const DRAIN_MS = 300;
/** After this many milliseconds of waiting for open requests the process ends anyway. */
const GRACE_MS = 5000;

/**
 * Serves an app until SIGTERM or SIGINT, then finishes the requests under way and exits with 0.
 * Prints `listening on PORT` once connections are taken.
 */
export function serveUntilStopped(app: Hono, port: number): void {
  const server = serve({ fetch: app.fetch, port }, () => console.log(`listening on ${port}`));
  server.on("error", (error: Error) => {
    console.error(`cannot listen on port ${port}: ${error.message}`);
    process.exit(1);
  });

  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    console.log(`${signal}: stopping`);
    setTimeout(() => process.exit(0), DRAIN_MS + GRACE_MS).unref();
    setTimeout(() => server.close(() => process.exit(0)), DRAIN_MS);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

/**
 * A TCP port from the environment.
 *
 * @throws if the variable is set to something that is no port
 */
export function portFrom(env: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const text = env[name];
  if (text === undefined || text === "") return fallback;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new Error(`${name} is "${text}"; it must be a port number between 1 and 65535`);
  }
  return port;
}
