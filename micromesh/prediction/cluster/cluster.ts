/** What declared objects make of a cluster, as far as who reaches whom is concerned. */
import { type Problem, validate } from "../../connectivity/index.ts";
import type { Namespace } from "../../connectivity/model.ts";
import type { KubernetesObject } from "../../resources/declared.ts";
import { groupKind } from "../../resources/kubernetes.ts";
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
  /** Policies that the API server would reject; they're not among `policies`. */
  rejected: Problem[];
  /** Every object. */
  objects: KubernetesObject[];
}

/** Kinds that decide about connections. */
const policyKinds = new Set([
  "networking.k8s.io/NetworkPolicy",
  "cilium.io/CiliumNetworkPolicy",
  "cilium.io/CiliumClusterwideNetworkPolicy",
  "cilium.io/CiliumCIDRGroup",
  "policy.networking.k8s.io/ClusterNetworkPolicy",
  "policy.networking.k8s.io/AdminNetworkPolicy",
  "policy.networking.k8s.io/BaselineAdminNetworkPolicy",
  "security.istio.io/AuthorizationPolicy",
  "security.istio.io/PeerAuthentication",
]);

export function clusterOf(objects: KubernetesObject[], platform: DeclaredPlatform): Cluster {
  const namespaces = namespacesOf(objects);
  const workloads = workloadsOf(objects, namespaces, platform.settings);
  const policies = objects.filter((object) => policyKinds.has(groupKind(object)));
  const rejected = validate(policies);
  const isRejected = new Set(
    rejected.map(({ kind, namespace, name }) => `${kind} ${namespace ?? ""}/${name}`),
  );
  return {
    platform,
    namespaces,
    workloads,
    services: servicesOf(objects, workloads),
    configMaps: new Map(
      objects
        .filter(({ kind, apiVersion }) => kind === "ConfigMap" && apiVersion === "v1")
        .map(({ metadata, data }) => [`${metadata.namespace}/${metadata.name}`, data ?? {}]),
    ),
    policies: policies.filter(
      ({ kind, metadata }) =>
        !isRejected.has(`${kind} ${metadata.namespace ?? ""}/${metadata.name}`),
    ),
    rejected,
    objects,
  };
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
