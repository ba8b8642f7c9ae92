import type { FastifyError } from "fastify";
import * as z from "zod";
import { Problem } from "../../runtime/http/problem.ts";
import type { Service } from "../../runtime/http/service.ts";
import { bodyProblem, takesItems } from "./bodies.ts";
import { DatabaseUnavailable } from "./database/unavailable.ts";
import type { Items } from "./items.ts";
import { tellsMethods } from "./methods.ts";
import type { ApiParts } from "./parts.ts";
import { item, itemPage, newItem, page, problems, withId } from "./schemas.ts";
import { statusRoutes } from "./status-routes.ts";

/** All of the API's routes. */
export function apiRoutes(app: Service, parts: ApiParts): void {
  const { items, metrics } = parts;
  tellsMethods(app);
  app.addHook("onResponse", async ({ method, routeOptions }, { statusCode, elapsedTime }) => {
    // A path that there isn't is anybody's to invent.
    metrics.answered(method, routeOptions.url ?? "none", statusCode, elapsedTime / 1000);
  });
  app.register(async (plain) => {
    const scope: Service = plain.withTypeProvider();
    takesItems(scope);
    scope.setErrorHandler((error: FastifyError, _request, reply) => {
      if (error instanceof DatabaseUnavailable) {
        const { status, headers, message, hop, written } = error;
        return reply.code(status).headers(headers).send({ error: message, hop, written });
      }
      throw error instanceof Problem ? error : (bodyProblem(error) ?? error);
    });
    statusRoutes(scope, parts);
    itemRoutes(scope, items);
  });
}

function itemRoutes(scope: Service, items: Items): void {
  const tags = ["items"];

  scope.get(
    "/items",
    {
      schema: {
        tags,
        summary: "Items in the order of their ids, in pages",
        querystring: page,
        response: { 200: itemPage, ...problems(400) },
      },
    },
    async ({ query: { limit, after } }) => {
      const { items: found, more } = await items.list(after, limit);
      return {
        items: found,
        next: more ? `/items?limit=${limit}&after=${found.at(-1)?.id}` : null,
      };
    },
  );

  scope.post(
    "/items",
    {
      schema: {
        tags,
        summary: "Makes an item",
        body: newItem,
        response: { 201: item, ...problems(400, 413, 415) },
      },
    },
    async ({ body }, reply) => {
      const made = await items.create(body);
      return reply.code(201).header("location", `/items/${made.id}`).send(made);
    },
  );

  scope.get(
    "/items/:id",
    {
      schema: {
        tags,
        summary: "One item",
        params: withId,
        response: { 200: item, ...problems(400, 404) },
      },
    },
    async ({ params: { id } }) => (await items.read(id)) ?? none(id),
  );

  scope.put(
    "/items/:id",
    {
      schema: {
        tags,
        summary: "Replaces an item as a whole",
        params: withId,
        body: newItem,
        response: { 200: item, ...problems(400, 404, 413, 415) },
      },
    },
    async ({ params: { id }, body }) => (await items.replace(id, body)) ?? none(id),
  );

  scope.delete(
    "/items/:id",
    {
      schema: {
        tags,
        summary: "Removes an item",
        params: withId,
        response: { 204: z.null().describe("It's gone"), ...problems(400, 404) },
      },
    },
    async ({ params: { id } }, reply) => {
      if (!(await items.remove(id))) none(id);
      return reply.code(204).send(null);
    },
  );
}

function none(id: string): never {
  throw new Problem(404, `no item ${id}; /items lists them`);
}
