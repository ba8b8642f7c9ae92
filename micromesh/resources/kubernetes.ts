import type { Declaration, DeclaredResource, KubernetesObject } from "./declared.ts";

/** Kinds without a namespace: Kubernetes' own, and of others those that matter to a network. */
const CLUSTER_SCOPED = new Set([
  "Namespace",
  "Node",
  "PersistentVolume",
  "ClusterRole",
  "ClusterRoleBinding",
  "CustomResourceDefinition",
  "StorageClass",
  "IngressClass",
  "GatewayClass",
  "PriorityClass",
  "ValidatingWebhookConfiguration",
  "MutatingWebhookConfiguration",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
  "MutatingAdmissionPolicy",
  "MutatingAdmissionPolicyBinding",
  "APIService",
  "CertificateSigningRequest",
  "CSIDriver",
  "CSINode",
  "FlowSchema",
  "PriorityLevelConfiguration",
  "IPAddress",
  "ServiceCIDR",
  "RuntimeClass",
  "VolumeAttachment",
  "CiliumClusterwideNetworkPolicy",
  "CiliumClusterwideEnvoyConfig",
  "CiliumCIDRGroup",
  "ClusterNetworkPolicy",
  "AdminNetworkPolicy",
  "BaselineAdminNetworkPolicy",
]);

/** Whether objects of a kind stand outside of all namespaces. */
export function isClusterScoped(kind: string): boolean {
  return CLUSTER_SCOPED.has(kind);
}

/** The Kubernetes objects among the declared resources, in the order of their keys. */
export function kubernetesObjects(declaration: Declaration): KubernetesObject[] {
  return declaration.resources
    .filter(isKubernetesObject)
    .map((resource) => toObject(resource))
    .sort((a, b) => (objectKey(a) < objectKey(b) ? -1 : 1));
}

/** What names an object within a cluster, e.g. `apps/Deployment c-app-count/counter`. */
export function objectKey(object: KubernetesObject): string {
  const { namespace, name } = object.metadata;
  return `${groupKind(object)} ${namespace ? `${namespace}/` : ""}${name}`;
}

/** What messages call an object: `Deployment c-app-count/counter`. */
export function objectTitle({
  kind,
  metadata: { namespace, name },
}: Pick<KubernetesObject, "kind" | "metadata">): string {
  return `${kind} ${namespace ? `${namespace}/` : ""}${name}`;
}

/** Group and kind, as policies and schemas name them: `networking.k8s.io/NetworkPolicy`, `Service`. */
export function groupKind(object: KubernetesObject): string {
  const [group, version] = object.apiVersion.split("/");
  return version === undefined ? object.kind : `${group}/${object.kind}`;
}

function isKubernetesObject(resource: DeclaredResource): boolean {
  return (
    resource.custom &&
    resource.type.startsWith("kubernetes:") &&
    typeof resource.inputs.apiVersion === "string" &&
    typeof resource.inputs.kind === "string"
  );
}

function toObject(resource: DeclaredResource): KubernetesObject {
  const { apiVersion, kind, metadata, ...rest } = resource.inputs as KubernetesObject;
  const namespace = isClusterScoped(kind) ? undefined : (metadata?.namespace ?? "default");
  const annotations = withoutPulumi(metadata?.annotations);
  return {
    apiVersion,
    kind,
    metadata: {
      // Pulumi names what the program leaves unnamed; here it gets the resource's own name.
      ...metadata,
      name: metadata?.name ?? resource.name,
      ...(namespace === undefined ? {} : { namespace }),
      annotations,
    },
    ...rest,
  };
}

/** Annotations without those that speak to Pulumi's provider; undefined when none is left. */
function withoutPulumi(annotations?: Record<string, string>): Record<string, string> | undefined {
  const kept = Object.entries(annotations ?? {}).filter(([key]) => !key.startsWith("pulumi.com/"));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
