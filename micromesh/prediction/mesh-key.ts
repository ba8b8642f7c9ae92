/** What the mesh tells parties apart by, besides what policies of the network do. */
import type { Party } from "../connectivity/party.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { protocolsOf } from "./cluster/services.ts";
import { authorizationBlocks } from "./mesh-values.ts";

type Key = (party: Party) => string;

/** As either end of a connection; undefined without a mesh. */
export function meshKey(cluster: Cluster): Key | undefined {
  if (!cluster.platform.settings.mesh) return undefined;
  const sourceKey = meshSourceKey(cluster);
  const workloads = new Map(cluster.workloads.map((workload) => [workload.pod, workload]));
  return (party) => {
    const source = sourceKey(party);
    if (party.kind !== "pod" || !party.pod.meshed) return source;
    const { pod } = party;
    const workload = workloads.get(pod);
    const ports = pod.ports.map(({ containerPort, protocol }) => `${protocol} ${containerPort}`);
    return [
      source,
      JSON.stringify(Object.entries(pod.labels).sort()),
      ...ports,
      workload && JSON.stringify([...protocolsOf(workload, cluster.services)].sort()),
    ].join();
  };
}

/** As the source of a connection, whoever the server is. */
export function meshSourceKey({ policies }: Cluster): Key {
  const byAddress = authorizationBlocks(policies).length > 0;
  return (party) => {
    if (party.kind !== "pod") return byAddress ? party.name : "";
    const { meshed, namespace, serviceAccount, ips } = party.pod;
    return [meshed, namespace, serviceAccount, ...(byAddress ? ips : [])].join(" ");
  };
}
