import * as z from "zod";
import type { Service } from "../../runtime/http/service.ts";
import { DatabaseUnavailable } from "./database/unavailable.ts";
import type { ApiParts } from "./parts.ts";
import { problems } from "./schemas.ts";

/** What there is, by what it's for. */
const LINKS = {
  items: "/items",
  health: "/healthz",
  readiness: "/readyz",
  version: "/version",
  metrics: "/metrics",
  description: "/items/openapi.json",
};

const links = z.object({
  name: z.string(),
  links: z.record(z.enum(Object.keys(LINKS)), z.string()),
});

/** What the API says of itself. */
export function statusRoutes(scope: Service, { items, metrics, version }: ApiParts): void {
  const tags = ["status"];

  scope.get(
    "/",
    { schema: { tags, summary: "What there is", response: { 200: links } } },
    async () => ({ name: "items", links: LINKS }),
  );

  scope.get(
    "/healthz",
    {
      schema: {
        tags,
        summary: "That this process answers, whatever the database does",
        response: { 200: z.object({ status: z.literal("healthy") }) },
      },
    },
    async () => ({ status: "healthy" as const }),
  );

  scope.get(
    "/readyz",
    {
      schema: {
        tags,
        summary:
          "That the database takes a connection, answers, and has its tables; else which hop fails",
        response: { 200: z.object({ status: z.literal("ready") }), ...problems() },
      },
    },
    async () => {
      if (await items.ready()) return { status: "ready" as const };
      throw new DatabaseUnavailable({ hop: "query", words: "the tables aren't there yet" });
    },
  );

  scope.get(
    "/version",
    {
      schema: {
        tags,
        summary: "Which version this is",
        response: { 200: z.object({ version: z.string() }) },
      },
    },
    async () => ({ version }),
  );

  scope.get("/metrics", { schema: { hide: true } }, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
}
