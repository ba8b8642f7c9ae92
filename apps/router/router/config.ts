/** The router's config: one file of YAML, checked whole. The stack's program checks it by the same schema. */
import { parse } from "yaml";
import * as z from "zod";
import { RETRY_CONDITIONS } from "../../../micromesh/traffic/retries/conditions.ts";
import {
  fields,
  LONGEST_SECONDS,
  label,
  path,
  percent,
  seconds,
  url,
  weight,
  whole,
} from "./config-fields.ts";
import { ConfigError, explain } from "./config-problem.ts";

export { ConfigError };

export const BALANCERS = ["round-robin", "random", "least-request"] as const;

const SHORTEST_SECONDS = 0.001;
const MOST_SERVICES = 100;
const MOST_ROUTES = 1000;

const endpoint = fields({
  /** Its name is looked up; each address is an endpoint. */
  url,
  /** The share of requests, relative to the others'; the name's addresses share it. */
  weight: weight.default(1),
});

const service = fields({
  endpoints: z
    .array(endpoint, { error: "it must be a list of endpoints, such as [{url: http://a:8080}]" })
    .min(1, { error: "it must list one endpoint at least" })
    .max(100, { error: "it must list 100 endpoints at most" })
    .refine((list) => new Set(list.map((one) => one.url)).size === list.length, {
      error: "it must name each url once",
    }),
  /** Where its replicas are told how to behave. */
  admin_port: whole(1, 65535, "a port").default(9901),
  /** Envoy's default too (`Cluster.lb_policy`). */
  balancer: z
    .enum(BALANCERS, { error: `it must be ${BALANCERS.join(", ")}` })
    .default("round-robin"),
  /** Envoy has none that counts failures. */
  circuit_breaker: fields({
    failure_threshold: whole(1, 1000, "a number of failures").default(5),
    timeout_seconds: seconds(SHORTEST_SECONDS).default(30),
  }).prefault({}),
  /** Envoy's `consecutive_5xx`, `base_ejection_time` and `max_ejection_percent`, with its defaults. */
  outlier_detection: fields({
    consecutive_errors: whole(1, 1000, "a number of errors").default(5),
    ejection_seconds: seconds(SHORTEST_SECONDS).default(30),
    max_ejection_percent: percent.default(10),
  }).prefault({}),
});

/** What a route does wrong on purpose, in this order. */
export const routeFaults = fields({
  delay: fields({ percent: percent.default(100), seconds: seconds(0) }).optional(),
  /** Envoy's fault filter takes these statuses. */
  abort: fields({
    percent: percent.default(100),
    status: whole(200, 599, "a status"),
  }).optional(),
});

const retries = fields({
  /** Envoy's `RetryPolicy.num_retries`: 1. */
  attempts: whole(0, 10, "a number of retries").default(1),
  on: z
    .array(z.enum(RETRY_CONDITIONS, { error: `it must be ${RETRY_CONDITIONS.join(", ")}` }), {
      error: `it must be a list of ${RETRY_CONDITIONS.join(", ")}`,
    })
    .default(["5xx", "reset", "connect-failure"]),
  /** Retried too; that is `retriable-status-codes`, which needn't be named then. */
  status_codes: z
    .array(whole(100, 599, "a status"), { error: "it must be a list of statuses" })
    .default([]),
  /** Envoy's `retry_back_off.base_interval`: 25 ms. */
  backoff_seconds: seconds(0).default(0.025),
  /** Default 10 × `backoff_seconds`, as Envoy's `retry_back_off.max_interval`. */
  max_backoff_seconds: seconds(0).optional(),
  /** Envoy always jitters its waits. */
  jitter: z.enum(["none", "full"], { error: "it must be none, full" }).default("full"),
  /** Envoy's `retry_budget`: 20 % of the requests, 3 at least. */
  budget: fields({
    percent: percent.default(20),
    min: whole(0, 1000, "a number of retries").default(3),
  }).prefault({}),
}).transform(({ max_backoff_seconds, ...rest }) => ({
  ...rest,
  max_backoff_seconds: max_backoff_seconds ?? Math.min(10 * rest.backoff_seconds, LONGEST_SECONDS),
}));

const headerError = "it must be the name of a header field, such as x-user";

