/** The registry's interface. */
import { randomUUID } from "node:crypto";
import * as z from "zod";
import { Problem } from "../../runtime/http/problem.ts";
import type { Service } from "../../runtime/http/service.ts";
import { takesJson } from "../../runtime/http/service.ts";
import type { ServiceSettings } from "../settings.ts";
import { check, checkAll } from "./health-checks.ts";
import type { Replica, Replicas } from "./replicas.ts";

const status = z.enum(["healthy", "unhealthy", "down"]);
const time = z.iso.datetime();
const version = z.string().regex(/^v\d{1,9}$/, { error: "it must be v and a number, such as v1" });
/** A name that a pod can have. */
const replicaId = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i, { error: "it must be a pod's name" });
const url = z
  .string()
  .regex(/^http:\/\/[^/?#@\s]+$/, { error: "it must be a URL such as http://10.244.0.7:8080" })
  .refine(URL.canParse, { error: "it must be a URL such as http://10.244.0.7:8080" });

const replica = z.object({
  id: z.string(),
  url: z.string(),
  version: z.string(),
  status,
  /** Why it has that status. */
  reason: z.string(),
  since: time,
  last_check: time,
  last_heard: time,
});
const service = z.object({
  name: z.string(),
  path: z.string(),
  health_check: z.string(),
  /** How many the settings ask for. */
  wanted_replicas: z.int(),
  /** Healthy as long as one replica is. */
  status,
  replicas: z.array(replica),
});
const services = z.object({ services: z.array(service) });
const discovery = z.object({
  /** Changes whenever the rest does. */
  version: z.int(),
  /** False: the registry has just started, and who isn't listed may be there all the same. */
  complete: z.boolean(),
  /** Until it's complete: who has said goodbye. */
  gone: z.array(z.string()),
  services: z.record(
    z.string(),
    z.array(z.object({ id: z.string(), url: z.string(), version: z.string() })),
  ),
});
const error = z.object({ error: z.string() });

/**
 * - `GET /services`: every service with its replicas, and how they are
 * - `GET /discovery`: the replicas that can be sent to; 304 for whom has that version already
 * - `POST /health-check`: checks all of them now
 * - `PUT`, `DELETE /services/NAME/replicas/ID`: what a replica says of itself
 */
export function registryRoutes(
  app: Service,
  replicas: Replicas,
  settings: ServiceSettings[],
): void {
  const started = randomUUID();
  const overview = (): z.infer<typeof services> => ({
    services: settings.map(({ name, path, health_check, replicas: wanted_replicas }) => {
      const own = replicas.of(name);
      return {
        name,
        path,
        health_check,
        wanted_replicas,
        status: best(own),
        replicas: own.map(shown),
      };
    }),
  });
  const settingsOf = (name: string): ServiceSettings => {
    const found = settings.find((one) => one.name === name);
    const known = settings.map((one) => one.name).join(", ");
    if (!found) throw new Problem(404, `there is no service ${name}; there are ${known}`);
    return found;
  };

  app.get(
    "/services",
    { schema: { summary: "Every service and its replicas", response: { 200: services } } },
    async () => overview(),
  );

  app.get(
    "/discovery",
    {
      schema: {
        summary: "The replicas that can be sent to",
        response: { 200: discovery, 304: z.null() },
      },
    },
    async (request, reply) => {
      const found = replicas.discovery(Date.now());
      // Of another registry, before this one, the same version would say something else.
      const etag = `"${started}-${found.version}-${found.complete}"`;
      reply.header("etag", etag).header("cache-control", "no-cache");
      if (request.headers["if-none-match"] === etag) return reply.code(304).send(null);
      return found;
    },
  );

  app.post(
    "/health-check",
    {
      schema: {
        summary: "Checks every replica now",
        response: { 200: services.extend({ checked: z.int() }) },
      },
    },
    async () => ({ checked: await checkAll(replicas, settings), ...overview() }),
  );

  app.register(async (scope) => {
    takesJson(scope as Service);
    const params = z.object({ name: z.string(), id: replicaId });
    (scope as Service).put(
      "/services/:name/replicas/:id",
      {
        schema: {
          summary: "A replica says that it is there",
          params,
          // Where it's checked is a setting; what the replica thinks of it must not differ.
          body: z.object({ url, version, health_check: z.string().optional() }),
          response: { 200: replica, 404: error },
        },
      },
      async ({ params: { name, id }, body }) => {
        const { health_check } = settingsOf(name);
        const announced = { id, url: body.url, version: body.version };
        if (replicas.hear(name, announced, Date.now())) {
          replicas.note(name, announced, await check(announced, health_check), Date.now());
        }
        const known = replicas.get(name, id);
        if (!known) throw new Problem(404, `replica ${id} said goodbye meanwhile`);
        return shown(known);
      },
    );
    (scope as Service).delete(
      "/services/:name/replicas/:id",
      { schema: { summary: "A replica says goodbye", params, response: { 204: z.null() } } },
      async ({ params: { name, id } }, reply) => {
        settingsOf(name);
        replicas.remove(name, id, Date.now());
        return reply.code(204).send(null);
      },
    );
  });

  app.get("/health", { schema: { summary: "Of the registry itself" } }, async () => ({
    status: "healthy",
  }));
}

function best(replicas: Replica[]): Replica["status"] {
  const statuses = new Set(replicas.map((one) => one.status));
  return (["healthy", "unhealthy"] as const).find((one) => statuses.has(one)) ?? "down";
}

function shown(one: Replica): z.infer<typeof replica> {
  const iso = (ms: number) => new Date(ms).toISOString();
  const { id, url, version, status, reason } = one;
  return {
    id,
    url,
    version,
    status,
    reason,
    since: iso(one.since),
    last_check: iso(one.lastCheck),
    last_heard: iso(one.lastHeard),
  };
}
