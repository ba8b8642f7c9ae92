/** The router's settings, part of the stack's config: what makes dev, staging and prod differ. */
import * as z from "zod";
import { SERVICE_NAMES } from "./names.ts";
import { routerConfig } from "./router/config.ts";
import { defaultRouting } from "./routing.ts";
import { behaviourSettings } from "./service/behaviour.ts";

const labelError = "it must be a Kubernetes name: small letters, digits and -, at most 63";
const label = z
  .string({ error: labelError })
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, { error: labelError });

const replicasError = "it must be a number of pods, 1 to 20";
const replicas = z
  .int({ error: replicasError })
  .min(1, { error: replicasError })
  .max(20, { error: replicasError });

/** A quantity of Kubernetes: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
const quantity = (form: RegExp, example: string) => {
  const error = `it must be a quantity such as ${example}`;
  return z.string({ error }).regex(form, { error });
};
const cpu = quantity(/^([1-9]\d*m|[1-9]\d*(\.\d{1,3})?|0\.\d{1,3})$/, "250m");
const memory = quantity(/^[1-9]\d*(Ki|Mi|Gi)$/, "64Mi");

/** The programs have variables of their own, which aren't to be replaced. */
const OWN_VARIABLES =
  /^(PORT|ADMIN_PORT|POD_NAME|POD_IP|VERSION|SERVICE|ENVIRONMENT|BEHAVIOUR|ROUTES|NODE_ENV|OTEL_.*)$/;
const variables = z
  .record(z.string(), z.string({ error: "it must be text" }), {
    error: "it must be an object with a value for each variable",
  })
  .superRefine((all, context) => {
    for (const [name, input] of Object.entries(all)) {
      if (/^[A-Za-z_][A-Za-z0-9_]{0,253}$/.test(name) && !OWN_VARIABLES.test(name)) continue;
      const message = "its name must be that of a variable which the program has no other use for";
      context.addIssue({ code: "custom", path: [name], message, input });
    }
  });

const tagError =
  "it must be a tag of the image `node` with its version, such as 22.21.1-alpine3.22";
const objectError = { error: "it must be an object" };

/** Fields of `micromesh:labs.router` besides its scenario; every one may be left out. */
export const routerSettings = z
  .strictObject({
    /** What the services say they run in. */
    environment: label.default("dev"),
    /** Default: `mesh-` and the environment. */
    namespace: label.optional(),
    /** The host name that the ingress leads to the router. */
    host: z
      .string({ error: "it must be a host name" })
      .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/, {
        error: "it must be a host name in small letters, such as mesh.local",
      })
      .max(253, { error: "it must have 253 characters at most" })
      .default("mesh.local"),
    /** Pods; the router keeps its circuits and faults in each of its own. */
    replicas: z
      .strictObject(
        {
          router: replicas.default(1),
          a: replicas.default(2),
          b: replicas.default(2),
          c: replicas.default(2),
        },
        objectError,
      )
      .prefault({}),
    /** Further environment variables of A, B and C. */
    variables: variables.default({}),
    /** Of the stock image `node`. Default: the one that is pinned with the others. */
    image_version: z
      .string({ error: tagError })
      .regex(/^\d+\.\d+\.\d+(-[A-Za-z0-9._-]{1,100})?$/, { error: tagError })
      .optional(),
    /** The release that the services say they are. */
    version: z
      .string({ error: "it must be text" })
      .regex(/^v\d{1,9}$/, { error: "it must be v and a number, such as v2" })
      .default("v1"),
    /** Of each pod: requests, and limits. */
    resources: z
      .strictObject(
        {
          cpu: cpu.default("20m"),
          memory: memory.default("64Mi"),
          cpu_limit: cpu.default("500m"),
          memory_limit: memory.default("256Mi"),
        },
        objectError,
      )
      .prefault({}),
    /** What A, B and C do wrong on purpose. */
    behaviour: z
      .partialRecord(z.enum(SERVICE_NAMES), behaviourSettings, {
        error: `it must be an object with a behaviour for ${SERVICE_NAMES.join(", ")}`,
      })
      .default({}),
    /** The router's whole config. */
    routing: routerConfig.prefault(defaultRouting),
    tracing: z
      .strictObject(
        {
          /** Where traces go, by OTLP over HTTP; by default the lab keeps and shows them itself. */
          endpoint: z
            .url({ protocol: /^https?$/, error: "it must be an http or https URL" })
            .optional(),
          /** Of the traces that begin here, how many are kept. */
          sample_percent: z
            .number({ error: "it must be a number from 0 to 100" })
            .min(0, { error: "it must be a number from 0 to 100" })
            .max(100, { error: "it must be a number from 0 to 100" })
            .default(100),
        },
        objectError,
      )
      .prefault({}),
  })
  .transform(({ namespace, ...rest }) => ({
    namespace: namespace ?? `mesh-${rest.environment}`,
    ...rest,
  }));

export type RouterSettings = z.infer<typeof routerSettings>;
