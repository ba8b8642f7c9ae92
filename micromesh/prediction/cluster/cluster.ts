/** What declared objects make of a cluster, as far as who reaches whom is concerned. */
import { isPolicy, type Problem, validate } from "../../connectivity/index.ts";
import type { Namespace } from "../../connectivity/model.ts";
import type { KubernetesObject } from "../../resources/declared.ts";
import type { DeclaredPlatform } from "../../resources/platform.ts";
import { type Service, servicesOf } from "./services.ts";
import { type Workload, workloadsOf } from "./workloads.ts";

export interface Cluster {
  platform: DeclaredPlatform;
  namespaces: Namespace[];
  workloads: Workload[];
  services: Service[];
  /** Data of ConfigMaps, by `namespace/name`. */
  configMaps: Map<string, Record<string, string>>;
  policies: KubernetesObject[];
  /** What the API server would reject; what is clear all the same is among `policies`, the rest isn't. */
  rejected: Problem[];
  /** Every object. */
  objects: KubernetesObject[];
}

export function clusterOf(objects: KubernetesObject[], platform: DeclaredPlatform): Cluster {
  const namespaces = namespacesOf(objects);
  const workloads = workloadsOf(objects, namespaces, platform.settings);
  const policies = objects.filter(isPolicy);
  const rejected = validate(policies);
  const isRejected = new Set(
    rejected
      .filter(({ clear }) => !clear)
      .map(({ kind, namespace, name }) => `${kind} ${namespace ?? ""}/${name}`),
  );
  return {
    platform,
    namespaces,
    workloads,
    services: servicesOf(objects, workloads),
    configMaps: new Map(ofKind(objects, "ConfigMap").map((one) => [keyOf(one), one.data ?? {}])),
    policies: policies.filter(
      ({ kind, metadata }) =>
        !isRejected.has(`${kind} ${metadata.namespace ?? ""}/${metadata.name}`),
    ),
    rejected,
    objects,
  };
}

function ofKind(objects: KubernetesObject[], kind: string): KubernetesObject[] {
  return objects.filter((object) => object.kind === kind && object.apiVersion === "v1");
}

function keyOf({ metadata }: KubernetesObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** Declared namespaces, those that objects stand in, and those that every cluster has. */
function namespacesOf(objects: KubernetesObject[]): Namespace[] {
  const labels = new Map<string, Record<string, string>>();
  for (const name of ["default", "kube-system"]) labels.set(name, {});
  for (const { metadata } of objects) {
    const { namespace } = metadata;
    if (namespace !== undefined && !labels.has(namespace)) labels.set(namespace, {});
  }
  for (const { kind, apiVersion, metadata } of objects) {
    if (kind === "Namespace" && apiVersion === "v1")
      labels.set(metadata.name, metadata.labels ?? {});
  }
  return [...labels].map(([name, own]) => ({
    name,
    labels: { ...own, "kubernetes.io/metadata.name": name },
  }));
}
