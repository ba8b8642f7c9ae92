import type { V1Pod } from "@kubernetes/client-node";
import type { PodUsage, Usage } from "../../usage/pod-usage.ts";
import { connectCluster } from "./cluster.ts";
import { podConnections } from "./connections.ts";
import { apiProblem, httpStatus } from "./problems.ts";
import { type PodMetrics, podResources } from "./quantities.ts";

/** The label by which the pods of an application are found. */
const PART_OF = "app.kubernetes.io/part-of";
/** So many pods are asked at once, since each takes a command in it. */
const AT_ONCE = 4;

const NO_DROPS =
  "Drops and denials aren't told by the Kubernetes API: `hubble observe --verdict DROPPED` tells them where Cilium has Hubble enabled.";
const NO_METRICS =
  "CPU and memory need the metrics API: `minikube addons enable metrics-server`; K3s brings it; elsewhere install metrics-server.";
const noConnections = (pods: number) =>
  `Connections of ${pods} pod${pods === 1 ? "" : "s"} couldn't be read: it takes a shell in the pod, and the permission to create pods/exec.`;

/**
 * What the pods of some applications use on a real cluster.
 * @param kubeconfig contents; its current context is used
 * @param parts values of the label `app.kubernetes.io/part-of`
 * @throws ProbeError if the kubeconfig can't be used, or its pods can't be listed
 */
export async function liveUsage(kubeconfig: string, parts: string[]): Promise<Usage> {
  const closing = new AbortController();
  const cluster = connectCluster(kubeconfig, closing.signal);
  try {
    const labelSelector = `${PART_OF} in (${parts.join(", ")})`;
    const { items } = await cluster.core
      .listPodForAllNamespaces({ labelSelector })
      .catch((error) => {
        throw apiProblem(error, `list pods with ${labelSelector}`, "list pods");
      });
    const pods = items.filter(({ status }) => status?.phase !== "Succeeded");
    const notes: string[] = [];
    const metrics = await cluster.custom
      .listClusterCustomObject({
        group: "metrics.k8s.io",
        version: "v1beta1",
        plural: "pods",
        labelSelector,
      })
      .catch((error) => {
        const isMissing = [404, 503].includes(httpStatus(error) ?? 0);
        const { message } = apiProblem(error, "read metrics of pods", "list pods.metrics.k8s.io");
        notes.push(isMissing ? NO_METRICS : message);
        return { items: [] };
      });
    const resources = podResources((metrics as { items?: PodMetrics[] }).items ?? []);
    const used: PodUsage[] = [];
    for (let i = 0; i < pods.length; i += AT_ONCE) {
      const some = pods.slice(i, i + AT_ONCE);
      used.push(
        ...(await Promise.all(
          some.map(async (pod) => ({
            ...stateOf(pod),
            ...resources.get(keyOf(pod)),
            connections: await podConnections(cluster, pod).catch(() => undefined),
          })),
        )),
      );
    }
    const silent = used.filter(({ ready, connections }) => ready && !connections).length;
    if (silent > 0) notes.push(noConnections(silent));
    return { pods: used, notes: [...notes, NO_DROPS] };
  } finally {
    closing.abort();
  }
}

function stateOf(pod: V1Pod): PodUsage {
  const conditions = pod.status?.conditions ?? [];
  const statuses = pod.status?.containerStatuses ?? [];
  return {
    pod: keyOf(pod),
    partOf: pod.metadata?.labels?.[PART_OF],
    ready: conditions.some(({ type, status }) => type === "Ready" && status === "True"),
    restarts: statuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
  };
}

function keyOf({ metadata }: V1Pod): string {
  return `${metadata?.namespace}/${metadata?.name}`;
}
