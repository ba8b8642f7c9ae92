/** How a policy names a workload. */
import type { Cluster } from "../cluster/cluster.ts";
import type { Workload } from "../cluster/workloads.ts";

/** Labels that name a workload by convention, the recommended one first. */
const naming = ["app.kubernetes.io/name", "app", "k8s-app", "name"];

/** As few labels as tell the workload's pods from all others of its namespace; all of them where none do. */
export function labelsOf({ namespace, pod, id }: Workload, { workloads }: Cluster): Labels {
  const others = workloads.filter((other) => other.namespace === namespace && other.id !== id);
  const tellsApart = (labels: Labels) =>
    others.every((other) =>
      Object.entries(labels).some(([key, value]) => other.pod.labels[key] !== value),
    );
  for (const key of naming) {
    const value = pod.labels[key];
    if (value !== undefined && tellsApart({ [key]: value })) return { [key]: value };
  }
  return pod.labels;
}

type Labels = Record<string, string>;

/** A peer of a NetworkPolicy that stands in `namespace`. */
export function peerFor(workload: Workload, namespace: string, cluster: Cluster): object {
  const podSelector = { matchLabels: labelsOf(workload, cluster) };
  return workload.namespace === namespace
    ? { podSelector }
    : { ...inNamespace(workload.namespace), podSelector };
}

/** The peer of the cluster's name server, and the ports that it answers on. */
export const dnsRule = {
  to: [
    {
      ...inNamespace("kube-system"),
      podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
    },
  ],
  ports: [
    { protocol: "UDP", port: 53 },
    { protocol: "TCP", port: 53 },
  ],
};

/** Every namespace has this label: https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name */
export function inNamespace(name: string): object {
  return { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } };
}
