import ipaddr from "ipaddr.js";
import type { Connectivity } from "../../connectivity/index.ts";
import type { Peer, Reason } from "../../connectivity/model.ts";
import type { AppProtocol } from "../../resources/service-ports.ts";
import type { View, ViewPod, ViewService } from "./view.ts";

/** Where a connection goes, and what the network does with it. Addresses are the cluster's own. */
export type Route =
  /** To a pod's port. `alternatives` are the Service's other endpoints, in random order. */
  | { kind: "pod"; target: Target; alternatives: Target[]; protocol: AppProtocol }
  /** Dropped: nobody answers. */
  | { kind: "dropped"; target?: Target; because: Reason[] }
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
  pod: ViewPod;
  ip: string;
  port: number;
  /**
   * A Service has led here. Sidecars know pods by their Services alone: to a bare address, which is none of
   * a headless Service, they speak plaintext.
   */
  byService: boolean;
  /** A Cilium rule that also judges each HTTP request. */
  http?: ReturnType<Connectivity["connection"]>["http"];
}

/**
 * Routes a TCP connection to an address as kube-proxy would (a random ready endpoint of a Service,
 * refused where there is none) and applies the network policies to the pod that was chosen.
 *
 * @param random in [0, 1), called once per choice
 */
export function route(
  view: View,
  connectivity: Connectivity,
  from: Peer,
  address: Address,
  random: () => number,
): Route {
  const { ip, port, names } = address;
  const service = view.services.find((s) => s.clusterIp === ip);
  if (service) {
    const servicePort = service.ports.find((p) => p.port === port && p.protocol === "TCP");
    if (!servicePort) {
      const text = `Service ${service.namespace}/${service.name} has no port ${port}; kube-proxy forwards nothing, so no answer comes`;
      return { kind: "dropped", because: [{ text }] };
    }
    const targets = shuffle(servicePort.endpoints, random).flatMap((e) =>
      targetOf(view, e.ip, e.port, true),
    );
    if (targets.length === 0) {
      const text = `Service ${service.namespace}/${service.name} has no ready endpoint`;
      return { kind: "refused", service, protocol: servicePort.appProtocol, because: [{ text }] };
    }
    return admit(connectivity, from, targets, servicePort.appProtocol);
  }
  const [target] = targetOf(view, ip, port, behindHeadless(view, ip, port));
  if (target) {
    return admit(connectivity, from, [target], target.pod.protocols[port] ?? "auto");
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
function admit(
  connectivity: Connectivity,
  from: Peer,
  [target, ...alternatives]: Target[],
  protocol: AppProtocol,
): Route {
  const chosen = target as Target;
  const decide = (t: Target) =>
    connectivity.connection(from, { kind: "pod", pod: t.pod }, t.port, "TCP");
  const decision = decide(chosen);
  if (!decision.allowed) return { kind: "dropped", target: chosen, because: decision.because };
  return {
    kind: "pod",
    target: { ...chosen, http: decision.http },
    alternatives: alternatives.flatMap((t) => {
      const other = decide(t);
      return other.allowed ? [{ ...t, http: other.http }] : [];
    }),
    protocol,
  };
}

function targetOf(view: View, ip: string, port: number, byService: boolean): Target[] {
  const pod = view.pods.find((p) => p.ips.includes(ip));
  return pod ? [{ pod, ip, port, byService }] : [];
}

function behindHeadless(view: View, ip: string, port: number): boolean {
  return view.services
    .filter(({ clusterIp }) => clusterIp === undefined)
    .some(({ ports }) =>
      ports.some(({ endpoints }) => endpoints.some((e) => e.ip === ip && e.port === port)),
    );
}

function shuffle<T>(items: T[], random: () => number): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}

/** False as well where one is IPv4 and the other IPv6. */
export function inCidr(ip: string, cidr: string): boolean {
  const address = ipaddr.parse(ip);
  const [network, bits] = ipaddr.parseCIDR(cidr);
  return address.kind() === network.kind() && address.match([network, bits] as never);
}
