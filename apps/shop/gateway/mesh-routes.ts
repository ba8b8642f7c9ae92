/** What the gateway says of the mesh itself. */
import * as z from "zod";
import { Problem } from "../../runtime/http/problem.ts";
import type { Service } from "../../runtime/http/service.ts";
import type { Directory } from "./directory.ts";
import type { Upstream } from "./upstream.ts";

const circuit = z.object({
  state: z.enum(["closed", "open", "half-open"]),
  failures: z.int().describe("Calls in a row that have failed"),
  since: z.iso.datetime().describe("When the state was last changed"),
  retry_after_seconds: z.number().optional().describe("Until an open circuit lets one call try"),
});
const status = z.object({
  circuits: z.record(z.string(), circuit),
  replicas: z.record(z.string(), z.array(z.object({ id: z.string(), version: z.string() }))),
});
const error = z.object({ error: z.string() });

/**
 * - `GET /mesh/status`: each service's circuit, and the replicas that it can be reached at
 * - `POST /mesh/reset/SERVICE`: closes a circuit, and forgets what opened it
 */
export function meshRoutes(app: Service, upstreams: Upstream[], directory: Directory): void {
  app.get(
    "/mesh/status",
    { schema: { summary: "Circuits and replicas", tags: ["mesh"], response: { 200: status } } },
    async () => ({
      circuits: Object.fromEntries(
        upstreams.map((upstream) => [upstream.settings.name, circuitOf(upstream)]),
      ),
      replicas: Object.fromEntries(
        upstreams.map(({ settings: { name } }) => [
          name,
          directory.replicas(name).map(({ id, version }) => ({ id, version })),
        ]),
      ),
    }),
  );

  app.post(
    "/mesh/reset/:service",
    {
      schema: {
        summary: "Closes a circuit",
        tags: ["mesh"],
        params: z.object({ service: z.string() }),
        response: { 200: circuit, 404: error },
      },
    },
    async ({ params: { service } }) => {
      const upstream = upstreams.find(({ settings }) => settings.name === service);
      const known = upstreams.map(({ settings }) => settings.name).join(", ");
      if (!upstream) throw new Problem(404, `there is no service ${service}; there are ${known}`);
      upstream.breaker.reset();
      return circuitOf(upstream);
    },
  );
}

function circuitOf({ breaker }: Upstream): z.infer<typeof circuit> {
  const { state, failures, since, retryAfterMs } = breaker.status();
  return {
    state,
    failures,
    since: new Date(since).toISOString(),
    ...(state === "open" && { retry_after_seconds: Math.ceil(retryAfterMs / 1000) }),
  };
}
