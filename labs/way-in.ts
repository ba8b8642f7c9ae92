import type * as pulumi from "@pulumi/pulumi";
import type { Endpoint } from "../stacks/outputs.ts";
import type { Platform } from "../stacks/platform.ts";

/** How a lab's host is reached from outside: through the ingress, or where there's none by a Service of the lab. */
export function wayIn(
  { ingress }: Platform,
  service: Omit<Service, "via">,
): pulumi.Input<Endpoint> {
  if (ingress.className !== undefined && ingress.endpoint) return ingress.endpoint;
  return { via: "service", ...service };
}

type Service = Extract<Endpoint, { via: "service" }>;
