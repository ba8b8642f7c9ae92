/** What the mesh makes of a way that the network leaves open, for all ports at once. */
import type { Connectivity } from "../connectivity/index.ts";
import type { MeshSource, Pod, Reason } from "../connectivity/model.ts";
import { difference, noPorts, type PortSet, portSet, union } from "../connectivity/port-set.ts";
import type { AppProtocol } from "../resources/service-ports.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { protocolsOf } from "./cluster/services.ts";
import type { Workload } from "./cluster/workloads.ts";
import { meshPorts } from "./mesh-values.ts";

export interface MeshVerdict {
  /** Ports whose requests are let in as long as some rule admits them. */
  http: PortSet;
  /** Ports that AuthorizationPolicies close. */
  denied: PortSet;
  /** Ports that reset a client which speaks plaintext. */
  reset: PortSet;
  /** What becomes of a port. */
  state(port: number): PortState;
  /** Why, for a port in one of the sets or in none. */
  because(port: number): Reason[];
  /** What requests are let in, in words, for a port of `http`. */
  requests(port: number): string[];
}

export type PortState = "open" | "http" | "denied" | "reset";

interface Client {
  ip: string;
  pod?: Pod;
}

interface PortVerdict {
  state: PortState;
  because: Reason[];
  requests: string[];
}

/**
 * What the sidecar of a workload does with the connections of somebody. Undefined where no sidecar stands
 * before it. The mesh sees TCP alone; UDP and SCTP pass by it.
 * @param source a pod, or an address outside
 */
export function meshVerdict(
  cluster: Cluster,
  connectivity: Connectivity,
  source: Pod | { ip: string },
  workload: Workload,
): MeshVerdict | undefined {
  const { pod: server } = workload;
  const { mesh, podNetworks } = cluster.platform.settings;
  if (!mesh || !server.meshed) return undefined;
  const protocols = protocolsOf(workload, cluster.services);
  const ports = [
    ...new Set([
      ...meshPorts(cluster.policies),
      ...protocols.keys(),
      ...server.ports.map(({ containerPort }) => containerPort),
    ]),
  ];
  const client: Client =
    "ip" in source
      ? source
      : { pod: source, ip: source.ips[0] ?? ((podNetworks[0] ?? "").split("/")[0] as string) };
  const verdictAt = (port: number) =>
    portVerdict(connectivity, client, server, port, protocols.get(port), mesh.trustDomain);
  const verdicts = new Map(ports.map((port) => [port, verdictAt(port)]));
  // Any port that nothing names stands for all of those.
  let other = 1;
  while (verdicts.has(other)) other++;
  const rest = verdictAt(other);
  const single = (port: number) => portSet([{ protocol: "TCP", first: port, last: port }]);
  const namedSet = ports.reduce<PortSet>((set, port) => union(set, single(port)), noPorts);
  const unnamed = difference(portSet([{ protocol: "TCP", first: 1, last: 65535 }]), namedSet);
  const of = (state: PortState) =>
    ports
      .filter((port) => verdicts.get(port)?.state === state)
      .reduce((set, port) => union(set, single(port)), rest.state === state ? unnamed : noPorts);
  return {
    http: of("http"),
    denied: of("denied"),
    reset: of("reset"),
    state: (port) => (verdicts.get(port) ?? rest).state,
    because: (port) => (verdicts.get(port) ?? rest).because,
    requests: (port) => (verdicts.get(port) ?? rest).requests,
  };
}

function portVerdict(
  connectivity: Connectivity,
  { ip, pod }: Client,
  server: Pod,
  port: number,
  protocol: AppProtocol | undefined,
  trustDomain: string,
): PortVerdict {
  const inbound = connectivity.inbound(server, port) as NonNullable<
    ReturnType<Connectivity["inbound"]>
  >;
  const { mode, because } = inbound.mtls;
  // The client's sidecar secures what it knows from a Service; what it doesn't know it passes on as it is.
  const known = protocol !== undefined;
  const secured = pod?.meshed === true && known && mode !== "DISABLE";
  if (mode === "STRICT" && !secured) {
    const text = `${plaintextOf(pod, port)}, which strict mTLS resets`;
    const reset = { text };
    return { state: "reset", because: [...because, reset], requests: [] };
  }
  const principal = secured
    ? `${trustDomain}/ns/${pod.namespace}/sa/${pod.serviceAccount}`
    : undefined;
  const from: MeshSource = { ip, principal };
  const to = { ip: server.ips[0] ?? "", port };
  const tcp = inbound.authorize(from, to);
  if (protocol === "tcp" || !inbound.needsHttp) {
    return { state: tcp.allowed ? "open" : "denied", because: tcp.because, requests: [] };
  }
  const requests = inbound.requests(from, to);
  const { extent } = requests;
  if (extent === "all") return { state: "open", because: requests.because, requests: [] };
  // What isn't declared is found out from the bytes: a client may speak HTTP or not.
  if (extent === "none" && (protocol === "http" || !tcp.allowed)) {
    return { state: "denied", because: requests.because, requests: [] };
  }
  return { state: "http", because: requests.because, requests: requests.which };
}

function plaintextOf(pod: Pod | undefined, port: number): string {
  if (!pod) return "a client outside has no sidecar, so it speaks plaintext";
  const who = `${pod.namespace}/${pod.name}`;
  return pod.meshed
    ? `no Service leads to port ${port}, so the sidecar of ${who} passes plaintext on`
    : `${who} has no sidecar, so it speaks plaintext`;
}