const route = fields({
  /** Default: made of the path. */
  name: label.optional(),
  /** A prefix that ends at a segment's border; "/" matches all. */
  path,
  /** What the prefix is replaced by. */
  rewrite: path.default("/"),
  /** A service, or `shares`. */
  to: label.optional(),
  /** Services, and the share of requests that each gets. */
  shares: z
    .record(label, weight, { error: "it must be an object with a share for each service" })
    .optional(),
  /** With `shares`: requests with the same value of this header field go to the same service. */
  sticky_by: z
    .string({ error: headerError })
    .max(100, { error: headerError })
    .regex(/^[!#$%&'*+.^_`|~A-Za-z0-9-]+$/, { error: headerError })
    .transform((name) => name.toLowerCase())
    .optional(),
  timeout: fields({
    /** Envoy's `per_try_timeout`: none of its own, the overall one holds. */
    per_try_seconds: seconds(SHORTEST_SECONDS).optional(),
    /** Envoy's `RouteAction.timeout`: 15 s. */
    overall_seconds: seconds(SHORTEST_SECONDS).default(15),
  }).prefault({}),
  retries: retries.prefault({}),
  faults: routeFaults.prefault({}),
}).transform(({ name, ...rest }) => ({ name: name ?? nameOf(rest.path), ...rest }));

const servicesError = "it must be an object of services, such as {a: {endpoints: [...]}}";

/** The router's config as it's written; what comes out has all defaults. */
export const routerConfig = fields({
  services: z
    .record(label, service, { error: servicesError })
    .refine((all) => Object.keys(all).length <= MOST_SERVICES, {
      error: `it must have ${MOST_SERVICES} services at most`,
    }),
  routes: z
    .array(route, { error: "it must be a list of routes, such as [{path: /, to: a}]" })
    .max(MOST_ROUTES, { error: `it must have ${MOST_ROUTES} routes at most` }),
}).superRefine(({ services, routes }, context) => {
  const wrong = (path: PropertyKey[], message: string, input: unknown) =>
    context.addIssue({ code: "custom", path, message, input });
  const known = Object.keys(services).join(", ") || "none";
  for (const [index, one] of routes.entries()) {
    const at = ["routes", index];
    for (const field of ["name", "path"] as const) {
      const first = routes.findIndex((other) => other[field] === one[field]);
      if (first < index) {
        wrong([...at, field], `it must differ from that of routes[${first}]`, one[field]);
      }
    }
    const { to, shares, timeout, retries } = one;
    if (to === undefined && shares === undefined) {
      wrong([...at, "to"], "it must be a service, or there must be shares", to);
    } else if (to !== undefined && shares !== undefined) {
      wrong([...at, "to"], "it must be left out where there are shares", to);
    }
    if (to !== undefined && !Object.hasOwn(services, to)) {
      wrong([...at, "to"], `it must be one of the services: ${known}`, to);
    }
    for (const name of Object.keys(shares ?? {})) {
      if (Object.hasOwn(services, name)) continue;
      wrong([...at, "shares", name], `there are only these services: ${known}`, shares?.[name]);
    }
    if (shares && !Object.values(shares).some((share) => share > 0)) {
      wrong([...at, "shares"], "it must give one service at least a share above 0", shares);
    }
    const { per_try_seconds: perTry, overall_seconds: overall } = timeout;
    if (perTry !== undefined && overall < perTry) {
      const must = `it must be at least per_try_seconds, which is ${perTry}`;
      wrong([...at, "timeout", "overall_seconds"], must, overall);
    }
    const { backoff_seconds: base, max_backoff_seconds: longest } = retries;
    if (longest < base) {
      const must = `it must be at least backoff_seconds, which is ${base}`;
      wrong([...at, "retries", "max_backoff_seconds"], must, longest);
    }
  }
});

/** With all defaults. */
export type RouterConfig = z.output<typeof routerConfig>;
/** As it may be written. */
export type RouterConfigInput = z.input<typeof routerConfig>;
export type ServiceConfig = RouterConfig["services"][string];
export type RouteConfig = RouterConfig["routes"][number];
export type RouteFaults = z.output<typeof routeFaults>;

/**
 * Reads a config.
 *
 * @param text YAML, or JSON
 * @throws ConfigError about the first thing that is wrong: `routes[1].to is "d"; it must be …`
 */
export function parseConfig(text: string): RouterConfig {
  let given: unknown;
  try {
    given = parse(text, { logLevel: "error" });
  } catch (error) {
    throw new ConfigError(`not YAML: ${(error as Error).message.split("\n", 1)[0]}`);
  }
  const read = routerConfig.safeParse(given, { reportInput: true });
  if (read.success) return read.data;
  throw new ConfigError(explain(read.error.issues[0] as z.core.$ZodIssue));
}

/** `/api/v1` → `api-v1`; `/` → `root` */
function nameOf(path: string): string {
  const name = path
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 63)
    .replace(/^-|-$/g, "");
  return name || "root";
}
