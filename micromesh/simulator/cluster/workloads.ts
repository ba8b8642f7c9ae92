import { createHash } from "node:crypto";
import type { KubernetesObject } from "../../resources/declared.ts";
import { objectKey } from "../../resources/kubernetes.ts";
import type { PodSpec } from "../pods/spec.ts";

/** A controller that keeps a number of pods alike. */
export interface Workload {
  key: string;
  kind: "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Pod";
  namespace: string;
  name: string;
  replicas: number;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  spec: PodSpec;
  /** Changes exactly when the pod template does. */
  hash: string;
  update: UpdateStrategy;
}

export type UpdateStrategy =
  /** New pods first, `surge` more than wanted; old ones go as long as enough are available. */
  | { kind: "rolling"; surge: number; unavailable: number }
  | { kind: "recreate" }
  /** One at a time, the old one first (StatefulSet, DaemonSet). */
  | { kind: "inPlace" };

/** The workload that an object is; undefined for other kinds. */
export function workloadOf(object: KubernetesObject): Workload | undefined {
  const { kind, metadata, spec = {} } = object;
  const base = {
    key: objectKey(object),
    namespace: metadata.namespace ?? "default",
    name: metadata.name,
  };
  if (kind === "Pod") {
    const template = { metadata, spec };
    return { ...base, kind, replicas: 1, update: { kind: "recreate" }, ...fromTemplate(template) };
  }
  if (!object.apiVersion.startsWith("apps/")) return undefined;
  switch (kind) {
    case "Deployment":
    case "ReplicaSet":
      return {
        ...base,
        kind,
        replicas: spec.replicas ?? 1,
        update: deploymentUpdate(spec),
        ...fromTemplate(spec.template),
      };
    case "StatefulSet": {
      const { spec: podSpec, ...template } = fromTemplate(spec.template);
      return {
        ...base,
        kind,
        replicas: spec.replicas ?? 1,
        update: { kind: "inPlace" },
        ...template,
        // Its pods have names behind this Service, whatever the template says:
        // https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id
        spec: { ...podSpec, subdomain: spec.serviceName },
      };
    }
    case "DaemonSet":
      // One node, so one pod.
      return {
        ...base,
        kind,
        replicas: 1,
        update: { kind: "inPlace" },
        ...fromTemplate(spec.template),
      };
    default:
      return undefined;
  }
}

function fromTemplate(template: { metadata?: KubernetesObject["metadata"]; spec: PodSpec }) {
  return {
    labels: template.metadata?.labels ?? {},
    annotations: template.metadata?.annotations ?? {},
    spec: template.spec,
    hash: digest(JSON.stringify(template), 10),
  };
}

/** https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment */
function deploymentUpdate(spec: {
  replicas?: number;
  strategy?: { type?: string; rollingUpdate?: Record<string, number | string> };
}): UpdateStrategy {
  if (spec.strategy?.type === "Recreate") return { kind: "recreate" };
  const replicas = spec.replicas ?? 1;
  const { maxSurge = "25%", maxUnavailable = "25%" } = spec.strategy?.rollingUpdate ?? {};
  const surge = amount(maxSurge, replicas, Math.ceil);
  const unavailable = amount(maxUnavailable, replicas, Math.floor);
  // Both zero could never move; Kubernetes refuses it, percentages that round to it mean one.
  return { kind: "rolling", surge, unavailable: surge + unavailable === 0 ? 1 : unavailable };
}

function amount(value: number | string, of: number, round: (n: number) => number): number {
  return typeof value === "number" ? value : round((Number.parseInt(value, 10) * of) / 100);
}

/** Pod names as the controllers make them, but the same for the same history. */
export function podName(workload: Workload, ordinal: number): string {
  switch (workload.kind) {
    case "Pod":
      return workload.name;
    case "StatefulSet":
      return `${workload.name}-${ordinal}`;
    case "DaemonSet":
      return `${workload.name}-${digest(`${workload.key} ${ordinal}`, 5)}`;
    case "ReplicaSet":
      return `${workload.name}-${digest(`${workload.key} ${ordinal}`, 5)}`;
    case "Deployment":
      return `${workload.name}-${workload.hash}-${digest(`${workload.key} ${ordinal}`, 5)}`;
  }
}

/** Kubernetes' alphabet for generated names: no vowels, nothing that looks like another letter. */
const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

function digest(text: string, length: number): string {
  const bytes = createHash("sha256").update(text).digest();
  return [...bytes.subarray(0, length)].map((byte) => ALPHABET[byte % ALPHABET.length]).join("");
}

/** What a rollout does next. Pods are given oldest first. */
export function nextSteps<P extends { hash: string; ready: boolean; terminating: boolean }>(
  workload: Workload,
  pods: P[],
): { create: number; remove: P[] } {
  const alive = pods.filter((pod) => !pod.terminating);
  const current = alive.filter((pod) => pod.hash === workload.hash);
  const old = alive.filter((pod) => pod.hash !== workload.hash);
  const missing = Math.max(0, workload.replicas - current.length);
  const { update } = workload;
  if (update.kind === "inPlace") {
    const surplus = current.slice(workload.replicas);
    // A pod keeps its name, so its successor waits until it's gone, and the next until that's ready.
    const waiting = alive.length < pods.length || current.some((pod) => !pod.ready);
    if (waiting || surplus.length > 0) return { create: 0, remove: surplus };
    return alive.length < workload.replicas
      ? { create: 1, remove: [] }
      : { create: 0, remove: old.slice(-1) };
  }
  // Of too many, those that serve nobody go first, then the youngest.
  const kept = [...current.filter((p) => p.ready), ...current.filter((p) => !p.ready)].slice(
    0,
    workload.replicas,
  );
  const surplus = current.filter((pod) => !kept.includes(pod));
  switch (update.kind) {
    case "recreate":
      if (old.length > 0) return { create: 0, remove: [...old, ...surplus] };
      // The old pods must be gone, not only going.
      return { create: pods.length > alive.length ? 0 : missing, remove: surplus };
    case "rolling": {
      const create = Math.min(
        missing,
        Math.max(0, workload.replicas + update.surge - alive.length),
      );
      const available = [...old, ...kept].filter((pod) => pod.ready).length;
      let spare = available - (workload.replicas - update.unavailable);
      // Old pods that aren't ready serve nobody and may go at once.
      const remove = old.filter((pod) => !pod.ready || spare-- > 0);
      return { create, remove: [...remove, ...surplus] };
    }
  }
}
