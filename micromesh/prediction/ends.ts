/** Who may be at the ends of flows, and what the network opens between them. */
import { addressText, parseBlockOrAddress } from "../connectivity/address.ts";
import type { Connectivity } from "../connectivity/index.ts";
import type { Peer, Pod } from "../connectivity/model.ts";
import type { OutsideParty } from "../connectivity/outside.ts";
import { portSet, portText } from "../connectivity/port-set.ts";
import type { Reach } from "../connectivity/reach.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { connectivityOf } from "./cluster/connectivity.ts";
import type { Workload } from "./cluster/workloads.ts";
import { meshKey } from "./mesh-key.ts";
import { authorizationBlocks } from "./mesh-values.ts";
import { NODE } from "./needs/services-own.ts";
import type { WayIn } from "./needs/ways-in.ts";
import type { Party } from "./prediction.ts";

export type End =
  | { kind: "workload"; workload: Workload; pod: Pod; party: Party }
  /** What takes requests from outside, where its pods aren't declared: a pod without labels anywhere, or the node. */
  | { kind: "controller"; pod: Pod; party: Party }
  | { kind: "external"; outside: OutsideParty };

export interface Ends {
  connectivity: Connectivity;
  reach: Reach;
  /** In the order of the reach's parties. */
  list: End[];
  /** The place of a workload or controller in the list, by its id. */
  placeOf(id: string): number;
}

export function endsOf(cluster: Cluster, ways: WayIn[]): Ends {
  const { policies, workloads } = cluster;
  const connectivity = connectivityOf(cluster);
  const inside: End[] = [
    ...workloads.map((workload): End => {
      const { id, namespace, name, pod } = workload;
      const listens = listening(pod);
      return {
        kind: "workload",
        workload,
        pod,
        party: { id, kind: "workload", namespace, name, listens },
      };
    }),
    ...controllers(ways),
  ];
  const pods = inside.flatMap((end) => (end.kind === "external" ? [] : [end.pod]));
  const blocks = [
    ...authorizationBlocks(policies),
    ...ways.flatMap(({ by }) => (by.kind === "clients" ? by.ranges : [])),
  ];
  const outside = { families: families(cluster), blocks };
  const reach = connectivity.reach(pods, outside, meshKey(cluster));
  const list = [
    ...inside,
    ...reach.parties
      .slice(inside.length)
      .map((party): End => ({ kind: "external", outside: party as OutsideParty })),
  ];
  const places = new Map(inside.map((end, i) => [end.kind === "external" ? "" : end.party.id, i]));
  return { connectivity, reach, list, placeOf: (id) => places.get(id) as number };
}

export function peerOf(end: End): Peer {
  if (end.kind !== "external") return { kind: "pod", pod: end.pod };
  return { kind: "external", ip: firstAddress(end) };
}

/** The address that stands for a part of the outside. */
export function firstAddress({ outside }: Extract<End, { kind: "external" }>): string {
  return addressText(outside.range.family, outside.range.first);
}

function listening({ ports }: Pod): string {
  if (ports.length === 0) return "";
  return portText(
    portSet(
      ports.map(({ protocol, containerPort }) => ({
        protocol,
        first: containerPort,
        last: containerPort,
      })),
    ),
  );
}

function controllers(ways: WayIn[]): End[] {
  const ids = new Set(ways.flatMap(({ by }) => (by.kind === "controller" ? [by.id] : [])));
  return [...ids].sort().map((id) => {
    const name = id.slice(1, -1);
    // Its namespace isn't known, and none that is declared may be taken for it.
    const pod: Pod = {
      namespace: "{undeclared}",
      name,
      labels: {},
      serviceAccount: "default",
      ips: [],
      ports: [],
      hostNetwork: id === NODE,
      meshed: false,
    };
    return { kind: "controller", pod, party: { id, kind: "controller", name, listens: "" } };
  });
}

/** IPv6 is asked about where the cluster speaks it: a policy, a Service or a pod names it. */
function families({ policies, objects, workloads }: Cluster): (4 | 6)[] {
  const six =
    policies.some(namesIpv6) ||
    objects.some(({ kind, spec }) => kind === "Service" && spec?.ipFamilies?.includes?.("IPv6")) ||
    workloads.some(({ pod }) => pod.ips.some((ip) => ip.includes(":")));
  return six ? [4, 6] : [4];
}

/** Whether a text anywhere in it is an address or a block of IPv6. */
function namesIpv6(value: unknown): boolean {
  if (typeof value === "string") {
    return value.includes(":") && parseBlockOrAddress(value)?.family === 6;
  }
  return typeof value === "object" && value !== null && Object.values(value).some(namesIpv6);
}
