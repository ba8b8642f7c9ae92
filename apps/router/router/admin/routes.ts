/** The admin API: for who runs the router, and for Prometheus. */
import * as z from "zod";
import { Problem } from "../../../runtime/http/problem.ts";
import { type Service as Server, takesJson } from "../../../runtime/http/service.ts";
import { ADMIN_PATH } from "../../names.ts";
import { ConfigError } from "../config.ts";
import type { ConfigFile } from "../config-file.ts";
import type { Metrics } from "../metrics.ts";
import type { Router } from "../router.ts";
import type { Service } from "../services.ts";
import type { ServedRoute } from "../serving.ts";
import { askAll } from "./behaviour.ts";
import * as schemas from "./schemas.ts";
import { serviceStatus, statusOf } from "./status.ts";

export interface AdminParts {
  router: Router;
  file: ConfigFile;
  metrics: Metrics;
}

const { problems } = schemas;
const params = z.object({ name: z.string() });

/**
 * Below `/router`:
 * - `GET /status`, `GET /config`: what runs
 * - `POST /reload`: reads the config's file now
 * - `PUT /routes/{name}/faults`: faults on purpose, until the config changes
 * - `POST /services/{name}/reset`: closes the circuit, and takes back ejected endpoints
 * - `GET` and `PUT /services/{name}/behaviour`: of all replicas
 *
 * Beside that `GET /metrics`, `GET /ready`, `GET /health`.
 */
export function adminRoutes(app: Server, { router, file, metrics }: AdminParts): void {
  watchRoutes(app, router, metrics);
  app.register(async (scope: Server) => ownRoutes(scope, router, file), { prefix: ADMIN_PATH });
}

function ownRoutes(app: Server, router: Router, file: ConfigFile): void {
  app.get("/", { schema: { hide: true } }, async () => ({
    status: `${ADMIN_PATH}/status`,
    config: `${ADMIN_PATH}/config`,
    all: `${ADMIN_PATH}/openapi.json`,
  }));
  app.get(
    "/status",
    { schema: { summary: "Circuits, endpoints, faults", response: { 200: schemas.status } } },
    async () => statusOf(router.running, file.problem),
  );
  app.get(
    "/config",
    {
      schema: {
        summary: "The config that runs, with all defaults",
        response: { 200: z.record(z.string(), z.unknown()) },
      },
    },
    async () => router.running.config,
  );
  app.post(
    "/reload",
    {
      schema: {
        summary: "Reads the config's file now",
        response: { 200: z.object({ hash: z.string() }), ...problems(400) },
      },
    },
    async () => {
      try {
        await file.reload();
      } catch (error) {
        throw error instanceof ConfigError ? new Problem(400, error.message) : error;
      }
      return { hash: router.running.hash };
    },
  );
  app.post(
    "/services/:name/reset",
    {
      schema: {
        summary: "Closes the circuit, and takes back ejected endpoints",
        params,
        response: { 200: schemas.service, ...problems(404) },
      },
    },
    async ({ params: { name } }) => {
      const service = serviceOf(router, name);
      service.reset();
      return serviceStatus(service);
    },
  );
  app.get(
    "/services/:name/behaviour",
    {
      schema: {
        summary: "How the service's replicas behave",
        params,
        response: {
          200: schemas.behaviours,
          400: schemas.behaviours,
          502: schemas.behaviours,
          ...problems(404),
        },
      },
    },
    async ({ params: { name } }, reply) => {
      const { status, answer } = await askAll(serviceOf(router, name), undefined);
      return reply.code(status).send(answer);
    },
  );
  app.register(async (scope: Server) => {
    takesJson(scope);
    bodyRoutes(scope, router);
  });
}

/** Routes that take a body. */
function bodyRoutes(app: Server, router: Router): void {
  app.put(
    "/routes/:name/faults",
    {
      schema: {
        summary: "Sets the route's faults until the config changes; {} turns them off",
        params,
        body: schemas.faults,
        response: { 200: schemas.faults, ...problems(400, 404, 415) },
      },
    },
    async ({ params: { name }, body }) => {
      const route = routeOf(router, name);
      route.faults = body;
      return route.faults;
    },
  );
  app.put(
    "/services/:name/behaviour",
    {
      schema: {
        summary: "Tells the service's replicas how to behave",
        params,
        body: z.record(z.string(), z.unknown(), { error: "it must be an object" }),
        response: {
          200: schemas.behaviours,
          400: schemas.behaviours.partial(),
          502: schemas.behaviours,
          ...problems(404, 415),
        },
      },
    },
    async ({ params: { name }, body }, reply) => {
      const { status, answer } = await askAll(serviceOf(router, name), body);
      return reply.code(status).send(answer);
    },
  );
}

function watchRoutes(app: Server, router: Router, metrics: Metrics): void {
  const hidden = { schema: { hide: true } };
  app.get("/health", hidden, async () => ({ status: "healthy" }));
  app.get("/ready", hidden, async (_, reply) => {
    const ready = router.isReady();
    return reply.code(ready ? 200 : 503).send({ ready });
  });
  app.get("/metrics", hidden, async (_, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
}

function serviceOf(router: Router, name: string): Service {
  const { services } = router.running;
  const service = services.get(name);
  if (service) return service;
  throw new Problem(404, `there is no service ${name}; there are ${listed(services.keys())}`);
}

function routeOf(router: Router, name: string): ServedRoute {
  const { routes } = router.running;
  const route = routes.get(name);
  if (route) return route;
  throw new Problem(404, `there is no route ${name}; there are ${listed(routes.keys())}`);
}

const listed = (names: Iterable<string>) => [...names].join(", ") || "none";
