import type { KubernetesObject } from "../../resources/declared.ts";
import { API_SERVER_IP, NODE_IP } from "../cluster/addresses.ts";
import type { ContainerSpec, EnvVar, PodTemplate } from "./spec.ts";

/** Finds a ConfigMap or Secret of the pod's namespace. */
export type FindConfig = (
  kind: "ConfigMap" | "Secret",
  name: string,
) => KubernetesObject | undefined;

/** Something the container waits for, with the reason that the kubelet would show. */
export class CannotStart extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * The environment of a container: what the kubelet sets, `envFrom`, then `env`, with `$(NAME)` in
 * values expanded (https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/).
 * @throws CannotStart where a reference that isn't optional leads nowhere
 */
export function environmentOf(
  pod: PodTemplate,
  container: ContainerSpec,
  ip: string,
  find: FindConfig,
): Record<string, string> {
  const environment: Record<string, string> = {
    KUBERNETES_SERVICE_HOST: API_SERVER_IP,
    KUBERNETES_SERVICE_PORT: "443",
    KUBERNETES_SERVICE_PORT_HTTPS: "443",
  };
  for (const { prefix = "", configMapRef, secretRef } of container.envFrom ?? []) {
    const ref = configMapRef ?? secretRef;
    if (!ref) continue;
    const object = find(configMapRef ? "ConfigMap" : "Secret", ref.name);
    if (!object && !ref.optional) throw missing(configMapRef ? "configmap" : "secret", ref.name);
    for (const [key, value] of Object.entries(dataOf(object))) environment[prefix + key] = value;
  }
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom
      ? referredTo(variable.valueFrom, pod, ip, find)
      : expand(variable.value ?? "", environment);
    if (value !== undefined) environment[variable.name] = value;
  }
  // The container runtime sets it, not the kubelet: `$(HOSTNAME)` means nothing.
  return { HOSTNAME: pod.spec.hostname ?? pod.name, ...environment };
}

/** What a variable takes from elsewhere, as it is: nothing in it is expanded. */
function referredTo(
  { configMapKeyRef, secretKeyRef, fieldRef }: NonNullable<EnvVar["valueFrom"]>,
  pod: PodTemplate,
  ip: string,
  find: FindConfig,
): string | undefined {
  const ref = configMapKeyRef ?? secretKeyRef;
  if (ref) {
    const kind = configMapKeyRef ? "ConfigMap" : "Secret";
    const object = find(kind, ref.name);
    const found = dataOf(object)[ref.key];
    if (found === undefined && !ref.optional) {
      throw object
        ? new CannotStart(
            "CreateContainerConfigError",
            `couldn't find key ${ref.key} in ${kind} ${pod.namespace}/${ref.name}`,
          )
        : missing(kind.toLowerCase(), ref.name);
    }
    return found;
  }
  return fieldRef ? fieldOf(fieldRef.fieldPath, pod, ip) : undefined;
}

/** https://kubernetes.io/docs/concepts/workloads/pods/downward-api/#downwardapi-fieldRef */
export function fieldOf(path: string, pod: PodTemplate, ip: string): string {
  const [, map, key] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? [];
  if (map && key) return pod[map as "labels" | "annotations"][key] ?? "";
  const fields: Record<string, string> = {
    "metadata.name": pod.name,
    "metadata.namespace": pod.namespace,
    "metadata.uid": `${pod.namespace}-${pod.name}`,
    "spec.nodeName": "node",
    "spec.serviceAccountName": pod.spec.serviceAccountName ?? "default",
    "status.podIP": ip,
    "status.podIPs": ip,
    "status.hostIP": NODE_IP,
    "status.hostIPs": NODE_IP,
  };
  const value = fields[path];
  if (value === undefined) {
    throw new CannotStart(
      "CreateContainerConfigError",
      `fieldRef ${path} is not a field that pods have`,
    );
  }
  return value;
}

/** The texts in a ConfigMap or Secret. */
export function dataOf(object: KubernetesObject | undefined): Record<string, string> {
  if (!object) return {};
  if (object.kind === "ConfigMap") return object.data ?? {};
  const decoded = Object.entries((object.data ?? {}) as Record<string, string>).map(
    ([key, text]) => [key, Buffer.from(text, "base64").toString()],
  );
  return { ...Object.fromEntries(decoded), ...object.stringData };
}

function missing(kind: string, name: string): CannotStart {
  return new CannotStart("CreateContainerConfigError", `${kind} "${name}" not found`);
}

/** `$(NAME)` becomes the value, `$$` becomes `$`, an unknown name stays as it is. */
export function expand(text: string, environment: Record<string, string>): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (whole, name) => {
    if (name === undefined) return "$";
    return Object.hasOwn(environment, name) ? (environment[name] as string) : whole;
  });
}
