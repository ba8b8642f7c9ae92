/** A cluster that questions are put to, and what becomes of it when something in it is changed. */
import { type Connectivity, compile, declaredServices } from "../../connectivity/index.ts";
import type { KubernetesObject } from "../../resources/declared.ts";
import { objectKey } from "../../resources/kubernetes.ts";
import type { Analysis } from "../analysis.ts";
import { type Cluster, clusterOf } from "../cluster/cluster.ts";
import type { Known } from "./ends.ts";

export interface World extends Known {
  cluster: Cluster;
  connectivity: Connectivity;
}

export function worldOf({ cluster, ends }: Analysis): World {
  const controllers = ends.list.flatMap((end) =>
    end.kind === "controller" ? [{ id: end.party.id, pod: end.pod }] : [],
  );
  return { cluster, connectivity: ends.connectivity, controllers };
}

/**
 * The world with objects in place of those with the same kind and name, or added. Who reaches whom is not
 * worked out for all, since one connection is asked about.
 * @param changes valid ones
 */
export function changed(before: World, changes: KubernetesObject[]): World {
  const cluster = clusterWith(before.cluster, changes);
  const { namespaces, policies, objects, workloads, platform } = cluster;
  const nameServers = workloads.flatMap(({ pod }) =>
    pod.namespace === "kube-system" && pod.labels["k8s-app"] === "kube-dns" ? [pod] : [],
  );
  const connectivity = compile({
    namespaces,
    policies,
    services: declaredServices(objects),
    nameServers: nameServers.length > 0 ? nameServers : undefined,
    settings: platform.settings,
  });
  return { cluster, connectivity, controllers: before.controllers };
}

/** Policies make no workloads: where nothing else is changed, those stay as they are. */
function clusterWith(before: Cluster, changes: KubernetesObject[]): Cluster {
  const objects = applied(before.objects, changes);
  return changes.every(isPolicy)
    ? { ...before, objects, policies: applied(before.policies, changes) }
    : clusterOf(objects, before.platform);
}

function isPolicy({ kind }: KubernetesObject): boolean {
  return /Policy$|^PeerAuthentication$/.test(kind);
}

function applied(objects: KubernetesObject[], changes: KubernetesObject[]): KubernetesObject[] {
  const result = [...objects];
  for (const change of changes) {
    const key = objectKey(change);
    const { kind, metadata } = change;
    const place = result.findIndex(
      (one) => one.kind === kind && one.metadata.name === metadata.name && objectKey(one) === key,
    );
    if (place < 0) result.push(change);
    else result[place] = change;
  }
  return result;
}
