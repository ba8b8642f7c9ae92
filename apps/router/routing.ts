import { createHash } from "node:crypto";
import { stringify } from "yaml";
import { PORTS, SERVICE_NAMES } from "./names.ts";
import type { RouterConfig, RouterConfigInput } from "./router/config.ts";

/** A service as it's found by its headless Service: the name's addresses are its pods'. */
export function serviceAt(
  name: string,
  change: Partial<RouterConfigInput["services"][string]> = {},
): RouterConfigInput["services"][string] {
  return {
    endpoints: [{ url: `http://${name}:${PORTS.service}` }],
    // Of two replicas one may be left out.
    outlier_detection: { ejection_seconds: 10, max_ejection_percent: 50 },
    ...change,
  };
}

const patient = {
  timeout: { per_try_seconds: 1, overall_seconds: 5 },
  retries: { attempts: 2 },
};

/**
 * Where the router leads unless a stack says otherwise: a path for each service, `/nginx` and `/flask`, which
 * are names from before A and B were there, and `/any` for all three.
 */
export const defaultRouting: RouterConfigInput = {
  services: Object.fromEntries(SERVICE_NAMES.map((name) => [name, serviceAt(name)])),
  routes: [
    { path: "/nginx", to: "a", ...patient },
    { path: "/flask", to: "b", ...patient },
    ...SERVICE_NAMES.map((name) => ({ path: `/${name}`, to: name, ...patient })),
    { path: "/any", shares: { a: 50, b: 30, c: 20 }, ...patient },
  ],
};

/** The routing as the router reads it. */
export function routesFile(routing: RouterConfig): string {
  return stringify(routing);
}

/** By which the router's status tells what it runs. */
export function routesHash(routing: RouterConfig): string {
  return createHash("sha256").update(routesFile(routing)).digest("hex").slice(0, 10);
}
