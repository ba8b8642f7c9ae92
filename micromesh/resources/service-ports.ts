/** How a Service's ports lead to its pods' ports, and what the mesh takes them for. */

export interface ServicePort {
  name?: string;
  port: number;
  protocol?: "TCP" | "UDP" | "SCTP";
  targetPort?: number | string;
  appProtocol?: string;
}

/** A port that a container declares. */
export interface PodPort {
  name?: string;
  containerPort: number;
  protocol: "TCP" | "UDP" | "SCTP";
}

/** `auto`: undeclared, so the proxy looks at the first bytes. */
export type AppProtocol = "http" | "tcp" | "auto";

/** The pod's port behind a Service port; undefined where the pod has no port of that name. */
export function targetPort(
  port: ServicePort,
  pod: { ports: readonly PodPort[] },
): number | undefined {
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
