import type { Declaration } from "../resources/declared.ts";
import { kubernetesObjects } from "../resources/kubernetes.ts";
import { workloadOf } from "../simulator/cluster/workloads.ts";
import { imageName } from "../simulator/pods/images.ts";

/** The node image that the stack's own workloads use, for probes from pods that have no Node: the cluster can pull it. */
export function nodeImage(declaration: Declaration): string {
  const images = kubernetesObjects(declaration)
    .flatMap((object) => workloadOf(object)?.spec.containers ?? [])
    .map((container) => container.image);
  const image = images.find((name) => imageName(name) === "node");
  if (!image) throw new Error("no workload of the stack uses a node image, which probes need");
  return image;
}
