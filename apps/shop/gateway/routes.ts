/** The gateway's interface: the services' own, and what it says of the mesh. */
import type { FastifyRequest } from "fastify";
import type { Service } from "../../runtime/http/service.ts";
import type { Directory } from "./directory.ts";
import { docsRoutes } from "./docs-routes.ts";
import { forward } from "./forward.ts";
import { meshRoutes } from "./mesh-routes.ts";
import type { Metrics } from "./metrics.ts";
import type { Upstream } from "./upstream.ts";

export interface GatewayParts {
  upstreams: Upstream[];
  directory: Directory;
  metrics: Metrics;
  /** Directory of Swagger UI's files. */
  docs: string;
}

export function gatewayRoutes(app: Service, parts: GatewayParts): void {
  const { upstreams, directory, metrics, docs } = parts;
  app.addHook("onSend", async (_, reply) => {
    reply.header("x-response-time", `${reply.elapsedTime.toFixed(2)}ms`);
  });
  meshRoutes(app, upstreams, directory);
  docsRoutes(app, upstreams, directory, docs);
  app.get("/health", { schema: { hide: true } }, async () => ({ status: "healthy" }));
  app.get("/ready", { schema: { hide: true } }, async (_, reply) => {
    // That a service goes away later is no reason to keep the others from who wants them.
    const ready = directory.isComplete();
    return reply.code(ready ? 200 : 503).send({ ready });
  });
  app.get("/metrics", { schema: { hide: true } }, async (_, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  app.get("/", { schema: { hide: true } }, async () => ({
    shop: upstreams.map(({ settings }) => settings.path),
    mesh: ["/mesh/status", "/mesh/reset/{service}"],
    docs: "/docs",
  }));

  app.register(async (scope) => {
    // A body is passed on as it came, whatever it is; and kept whole, for a retry sends it again.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      "*",
      { parseAs: "buffer" },
      async (_: FastifyRequest, body: Buffer) => body,
    );
    for (const upstream of upstreams) {
      const { name, path } = upstream.settings;
      scope.addHook("onResponse", async (request, reply) => {
        const isOwn = request.routeOptions.config.service === name;
        if (isOwn) metrics.answered(name, reply.statusCode, reply.elapsedTime / 1000);
      });
      // The services ask each other by their names, wherever they are served.
      for (const own of new Set([path, `/${name}`])) {
        for (const url of [own, `${own}/*`]) {
          scope.all(url, { schema: { hide: true }, config: { service: name } }, (request, reply) =>
            forward(upstream, own, request, reply),
          );
        }
      }
    }
  });
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** The service that a route leads to. */
    service?: string;
  }
}
