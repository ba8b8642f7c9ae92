/** The workloads that objects declare, of every kind that makes pods. */
import type { Namespace, Pod } from "../../connectivity/model.ts";
import type { KubernetesObject, ObjectMeta } from "../../resources/declared.ts";
import { isMeshed } from "../../resources/injection.ts";
import { groupKind } from "../../resources/kubernetes.ts";
import type { PodPort } from "../../resources/service-ports.ts";
import type { Settings } from "../../resources/settings.ts";

export interface Workload {
  /** `namespace/name[Kind]`. */
  id: string;
  kind: string;
  namespace: string;
  name: string;
  /** Zero: it's declared, but nothing runs. */
  replicas: number;
  /** Any of its pods: they're all alike. */
  pod: Pod;
  /** The pod's spec, as declared. */
  spec: PodSpec;
  /** What the pods' annotation `micromesh/needs` says they need. */
  needs?: string;
}

/** What is read of a pod's spec. */
export interface PodSpec {
  containers?: Container[];
  initContainers?: Container[];
  volumes?: Volume[];
  serviceAccountName?: string;
  hostNetwork?: boolean;
}

export interface Container {
  name?: string;
  command?: string[];
  args?: string[];
  env?: {
    name: string;
    value?: string;
    valueFrom?: { configMapKeyRef?: { name: string; key: string } };
  }[];
  envFrom?: { prefix?: string; configMapRef?: { name: string } }[];
  ports?: { name?: string; containerPort: number; protocol?: PodPort["protocol"] }[];
  volumeMounts?: { name: string }[];
  restartPolicy?: string;
}

interface Volume {
  name: string;
  configMap?: { name: string };
  projected?: { sources?: { configMap?: { name: string } }[] };
}

interface Template {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: PodSpec;
}

/** An annotation of pods: addresses that they find while they run, and no setting of theirs names. */
const NEEDS = "micromesh/needs";

/** Where each kind has its pods' template, and what says how many there are. */
const templates: Record<string, (spec: KubernetesObject["spec"]) => [Template, number]> = {
  "apps/Deployment": (spec) => [spec.template, spec.replicas ?? 1],
  "apps/StatefulSet": (spec) => [spec.template, spec.replicas ?? 1],
  "apps/ReplicaSet": (spec) => [spec.template, spec.replicas ?? 1],
  "apps/DaemonSet": (spec) => [spec.template, 1],
  ReplicationController: (spec) => [spec.template, spec.replicas ?? 1],
  "kubevirt.io/VirtualMachine": (spec) => [spec.template, 1],
  "batch/Job": (spec) => [spec.template, spec.suspend ? 0 : (spec.parallelism ?? 1)],
  "batch/CronJob": (spec) => [spec.jobTemplate?.spec?.template, spec.suspend ? 0 : 1],
};

/** The workloads among the objects, in the order of their names. */
export function workloadsOf(
  objects: KubernetesObject[],
  namespaces: Namespace[],
  settings: Settings,
): Workload[] {
  const labelsOf = new Map(namespaces.map(({ name, labels }) => [name, labels]));
  const declared = new Set(
    objects.filter(templateOf).map(({ kind, metadata }) => keyOf(kind, metadata)),
  );
  // What a cluster made of a workload that is declared too, as in `kubectl get all`, is that workload.
  const isMade = (object: KubernetesObject) => {
    const owner = ownerOf(object);
    return owner && declared.has(keyOf(owner.kind, { ...object.metadata, name: owner.name }));
  };
  const workloads = objects.flatMap((object) => {
    const found = templateOf(object);
    if (!found || isMade(object)) return [];
    const [template, replicas, owner] = found;
    const namespace = object.metadata.namespace ?? "default";
    const { kind, name } = owner ?? { kind: object.kind, name: object.metadata.name };
    const spec = template?.spec ?? {};
    const labels = template?.metadata?.labels ?? {};
    const hostNetwork = spec.hostNetwork === true;
    const pod: Pod = {
      namespace,
      name,
      labels,
      serviceAccount: spec.serviceAccountName ?? "default",
      ips: addressesOf(object),
      ports: portsOf(spec),
      hostNetwork,
      meshed: isMeshed(settings.mesh, labelsOf.get(namespace) ?? {}, labels, hostNetwork),
    };
    const id = `${namespace}/${name}[${kind}]`;
    const needs = template?.metadata?.annotations?.[NEEDS];
    return [{ id, kind, namespace, name, replicas, pod, spec, needs }];
  });
  return withNames(merged(workloads)).sort((a, b) => (a.id < b.id ? -1 : 1));
}

