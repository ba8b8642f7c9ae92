import type { V1Pod } from "@kubernetes/client-node";
import type { WorkloadRef } from "../../../stacks/outputs.ts";
import { ProbeError } from "../transport.ts";
import type { Cluster } from "./cluster.ts";
import { apiProblem } from "./problems.ts";

/** A pod to run a probe in: what's needed of it, all there. */
export interface ChosenPod {
  namespace: string;
  name: string;
  uid: string;
  pod: V1Pod;
}

/** The label that says which workload a pod is of; the second is what older manifests use. */
const workloadLabels = ["app.kubernetes.io/name", "app"];

/**
 * A ready pod of the workload: the newest, since after a change the older ones are on their way out.
 * @throws ProbeError if there's none
 */
export async function readyPodOf(cluster: Cluster, ref: WorkloadRef): Promise<ChosenPod> {
  const { namespace, workload } = ref;
  for (const label of workloadLabels) {
    const pods = await cluster.core
      .listNamespacedPod({ namespace, labelSelector: `${label}=${workload}` })
      .catch((error) => {
        throw apiProblem(error, `list pods in ${namespace}`, "list pods");
      });
    if (pods.items.length === 0) continue;
    const chosen = newestReady(pods.items);
    if (chosen) return chosen;
    throw new ProbeError(
      `no pod of ${namespace}/${workload} is ready (of ${pods.items.length}): see \`kubectl -n ${namespace} get pods -l ${label}=${workload}\``,
    );
  }
  throw new ProbeError(
    `${namespace}/${workload} has no pod: is the lab deployed on this cluster, with the label ${workloadLabels[0]}=${workload}?`,
  );
}

/** The newest pod that is ready and not being deleted; of pods of the same second, the first by name. */
export function newestReady(pods: V1Pod[]): ChosenPod | undefined {
  const born = (pod: V1Pod) => new Date(pod.metadata?.creationTimestamp ?? 0).getTime();
  const [pod] = pods
    .filter(isReady)
    .sort(
      (a, b) => born(b) - born(a) || (a.metadata?.name ?? "").localeCompare(b.metadata?.name ?? ""),
    );
  if (!pod) return undefined;
  const { namespace = "", name = "", uid = "" } = pod.metadata ?? {};
  return { namespace, name, uid, pod };
}

function isReady(pod: V1Pod): boolean {
  const ready = pod.status?.conditions?.find(({ type }) => type === "Ready");
  return ready?.status === "True" && pod.metadata?.deletionTimestamp === undefined;
}
