/** The verdict between any two ends, on all ports. */
import type { AccessId } from "../connectivity/access.ts";
import type { Peer, Protocol, Reason } from "../connectivity/model.ts";
import type { Party } from "../connectivity/party.ts";
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
import { type End, type Ends, firstAddress, peerOf } from "./ends.ts";
import { meshSourceKey } from "./mesh-key.ts";
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
}

export interface Pairs {
  /** Undefined where nobody asks: from outside to outside, or a pod to itself. */
  verdict(from: number, to: number): PairVerdict | undefined;
  /** The same for two members of classes, be they the same or not. */
  between(from: number, to: number): PairVerdict;
  /** Why a port has its verdict: the network's reasons, then the mesh's; if the mesh stops it, those alone. */
  because(from: number, to: number, port: number, protocol: Protocol): Reason[];
  /** Requests that are admitted on a port of `http`, in words. */
  requests(from: number, to: number, port: number, protocol: Protocol): string[];
}

/** What doesn't depend on the source's name, as reasons do. */
type MeshPorts = Pick<MeshVerdict, "http" | "denied" | "reset">;

export function pairsOf(cluster: Cluster, { connectivity, reach, list }: Ends): Pairs {
  const meshed = cluster.platform.settings.mesh !== undefined;
  /** Where no mesh has a say, what the network opens is the verdict. */
  const byAccess: PairVerdict[] = [];
  const byClasses = new Map<number, PairVerdict>();
  const sourceKey = meshSourceKey(cluster);
  /** The mesh's ports by server and source: it tells far fewer sources apart than the network does. */
  const byServer = new Map<number, Map<string, MeshPorts>>();

  const meshOf = (from: End, to: End): MeshVerdict | undefined => {
    if (to.kind !== "workload") return undefined;
    const source = from.kind === "external" ? { ip: firstAddress(from) } : from.pod;
    return meshVerdict(cluster, connectivity, source, to.workload);
  };

  const meshPortsOf = (from: number, to: number): MeshPorts | undefined => {
    const server = reach.classes.of[to] as number;
    const bySource = byServer.get(server) ?? new Map<string, MeshPorts>();
    byServer.set(server, bySource);
    const source = sourceKey(reach.parties[from] as Party);
    const known = bySource.get(source);
    if (known) return known;
    const mesh = meshOf(list[from] as End, list[to] as End);
    if (!mesh) return undefined;
    const { http, denied, reset } = mesh;
    const ports = { http, denied, reset };
    bySource.set(source, ports);
    return ports;
  };

  const networkVerdict = (id: AccessId): PairVerdict => {
    let verdict = byAccess[id];
    if (!verdict) {
      const { open, http } = reach.accesses.get(id);
      verdict = { open, http, denied: difference(everyPort, union(open, http)), reset: noPorts };
      byAccess[id] = verdict;
    }
    return verdict;
  };

  const verdictBehind = (mesh: MeshPorts, network: PairVerdict): PairVerdict => {
    const permitted = union(network.open, network.http);
    const stopped = union(mesh.denied, mesh.reset);
    const open = difference(difference(network.open, stopped), mesh.http);
    return {
      open,
      http: difference(difference(permitted, stopped), open),
      denied: union(network.denied, intersection(permitted, mesh.denied)),
      reset: intersection(permitted, mesh.reset),
    };
  };

  const verdictOf = (from: number, to: number): PairVerdict => {
    const destination = list[to] as End;
    const fromClass = reach.classes.of[from] as number;
    const toClass = reach.classes.of[to] as number;
    const network = networkVerdict(reach.access(fromClass, toClass));
    if (!meshed || destination.kind !== "workload" || !destination.pod.meshed) return network;
    const key = fromClass * reach.classes.members.length + toClass;
    let verdict = byClasses.get(key);
    if (!verdict) {
      const mesh = meshPortsOf(from, to);
      verdict = mesh ? verdictBehind(mesh, network) : network;
      byClasses.set(key, verdict);
    }
    return verdict;
  };

  const decide = (from: number, to: number, port: number, protocol: Protocol) => {
    const [source, destination] = [list[from] as End, list[to] as End];
    return connectivity.connection(peerOf(source), peerOf(destination) as Peer, port, protocol);
  };

  return {
    verdict: (from, to) => {
      if (from === to) return undefined;
      if (list[from]?.kind === "external" && list[to]?.kind === "external") return undefined;
      return verdictOf(from, to);
    },
    between: verdictOf,
    because: (from, to, port, protocol) => {
      const decision = decide(from, to, port, protocol);
      if (!decision.allowed || protocol !== "TCP") return decision.because;
      const mesh = meshOf(list[from] as End, list[to] as End);
      if (!mesh) return decision.because;
      // Where the mesh stops it, what the network lets through explains nothing.
      const stopped = mesh.state(port) === "denied" || mesh.state(port) === "reset";
      return stopped ? mesh.because(port) : [...decision.because, ...mesh.because(port)];
    },
    requests: (from, to, port, protocol) => [
      ...(decide(from, to, port, protocol).requests ?? []),
      ...(meshOf(list[from] as End, list[to] as End)?.requests(port) ?? []),
    ],
  };
}

/**
 * A port of the set, with its protocol, to give reasons for: one that somebody listens on, if it's in the set;
 * else TCP goes first, since that is what people ask about.
 */
export function somePort(set: PortSet, end?: End): { port: number; protocol: Protocol } {
  const ranges = portRanges(set);
  const listened = (end && end.kind !== "external" ? end.pod.ports : []).find((declared) =>
    ranges.some(
      ({ protocol, first, last }) =>
        protocol === declared.protocol &&
        first <= declared.containerPort &&
        declared.containerPort <= last,
    ),
  );
  if (listened) return { port: listened.containerPort, protocol: listened.protocol };
  const range = ranges.find(({ protocol }) => protocol === "TCP") ?? ranges[0];
  return { port: range?.first ?? 1, protocol: range?.protocol ?? "TCP" };
}
