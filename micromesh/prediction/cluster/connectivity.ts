/** What a cluster's policies make of connections. */
import { type Connectivity, compile, declaredServices } from "../../connectivity/index.ts";
import type { Cluster } from "./cluster.ts";

export function connectivityOf(cluster: Cluster): Connectivity {
  const { namespaces, policies, objects, workloads, platform } = cluster;
  const nameServers = workloads
    .filter(({ pod }) => pod.namespace === "kube-system" && pod.labels["k8s-app"] === "kube-dns")
    .map(({ pod }) => pod);
  return compile({
    namespaces,
    policies,
    // In an order of their own, for reasons that name the first of several.
    services: declaredServices(objects).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
    nameServers: nameServers.length > 0 ? nameServers : undefined,
    settings: platform.settings,
  });
}

function keyOf({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}
