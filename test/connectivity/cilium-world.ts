/** Short ways to write Cilium's policies, and who reaches whom under them. */
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { client, node, outside, stranger, web } from "./cast.ts";
import { allowed, cilium, ciliumPolicy, validWorld } from "./world.ts";

/** Valid policies where Cilium enforces them. */
export const of = (...policies: KubernetesObject[]) => validWorld(cilium, ...policies);

export const everyone = [client, stranger, outside, node];

/** Who of client, stranger, the outside and the node reaches web, under a policy `a/p` for web. */
export function into(spec: object): boolean[] {
  const selecting = { endpointSelector: { matchLabels: { app: "web" } }, ...spec };
  const under = of(ciliumPolicy("a/p", selecting));
  return everyone.map((from) => allowed(under, from, web));
}

/** Whether web reaches client, stranger, the outside and the node. */
export function outOf(spec: object): boolean[] {
  const under = of(ciliumPolicy("a/p", { endpointSelector: {}, ...spec }));
  return everyone.map((to) => allowed(under, web, to));
}

/** A selector of labels given as `key=value`. */
export const byLabel = (...labels: string[]) => ({
  matchLabels: Object.fromEntries(labels.map((label) => label.split("="))),
});