function keyOf(kind: string, { namespace = "default", name }: ObjectMeta): string {
  return `${kind} ${namespace}/${name}`;
}

function templateOf(object: KubernetesObject): [Template, number, owner?: Owner] | undefined {
  if (object.kind === "Pod" && object.apiVersion === "v1") {
    const { metadata, spec } = object;
    return [{ metadata, spec }, 1, ownerOf(object)];
  }
  return templates[groupKind(object)]?.(object.spec ?? {});
}

interface Owner {
  kind: string;
  name: string;
}

/** The object that made this one; a node makes static pods, but is no workload. */
function ownerOf({ kind: own, metadata }: KubernetesObject): Owner | undefined {
  const { ownerReferences: owners = [] } = metadata as { ownerReferences?: OwnerReference[] };
  const owner = owners.find(({ controller }) => controller) ?? owners[0];
  if (!owner || owner.kind === "Node") return undefined;
  const { kind = own, name } = owner;
  return { kind, name };
}

interface OwnerReference {
  kind?: string;
  name: string;
  controller?: boolean;
}

/** A pod that runs already, as `kubectl get -o yaml` writes it, has its addresses. */
function addressesOf({ kind, status }: KubernetesObject): string[] {
  if (kind !== "Pod" || !status) return [];
  const listed = (status.podIPs ?? []).flatMap(({ ip }: { ip?: string }) => ip ?? []);
  return listed.length > 0 ? listed : status.podIP ? [status.podIP] : [];
}

/** The ports that containers declare; of init containers those that stay (sidecars). */
function portsOf({ containers = [], initContainers = [] }: PodSpec): PodPort[] {
  return [...containers, ...initContainers.filter((one) => one.restartPolicy === "Always")].flatMap(
    ({ ports = [] }) =>
      ports.map(({ name, containerPort, protocol = "TCP" }) => ({ name, containerPort, protocol })),
  );
}

/** Pods of one owner are one workload as long as no policy could tell them apart. */
function merged(workloads: Workload[]): Workload[] {
  const byOwner = new Map<string, Map<string, Workload>>();
  for (const workload of workloads) {
    const alike = byOwner.get(workload.id) ?? new Map<string, Workload>();
    byOwner.set(workload.id, alike);
    const labels = JSON.stringify(Object.entries(workload.pod.labels).sort());
    const before = alike.get(labels);
    const replicas = (before?.replicas ?? 0) + workload.replicas;
    alike.set(labels, { ...(before ?? workload), replicas });
  }
  return [...byOwner.values()].flatMap((alike) => [...alike.values()].map(numbered));
}

/** Of an owner's pods that differ, those after the first are told apart by a number. */
function numbered(workload: Workload, i: number): Workload {
  if (i === 0) return workload;
  const name = `${workload.name}#${i + 1}`;
  const id = workload.id.replace("[", `#${i + 1}[`);
  return { ...workload, id, name, pod: { ...workload.pod, name } };
}

/** Reasons name pods by namespace and name, which must mean one workload, whatever kinds there are. */
function withNames(workloads: Workload[]): Workload[] {
  const count = new Map<string, number>();
  const key = ({ namespace, name }: Workload) => `${namespace}/${name}`;
  for (const workload of workloads) count.set(key(workload), (count.get(key(workload)) ?? 0) + 1);
  return workloads.map((workload) => {
    if (count.get(key(workload)) === 1) return workload;
    const name = `${workload.name}[${workload.kind}]`;
    return { ...workload, pod: { ...workload.pod, name } };
  });
}
