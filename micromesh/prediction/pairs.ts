/** The verdict between any two ends, on all ports. */
import type { Peer, Protocol, Reason } from "../connectivity/model.ts";
import {
  difference,
  everyPort,
  intersection,
  noPorts,
  type PortSet,
  portRanges,
  union,
} from "../connectivity/port-set.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { protocolsOf } from "./cluster/services.ts";
import { type End, type Ends, peerOf } from "./ends.ts";
import { meshPorts } from "./mesh-values.ts";
import { type MeshVerdict, meshVerdict } from "./mesh-verdict.ts";

/** Disjoint sets of ports, which are all ports together. */
export interface PairVerdict {
  open: PortSet;
  /** Open to the requests that some rule admits. */
  http: PortSet;
  /** Closed by a policy, of the network or of the mesh. */
  denied: PortSet;
  /** Open on the network, and then reset by strict mTLS. */
  reset: PortSet;
  mesh?: MeshVerdict;
}

export interface Pairs {
  /** Undefined where nobody asks: from outside to outside, or a pod to itself. */
  verdict(from: number, to: number): PairVerdict | undefined;
  /** Why a port has its verdict: the network's reasons, then the mesh's. */
  because(from: number, to: number, port: number, protocol: Protocol): Reason[];
  /** Requests that are admitted on a port of `http`, in words. */
  requests(from: number, to: number, port: number, protocol: Protocol): string[];
}

export function pairsOf(cluster: Cluster, { connectivity, reach, list }: Ends): Pairs {
  const { mesh: meshSettings, podNetworks } = cluster.platform.settings;
  const ruled = meshPorts(cluster.policies);
  const anyPodAddress = (podNetworks[0] ?? "").split("/")[0] as string;
  const known = new Map<number, PairVerdict>();

  const meshOf = (from: End, to: End): MeshVerdict | undefined => {
    if (!meshSettings || to.kind !== "workload" || !to.pod.meshed) return undefined;
    const protocols = protocolsOf(to.workload, cluster.services);
    const named = [
      ...ruled,
      ...protocols.keys(),
      ...to.pod.ports.map((port) => port.containerPort),
    ];
    const source =
      from.kind === "external"
        ? { ip: (peerOf(from) as { ip: string }).ip }
        : { ip: from.pod.ips[0] ?? anyPodAddress, pod: from.pod };
    const { trustDomain } = meshSettings;
    return meshVerdict(connectivity, source, to.pod, protocols, named, trustDomain);
  };

  const compute = (from: number, to: number, classes: [number, number]): PairVerdict => {
    const access = reach.accesses.get(reach.access(...classes));
    const permitted = union(access.open, access.http);
    const closed = difference(everyPort, permitted);
    const mesh = meshOf(list[from] as End, list[to] as End);
    if (!mesh) return { open: access.open, http: access.http, denied: closed, reset: noPorts };
    const stopped = union(mesh.denied, mesh.reset);
    const open = difference(difference(access.open, stopped), mesh.http);
    return {
      open,
      http: difference(difference(permitted, stopped), open),
      denied: union(closed, intersection(permitted, mesh.denied)),
      reset: intersection(permitted, mesh.reset),
      mesh,
    };
  };

  const decide = (from: number, to: number, port: number, protocol: Protocol) => {
    const [source, destination] = [list[from] as End, list[to] as End];
    return connectivity.connection(peerOf(source), peerOf(destination) as Peer, port, protocol);
  };

  return {
    verdict: (from, to) => {
      if (from === to) return undefined;
      if (list[from]?.kind === "external" && list[to]?.kind === "external") return undefined;
      const classes: [number, number] = [
        reach.classes.of[from] as number,
        reach.classes.of[to] as number,
      ];
      const key = classes[0] * reach.classes.members.length + classes[1];
      let verdict = known.get(key);
      if (!verdict) {
        verdict = compute(from, to, classes);
        known.set(key, verdict);
      }
      return verdict;
    },
    because: (from, to, port, protocol) => {
      const decision = decide(from, to, port, protocol);
      if (!decision.allowed || protocol !== "TCP") return decision.because;
      const mesh = meshOf(list[from] as End, list[to] as End);
      return [...decision.because, ...(mesh?.because(port) ?? [])];
    },
    requests: (from, to, port, protocol) => [
      ...(decide(from, to, port, protocol).requests ?? []),
      ...(meshOf(list[from] as End, list[to] as End)?.requests(port) ?? []),
    ],
  };
}

/** A port of the set, with its protocol: TCP first, since that is what people ask about. */
export function somePort(set: PortSet): { port: number; protocol: Protocol } {
  const ranges = portRanges(set);
  const range = ranges.find(({ protocol }) => protocol === "TCP") ?? ranges[0];
  return { port: range?.first ?? 1, protocol: range?.protocol ?? "TCP" };
}
