/** The shop's settings: part of the stack's config, and one file in the pods of gateway and registry. */
import * as z from "zod";
import { accessSettings } from "./access/settings.ts";

/** Who serves the shop, besides the gateway and the registry; auth only where users must show who they are. */
export const SERVICE_NAMES = ["catalog", "cart", "order", "auth"] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

const path = z
  .string({ error: "it must be text" })
  .regex(/^(\/[A-Za-z0-9._~-]+)+$/, { error: "it must be a path such as /catalog" });

const count = (least: number, most: number, what: string) => {
  const error = `it must be ${what}, ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};

const seconds = (least: number, most: number) => {
  const error = `it must be a number of seconds, ${least} to ${most}`;
  return z.number({ error }).min(least, { error }).max(most, { error });
};

const service = z
  .strictObject(
    {
      name: z.enum(SERVICE_NAMES, { error: `it must be ${SERVICE_NAMES.join(", ")}` }),
      /** Where the gateway serves it. Default: its name. */
      path: path.optional(),
      /** Pods of each version; default 2. */
      replicas: count(1, 20, "a number of pods").default(2),
      /**
       * The versions that are deployed, and the share of requests that each gets; default: v1 all. Blue-green
       * is `{v1: 0, v2: 100}`, a canary `{v1: 90, v2: 10}`.
       */
      versions: z
        .record(
          z.string().regex(/^v\d{1,9}$/, { error: "it must be v and a number, such as v2" }),
          count(0, 100, "a share"),
          { error: "it must be an object with a share for each version" },
        )
        .refine((shares) => Object.values(shares).some((share) => share > 0), {
          error: "it must give one version at least a share above 0",
        })
        .prefault({ v1: 100 }),
      /** What the registry asks each replica. Default: `/NAME/health`. */
      health_check: path.optional(),
    },
    { error: "it must be an object" },
  )
  .transform(({ name, path = `/${name}`, health_check = `/${name}/health`, ...rest }) => ({
    name,
    path,
    health_check,
    ...rest,
  }));

/** A service as it is to be deployed and found. */
export type ServiceSettings = z.infer<typeof service>;

const services = z
  .array(service, { error: "it must be a list of services" })
  .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, {
    error: "it must name each service once",
  })
  .refine((list) => new Set(list.map((one) => one.path)).size === list.length, {
    error: "it must give each service a path of its own",
  })
  .refine(
    (list) =>
      list.every(
        ({ name, path }) => !SERVICE_NAMES.some((other) => other !== name && path === `/${other}`),
      ),
    {
      error: "it must give no service the name of another one for a path",
    },
  )
  .prefault([])
  // Those that aren't named are there all the same: the shop needs all of them.
  .transform((list) =>
    SERVICE_NAMES.map((name) => list.find((one) => one.name === name) ?? service.parse({ name })),
  );

const circuitBreaker = z.strictObject(
  {
    /** Calls in a row that must fail to open a circuit. */
    failure_threshold: count(1, 100, "a number of failures").default(3),
    /** How long a circuit stays open before one call is tried. */
    timeout_seconds: seconds(0.1, 3600).default(30),
  },
  { error: "it must be an object" },
);

const retry = z.strictObject(
  {
    /** Retries after the first attempt; 0 for none. */
    max_attempts: count(0, 10, "a number of retries").default(3),
    /** The wait before the first retry; it doubles from one to the next. */
    backoff_seconds: seconds(0, 60).default(1),
  },
  { error: "it must be an object" },
);

/** Fields of `micromesh:labs.shop` besides its scenario; every one may be left out. */
export const shopSettings = z.strictObject({
  services,
  mesh: z
    .strictObject(
      { circuit_breaker: circuitBreaker.prefault({}), retry: retry.prefault({}) },
      { error: "it must be an object" },
    )
    .prefault({}),
  auth: accessSettings.prefault({}),
});

export type ShopSettings = z.infer<typeof shopSettings>;

/** The services that there are by these settings. */
export function servicesIn({ services, auth }: Pick<ShopSettings, "services" | "auth">) {
  return services.filter(({ name }) => name !== "auth" || auth.required);
}
