import ipaddr from "ipaddr.js";
import type { Connectivity } from "../../connectivity/index.ts";
import type { Decision, Peer, Reason } from "../../connectivity/model.ts";
import type { AppProtocol } from "../../resources/service-ports.ts";
import type { View, ViewPod, ViewService } from "./view.ts";

/** Where a connection goes, and what the network does with it. Addresses are the cluster's own. */
export type Route =
  /** To one of a Service's ready endpoints, or to the pod that has the address. */
  | { kind: "pods"; targets: [Target, ...Target[]]; protocol: AppProtocol }
  /** Dropped: nobody answers. */
  | { kind: "dropped"; because: Reason[] }
  /** Answered by a reset to the SYN: a Service without ready endpoints. */
  | { kind: "refused"; service?: ViewService; protocol: AppProtocol; because: Reason[] }
  /** Leaves the cluster. */
  | { kind: "external"; ip: string };

export interface Address {
  ip: string;
  port: number;
  /** The names that the pod looked up for it. */
  names?: string[];
}

export interface Target {
  /** Address and port. */
  id: string;
  pod: ViewPod;
  ip: string;
  port: number;
  /**
   * A Service has led here. Sidecars know pods by their Services alone: to a bare address, which is none of
   * a headless Service, they speak plaintext.
   */
  byService: boolean;
}

/**
 * Routes a TCP connection to an address: to any ready endpoint of a Service, refused where there is none.
 * Who chooses among them is kube-proxy or the caller's sidecar; then {@link enter} tells whether it gets there.
 */
export function route(view: View, connectivity: Connectivity, from: Peer, address: Address): Route {
  const { ip, port, names } = address;
  const service = view.services.find((s) => s.clusterIp === ip);
  if (service) {
    const servicePort = service.ports.find((p) => p.port === port && p.protocol === "TCP");
    if (!servicePort) {
      const text = `Service ${service.namespace}/${service.name} has no port ${port}; kube-proxy forwards nothing, so no answer comes`;
      return { kind: "dropped", because: [{ text }] };
    }
    const protocol = servicePort.appProtocol;
    const [first, ...others] = servicePort.endpoints.flatMap((e) =>
      targetOf(view, e.ip, e.port, true),
    );
    if (!first) {
      const text = `Service ${service.namespace}/${service.name} has no ready endpoint`;
      return { kind: "refused", service, protocol, because: [{ text }] };
    }
    return { kind: "pods", targets: [first, ...others], protocol };
  }
  const [target] = targetOf(view, ip, port, behindHeadless(view, ip, port));
  if (target) {
    return { kind: "pods", targets: [target], protocol: target.pod.protocols[port] ?? "auto" };
  }
  if (inCidr(ip, view.podCidr) || inCidr(ip, view.serviceCidr)) {
    return { kind: "dropped", because: [{ text: `no pod or Service has the address ${ip}` }] };
  }
  if (ip === view.nodeIp) {
    const text = "nothing listens on the node";
    return { kind: "refused", protocol: "auto", because: [{ text }] };
  }
  const decision = connectivity.connection(from, { kind: "external", ip, names }, port, "TCP");
  return decision.allowed
    ? { kind: "external", ip }
    : { kind: "dropped", because: decision.because };
}

/** Policies judge the endpoint that was chosen, after the Service's translation. */
export function enter(connectivity: Connectivity, from: Peer, { pod, port }: Target): Decision {
  return connectivity.connection(from, { kind: "pod", pod }, port, "TCP");
}

function targetOf(view: View, ip: string, port: number, byService: boolean): Target[] {
  const pod = view.pods.find((p) => p.ips.includes(ip));
  return pod ? [{ id: `${ip}:${port}`, pod, ip, port, byService }] : [];
}

function behindHeadless(view: View, ip: string, port: number): boolean {
  return view.services
    .filter(({ clusterIp }) => clusterIp === undefined)
    .some(({ ports }) =>
      ports.some(({ endpoints }) => endpoints.some((e) => e.ip === ip && e.port === port)),
    );
}

/** False as well where one is IPv4 and the other IPv6. */
export function inCidr(ip: string, cidr: string): boolean {
  const address = ipaddr.parse(ip);
  const [network, bits] = ipaddr.parseCIDR(cidr);
  return address.kind() === network.kind() && address.match([network, bits] as never);
}
