import * as z from "zod";
import type { Service } from "../../runtime/http/service.ts";
import type { History } from "./history.ts";
import type { Metrics } from "./metrics.ts";
import { KINDS } from "./outcome.ts";

const outcomes = z.object({
  api: z.string(),
  current: z.enum(KINDS).nullable().describe("What the last request came to; null before it"),
  last: z
    .array(
      z.object({
        at: z.iso.datetime(),
        ms: z.number(),
        outcome: z.enum(KINDS),
        words: z.string(),
      }),
    )
    .describe("The last hundred, the newest last"),
});

/** What the client says of itself. */
export function clientRoutes(
  app: Service,
  { api, history, metrics }: { api: string; history: History; metrics: Metrics },
): void {
  app.get(
    "/",
    { schema: { summary: "What has come of the last requests", response: { 200: outcomes } } },
    async () => ({
      api,
      current: history.current ?? null,
      last: history.last.map(({ at, ms, kind, words }) => ({
        at: new Date(at).toISOString(),
        ms: Math.round(ms * 10) / 10,
        outcome: kind,
        words,
      })),
    }),
  );
  app.get(
    "/healthz",
    {
      schema: {
        summary: "That this process answers, whatever the API does",
        response: { 200: z.object({ status: z.literal("healthy") }) },
      },
    },
    async () => ({ status: "healthy" as const }),
  );
  app.get("/metrics", { schema: { hide: true } }, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
}
