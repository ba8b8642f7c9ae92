import * as z from "zod";
import { Problem } from "../../runtime/http/problem.ts";
import type { Service } from "../../runtime/http/service.ts";
import { receiveRoute } from "./receive.ts";
import { list, listedTrace, listQuery, problem, traceId, tree, wholeTrace } from "./schemas.ts";
import type { TraceStore } from "./store.ts";
import { overview, waterfall } from "./text.ts";
import { type Tree, treeOf } from "./tree.ts";

const TEXT = "text/plain; charset=utf-8";
const MOST_IN_OVERVIEW = 50;

/** What the trace store takes, and what it shows: as JSON for programs, as text for whoever has curl. */
export function traceRoutes(app: Service, store: TraceStore): void {
  const tags = ["traces"];
  receiveRoute(app, store);

  const found = (id: string): Tree => {
    const trace = store.get(id);
    if (trace) return treeOf(trace);
    throw new Problem(
      404,
      `no trace "${id}" is kept; spans come about a second after they end, and the newest ${store.limits.traces} traces stay: GET /traces lists them`,
    );
  };

  app.get(
    "/",
    { schema: { tags, summary: "The newest traces, as text" } },
    async (_request, reply) => {
      const trees = [];
      for (const trace of store.newest()) {
        if (trees.length === MOST_IN_OVERVIEW) break;
        trees.push(treeOf(trace));
      }
      return reply.type(TEXT).send(overview(trees, store.size));
    },
  );

  app.get(
    "/traces",
    {
      schema: {
        tags,
        summary: "The traces, newest first",
        querystring: listQuery,
        response: { 200: list, 400: problem },
      },
    },
    async ({ query: { service, limit } }) => {
      const traces = [];
      for (const trace of store.newest()) {
        if (traces.length === limit) break;
        if (service === undefined || trace.spans.some((span) => span.service === service)) {
          traces.push(listedTrace(treeOf(trace)));
        }
      }
      return { traces, total: store.size };
    },
  );

  app.get(
    "/traces/:id",
    {
      schema: {
        tags,
        summary: "One trace, as a tree of spans",
        params: traceId,
        response: { 200: tree, 400: problem, 404: problem },
      },
    },
    async ({ params: { id } }) => wholeTrace(found(id)),
  );

  app.get(
    "/traces/:id.txt",
    { schema: { tags, summary: "One trace, drawn as text", params: traceId } },
    async ({ params: { id } }, reply) => reply.type(TEXT).send(waterfall(found(id))),
  );

  app.get(
    "/health",
    {
      schema: {
        tags,
        summary: "Whether the store is there",
        response: { 200: z.object({ status: z.literal("healthy") }) },
      },
    },
    async () => ({ status: "healthy" as const }),
  );
}
