/** What a node of K3s needs before any pod of the stack's runs. */
import type { Amounts } from "./amounts.ts";
import type { PodGroup } from "./pod-group.ts";

/** Ubuntu Server's own services at rest, snapd and the agent of Systems Manager among them; an estimate. */
export const OPERATING_SYSTEM: Amounts = { memoryMiB: 200, cpuMillis: 20 };

/**
 * Kubernetes' control plane with its data store, kubelet and containerd; pods aren't in it. The 95th percentile of
 * K3s 1.26 with a workload (https://docs.k3s.io/reference/resource-profiling).
 */
const SERVER: Amounts = { memoryMiB: 1596, cpuMillis: 60 };
/** The same, where several servers keep etcd instead of SQLite. */
const SERVER_WITH_ETCD: Amounts = { memoryMiB: 1606, cpuMillis: 60 };
/** Kubelet and containerd; same source. */
export const AGENT: Amounts = { memoryMiB: 275, cpuMillis: 30 };

export function serverOf(servers: number): Amounts {
  return servers > 1 ? SERVER_WITH_ETCD : SERVER;
}

const pod = (title: string, memoryMiB: number, cpuMillis: number): PodGroup => ({
  owner: "K3s' own pods",
  title,
  count: 1,
  request: { memoryMiB, cpuMillis },
});

/**
 * What K3s installs where nothing of it is disabled but Traefik and ServiceLB: requests as in its manifests
 * (github.com/k3s-io/k3s, manifests/); the local-path provisioner has none, and holds little. Nor have ServiceLB's pods,
 * which set up packet filters and sleep: they aren't counted.
 */
export const PACKAGED: readonly PodGroup[] = [
  pod("CoreDNS", 70, 100),
  pod("metrics-server", 70, 100),
  pod("local-path-provisioner", 32, 10),
];
