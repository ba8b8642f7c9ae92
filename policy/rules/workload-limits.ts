import { fieldOf } from "../plain.ts";
import { containersOf } from "../pods.ts";
import type { ResourceRule } from "../rule.ts";

const RESOURCES = ["cpu", "memory"];

export const workloadLimits: ResourceRule = {
  of: "resource",
  name: "workload-limits",
  description:
    "Every container has a limit for memory and for CPU, those that only begin included: on a small node one that grows " +
    "takes the others along, the cluster's own among them. Set resources.limits.",
  violations(resource) {
    return containersOf(resource)
      .filter(({ ephemeral }) => !ephemeral)
      .flatMap(({ title, place, container: { resources } }) =>
        RESOURCES.filter((name) => !isLimit(fieldOf(fieldOf(resources, "limits"), name))).map(
          (name) => `${title} has no ${name} limit; set ${place}.resources.limits.${name}`,
        ),
      );
  },
};

/** No limit at all is written as an absent one, or as 0. */
function isLimit(value: unknown): boolean {
  return value !== undefined && value !== null && Number.parseFloat(String(value)) !== 0;
}
