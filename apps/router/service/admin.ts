import * as z from "zod";
import { type Service, takesJson } from "../../runtime/http/service.ts";
import { type Behaviour, behaviourSettings } from "./behaviour.ts";
import type { Metrics } from "./metrics.ts";

const problem = z.object({
  error: z.string().describe("What is wrong, where, and how to mend it"),
});
const status = (value: string) => z.object({ status: z.literal(value) });

export interface Admin {
  behaviour: Behaviour;
  metrics: Metrics;
  /** Whether requests are to be sent here. */
  isReady: () => boolean;
  /** Ends the process. */
  crash: () => void;
}

/** What a replica is told on its admin port, which no user gets to. */
export function adminRoutes(app: Service, { behaviour, metrics, isReady, crash }: Admin): void {
  const tags = ["service"];

  app.register(async (plain) => {
    const scope: Service = plain.withTypeProvider();
    takesJson(scope);
    const description = "Of the one replica that answers; the others keep theirs.";
    scope.get(
      "/behaviour",
      {
        schema: {
          tags,
          summary: "The behaviour in effect",
          description,
          response: { 200: behaviourSettings },
        },
      },
      async () => behaviour.settings,
    );
    scope.put(
      "/behaviour",
      {
        schema: {
          tags,
          summary: "Sets the whole behaviour; {} is a replica that is well",
          description,
          body: behaviourSettings,
          response: { 200: behaviourSettings, 400: problem, 413: problem, 415: problem },
        },
      },
      async ({ body }) => {
        behaviour.set(body);
        return behaviour.settings;
      },
    );
  });

  app.post(
    "/crash",
    {
      schema: {
        tags,
        summary: "Has the process die, with exit code 1, as soon as this is answered",
        response: { 202: status("crashing") },
      },
    },
    async (_request, reply) => {
      reply.raw.once("finish", crash);
      return reply.code(202).send({ status: "crashing" as const });
    },
  );

  app.get("/metrics", { schema: { tags, summary: "For Prometheus" } }, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );

  app.get(
    "/health",
    { schema: { tags, summary: "Whether it is alive", response: { 200: status("healthy") } } },
    async () => ({ status: "healthy" as const }),
  );

  app.get(
    "/ready",
    {
      schema: {
        tags,
        summary: "Whether requests are to be sent here",
        response: { 200: status("ready"), 503: problem },
      },
    },
    async (_request, reply) =>
      isReady()
        ? reply.send({ status: "ready" })
        : reply.code(503).send({ error: "it isn't listening yet, or is stopping" }),
  );
}
