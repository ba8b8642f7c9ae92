/** Pods as Kubernetes resources declare them. */
import { kindOf } from "./kinds.ts";
import type { SeenResource } from "./rule.ts";

export interface PodSpec {
  hostNetwork?: boolean;
  securityContext?: SecurityContext;
  containers?: Container[];
  initContainers?: Container[];
  ephemeralContainers?: Container[];
}

export interface Container {
  name?: string;
  image?: string;
  command?: string[];
  args?: string[];
  env?: { name: string; value?: string }[];
  resources?: { limits?: Record<string, unknown> };
  securityContext?: SecurityContext;
}

export interface SecurityContext {
  runAsNonRoot?: boolean;
  runAsUser?: number;
  privileged?: boolean;
  allowPrivilegeEscalation?: boolean;
}

/** A container of a pod, and where it stands: `spec.template.spec.initContainers[0]`. */
export interface PlacedContainer {
  place: string;
  /** As messages call it: `container web`. */
  title: string;
  container: Container;
  pod: PodSpec;
  /** Added to a running pod, for debugging; it can't have limits. */
  ephemeral: boolean;
}

/** Where each kind that makes pods has their spec. */
const SPECS: Record<string, string[]> = {
  Pod: ["spec"],
  PodTemplate: ["template", "spec"],
  ReplicationController: ["spec", "template", "spec"],
  "apps/Deployment": ["spec", "template", "spec"],
  "apps/StatefulSet": ["spec", "template", "spec"],
  "apps/DaemonSet": ["spec", "template", "spec"],
  "apps/ReplicaSet": ["spec", "template", "spec"],
  "batch/Job": ["spec", "template", "spec"],
  "batch/CronJob": ["spec", "jobTemplate", "spec", "template", "spec"],
};

/** Every container of the pods that a resource makes, those that only begin and debug included. */
export function containersOf(resource: Pick<SeenResource, "type" | "inputs">): PlacedContainer[] {
  const path = SPECS[kindOf(resource) ?? ""];
  if (!path) return [];
  const pod = path.reduce<unknown>(
    (node, key) => (node as Record<string, unknown> | undefined)?.[key],
    resource.inputs,
  ) as PodSpec | undefined;
  const lists = {
    containers: { list: pod?.containers, title: "container" },
    initContainers: { list: pod?.initContainers, title: "init container" },
    ephemeralContainers: { list: pod?.ephemeralContainers, title: "ephemeral container" },
  };
  return Object.entries(lists).flatMap(([field, { list, title }]) =>
    (Array.isArray(list) ? list : []).map((container, i) => ({
      place: `${path.join(".")}.${field}[${i}]`,
      title: `${title} ${container.name ?? i}`,
      container,
      pod: pod as PodSpec,
      ephemeral: field === "ephemeralContainers",
    })),
  );
}
