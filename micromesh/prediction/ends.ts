/** Who may be at the ends of flows, and what the network opens between them. */
import { addressText, parseBlockOrAddress } from "../connectivity/address.ts";
import type { Connectivity } from "../connectivity/index.ts";
import type { Peer, Pod } from "../connectivity/model.ts";
import type { OutsideParty } from "../connectivity/outside.ts";
import { portSet, portText } from "../connectivity/port-set.ts";
import type { Reach } from "../connectivity/reach.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { connectivityOf } from "./cluster/connectivity.ts";
import { protocolsOf } from "./cluster/services.ts";
import type { Workload } from "./cluster/workloads.ts";
import { authorizationBlocks } from "./mesh-values.ts";
import type { WayIn } from "./needs/ways-in.ts";
import type { Party } from "./prediction.ts";

export type End =
  | { kind: "workload"; workload: Workload; pod: Pod; party: Party }
  /** What takes requests from outside, where its pods aren't declared: a pod without labels anywhere. */
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
  const blocks = authorizationBlocks(policies);
  const outside = { families: families(cluster), blocks };
  const reach = connectivity.reach(pods, outside, meshKey(cluster, blocks.length > 0));
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
      hostNetwork: false,
      meshed: false,
    };
    return { kind: "controller", pod, party: { id, kind: "controller", name, listens: "" } };
  });
}

/** IPv6 is asked about where the cluster speaks it: a policy, a Service or a pod names it. */
function families({ policies, objects, workloads }: Cluster): (4 | 6)[] {
  const six =
    policies.some((policy) => namesIpv6(JSON.stringify(policy))) ||
    objects.some(({ kind, spec }) => kind === "Service" && spec?.ipFamilies?.includes?.("IPv6")) ||
    workloads.some(({ pod }) => pod.ips.some((ip) => ip.includes(":")));
  return six ? [4, 6] : [4];
}

function namesIpv6(json: string): boolean {
  // An IPv6 address has two colons at least, so no key of the object is taken for one.
  const texts = json.matchAll(/"([\da-f]*:[\da-f]*:[\da-f:.]*(?:\/\d+)?)"/gi);
  return [...texts].some(([, text = ""]) => parseBlockOrAddress(text)?.family === 6);
}

/**
 * What the mesh tells parties apart by, besides what policies of the network do.
 * @param byAddress its policies speak of addresses
 */
function meshKey(
  cluster: Cluster,
  byAddress: boolean,
): ((party: Reach["parties"][number]) => string) | undefined {
  if (!cluster.platform.settings.mesh) return undefined;
  const protocols = new Map(
    cluster.workloads.map((workload) => [
      workload.pod,
      JSON.stringify([...protocolsOf(workload, cluster.services)].sort()),
    ]),
  );
  return (party) => {
    if (party.kind !== "pod") return byAddress ? party.name : "";
    const { pod } = party;
    const addresses = byAddress ? pod.ips : [];
    const source = [pod.meshed, pod.namespace, pod.serviceAccount, ...addresses].join(" ");
    if (!pod.meshed) return source;
    const ports = pod.ports.map(({ containerPort, protocol }) => `${protocol} ${containerPort}`);
    return [
      source,
      JSON.stringify(Object.entries(pod.labels).sort()),
      ...ports,
      protocols.get(pod),
    ].join();
  };
}
