import type * as z from "zod";
import type { Running } from "../router.ts";
import type { Service } from "../services.ts";
import type { ServedRoute } from "../serving.ts";
import type * as schemas from "./schemas.ts";

/** @param problem why the config's file isn't what runs */
export function statusOf(
  { hash, loadedAt, services, routes }: Running,
  problem: string | undefined,
): z.output<typeof schemas.status> {
  return {
    config: { hash, loadedAt: loadedAt.toISOString(), error: problem ?? null },
    services: Object.fromEntries([...services].map(([name, one]) => [name, serviceStatus(one)])),
    routes: Object.fromEntries([...routes].map(([name, one]) => [name, routeStatus(one)])),
  };
}

export function serviceStatus(service: Service): z.output<typeof schemas.service> {
  const { state, failures, since, retryAfterMs } = service.breaker.status();
  return {
    circuit: { state, failures, since: new Date(since).toISOString(), retryAfterMs },
    endpoints: service.status().map(({ endpoint: { id, weight }, active, ejected }) => ({
      address: id,
      weight,
      active,
      ejected,
    })),
  };
}

function routeStatus({ config, faults }: ServedRoute) {
  return { path: config.path, to: config.to ?? config.shares ?? {}, faults };
}
