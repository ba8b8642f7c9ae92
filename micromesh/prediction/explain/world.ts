/** A cluster that questions are put to, and what becomes of it when something in it is changed. */
import { type Connectivity, isPolicy } from "../../connectivity/index.ts";
import type { KubernetesObject } from "../../resources/declared.ts";
import { objectKey } from "../../resources/kubernetes.ts";
import type { Analysis } from "../analysis.ts";
import { type Cluster, clusterOf } from "../cluster/cluster.ts";
import { connectivityOf } from "../cluster/connectivity.ts";
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
 * The world with these changes applied. Who reaches whom is not worked out for all, since one connection is
 * asked about.
 * @param changes valid ones
 */
export function changed(before: World, changes: KubernetesObject[]): World {
  const cluster = clusterWith(before.cluster, changes);
  return { cluster, connectivity: connectivityOf(cluster), controllers: before.controllers };
}

/** Policies make no workloads: where nothing else is changed, those stay as they are. */
function clusterWith(before: Cluster, changes: KubernetesObject[]): Cluster {
  const objects = applied(before.objects, changes);
  return changes.every(isPolicy)
    ? { ...before, objects, policies: applied(before.policies, changes) }
    : clusterOf(objects, before.platform);
}

/**
 * Each change in place of the object with its kind and name, or added.
 * @param changes policies are whole; of anything else only the fields that change, which are merged into it
 */
export function applied(
  objects: KubernetesObject[],
  changes: KubernetesObject[],
): KubernetesObject[] {
  const all = new Map(objects.map((one) => [objectKey(one), one]));
  for (const change of changes) {
    const key = objectKey(change);
    const before = all.get(key);
    all.set(
      key,
      before && !isPolicy(change) ? (merged(before, change) as KubernetesObject) : change,
    );
  }
  return [...all.values()];
}

function merged(before: unknown, change: unknown): unknown {
  if (!isMap(before) || !isMap(change)) return change;
  const fields = Object.entries(change).map(([key, value]) => [key, merged(before[key], value)]);
  return { ...before, ...Object.fromEntries(fields) };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
