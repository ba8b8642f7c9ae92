import type { KubernetesObject } from "../../resources/declared.ts";
import type { AppProtocol, ViewService, ViewServicePort } from "../network/view.ts";
import type { PodStatus } from "../pods/status.ts";
import { matchesLabels } from "./selectors.ts";

interface ServicePort {
  name?: string;
  port: number;
  protocol?: "TCP" | "UDP" | "SCTP";
  targetPort?: number | string;
  appProtocol?: string;
}

/**
 * A Service with the pods behind it, as the endpoints controller and kube-proxy see them.
 * @param clusterIp its address where it declares none
 */
export function viewService(
  service: KubernetesObject,
  pods: PodStatus[],
  clusterIp: string,
): ViewService {
  const spec = service.spec ?? {};
  const backends = backendsOf(service, pods);
  const headless = spec.clusterIP === "None";
  const base = {
    namespace: service.metadata.namespace ?? "default",
    name: service.metadata.name,
    type: spec.type ?? "ClusterIP",
    publishNotReadyAddresses: spec.publishNotReadyAddresses === true,
  };
  // Published addresses count as ready, for kube-proxy too.
  const serving = backends.filter((pod) => pod.ready || base.publishNotReadyAddresses);
  if (spec.type === "ExternalName") {
    return { ...base, externalName: spec.externalName, ports: [], addresses: [] };
  }
  return {
    ...base,
    clusterIp: headless ? undefined : spec.clusterIP || clusterIp,
    ports: ((spec.ports ?? []) as ServicePort[]).map((port) => viewPort(port, serving)),
    addresses: backends.map((pod) => ({
      ip: pod.ips[0] as string,
      hostname: pod.subdomain === service.metadata.name ? pod.hostname : undefined,
      ready: pod.ready,
    })),
  };
}

/** The pods that a Service selects, ready or not; terminating ones have left it already. */
export function backendsOf(service: KubernetesObject, pods: PodStatus[]): PodStatus[] {
  const selector = service.spec?.selector as Record<string, string> | undefined;
  if (!selector || Object.keys(selector).length === 0) return [];
  return pods.filter(
    (pod) =>
      pod.namespace === service.metadata.namespace &&
      !pod.terminating &&
      matchesLabels(selector, pod.labels),
  );
}

function viewPort(port: ServicePort, serving: PodStatus[]): ViewServicePort {
  return {
    name: port.name,
    port: port.port,
    protocol: port.protocol ?? "TCP",
    appProtocol: appProtocol(port),
    endpoints: serving.flatMap((pod) => {
      const target = targetPort(port, pod);
      return target === undefined ? [] : [{ ip: pod.ips[0] as string, port: target }];
    }),
  };
}

/** The pod's port behind a Service port; undefined where the pod has no port of that name. */
export function targetPort(port: ServicePort, pod: PodStatus): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === "number") return target;
  const protocol = port.protocol ?? "TCP";
  return pod.ports.find((p) => p.name === target && p.protocol === protocol)?.containerPort;
}

/** Ports whose servers speak first: without a declared protocol Istio takes them for TCP. */
const SERVER_FIRST = [25, 53, 3306, 27017];

/**
 * What Istio takes a port for: `appProtocol`, else the name's prefix, else it looks at the bytes
 * (https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/).
 */
export function appProtocol(port: ServicePort): AppProtocol {
  const declared = (port.appProtocol ?? port.name ?? "").toLowerCase();
  if (["kubernetes.io/h2c", "kubernetes.io/ws"].includes(declared)) return "http";
  if (declared === "kubernetes.io/wss") return "tcp";
  const [prefix = ""] = declared.split("-");
  if (["http", "http2", "grpc"].includes(prefix)) return "http";
  if (["tcp", "tls", "https", "mongo", "mysql", "redis", "udp"].includes(prefix)) return "tcp";
  return SERVER_FIRST.includes(port.port) ? "tcp" : "auto";
}

/** What the mesh takes each port of a pod for, from the Services in front of it. */
export function podProtocols(
  pod: PodStatus,
  services: KubernetesObject[],
): Record<string, AppProtocol> {
  const protocols: Record<string, AppProtocol> = {};
  for (const service of services) {
    if (backendsOf(service, [pod]).length === 0) continue;
    for (const port of (service.spec?.ports ?? []) as ServicePort[]) {
      const target = targetPort(port, pod);
      if (target !== undefined) protocols[target] = appProtocol(port);
    }
  }
  return protocols;
}
