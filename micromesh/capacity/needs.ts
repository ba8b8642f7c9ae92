/** What a declared stack needs of its machines, in all and by who declares it. */
import type { Declaration } from "../resources/declared.ts";
import { type Amounts, NOTHING, plus, times } from "./amounts.ts";
import { AGENT, OPERATING_SYSTEM, PACKAGED, serverOf } from "./k3s.ts";
import type { PodGroup } from "./pod-group.ts";
import { releasePods } from "./releases.ts";
import { workloadPods } from "./workloads.ts";

/** The nodes that everything runs on. */
export interface Nodes {
  /** At least 1. */
  nodes: number;
  /** Of them, those with a control plane. Default 1. */
  servers?: number;
  /** The nodes are K3s' own, so that it and the operating system need room beside the pods. */
  k3s: boolean;
}

export interface Row extends Amounts {
  what: string;
  /** Undefined: it is no pod. */
  pods?: number;
}

export interface Needs {
  nodes: number;
  /** The machines' own first, then the platform, sidecars, and what is deployed on it. */
  rows: Row[];
  total: Amounts;
  /** What every node has on it: of those with a control plane, and of the others, where there are any. */
  everyNode: { server: Amounts; agent?: Amounts };
  /** The largest of the pods that run on one node or another. */
  largestPod?: { title: string } & Amounts;
  /** What couldn't be counted as it is; a sentence each. */
  notes: string[];
}

/** Sums up the requests of every pod that a declaration makes, and what the nodes themselves need. */
export function needsOf(declaration: Declaration, on: Nodes): Needs {
  const { nodes, servers = 1, k3s } = on;
  const releases = releasePods(declaration);
  const workloads = workloadPods(declaration);
  const groups = [...(k3s ? PACKAGED : []), ...releases.groups, ...workloads];
  const agents = nodes - servers;
  const own: Row[] = k3s
    ? [
        { what: "operating system", ...times(OPERATING_SYSTEM, nodes) },
        {
          what: nodes > 1 ? `K3s (${roles(servers, agents)})` : "K3s",
          ...plus(times(serverOf(servers), servers), times(AGENT, agents)),
        },
      ]
    : [];
  const rows = [
    ...own,
    ...rowsOf(k3s ? [...PACKAGED] : [], nodes),
    ...rowsOf(releases.groups, nodes),
    ...sidecarRow(workloads, nodes),
    ...rowsOf(workloads, nodes),
  ];
  const onEach = plus(
    ...groups.filter(({ count }) => count === "each node").map((group) => onePod(group)),
  );
  const machine = (role: Amounts) => (k3s ? plus(OPERATING_SYSTEM, role, onEach) : onEach);
  return {
    nodes,
    rows,
    total: plus(...rows),
    everyNode: {
      server: machine(serverOf(servers)),
      ...(agents > 0 && { agent: machine(AGENT) }),
    },
    largestPod: largest(groups),
    notes: releases.unknown.map(
      (chart) =>
        `What the chart ${chart} makes isn't known here; it's counted as one pod that requests nothing.`,
    ),
  };
}

function roles(servers: number, agents: number): string {
  const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;
  return [counted(servers, "server"), ...(agents > 0 ? [counted(agents, "agent")] : [])].join(", ");
}

/** In the order of the owners' names: declarations come in no order that could be told again. */
function rowsOf(groups: PodGroup[], nodes: number): Row[] {
  const owners = new Set(groups.map(({ owner }) => owner));
  return [...owners].sort().map((what) => {
    const own = groups.filter(({ owner }) => owner === what);
    return {
      what,
      pods: own.reduce((sum, group) => sum + podsOf(group, nodes), 0),
      ...plus(...own.map((group) => times(group.request, podsOf(group, nodes)))),
    };
  });
}

function sidecarRow(groups: PodGroup[], nodes: number): Row[] {
  const meshed = groups.filter(({ sidecar }) => sidecar !== undefined);
  const count = meshed.reduce((sum, group) => sum + podsOf(group, nodes), 0);
  if (count === 0) return [];
  const all = meshed.map((group) => times(group.sidecar ?? NOTHING, podsOf(group, nodes)));
  return [{ what: `sidecars of ${count} pod${count === 1 ? "" : "s"}`, ...plus(...all) }];
}

function podsOf({ count }: PodGroup, nodes: number): number {
  return count === "each node" ? nodes : count;
}

function onePod({ request, sidecar = NOTHING }: PodGroup): Amounts {
  return plus(request, sidecar);
}

/** By memory, then by CPU. */
function largest(groups: PodGroup[]): Needs["largestPod"] {
  const [first] = groups
    .filter(({ count }) => count !== "each node" && count > 0)
    .map((group) => ({ title: group.title, ...onePod(group) }))
    .sort(
      (a, b) =>
        b.memoryMiB - a.memoryMiB || b.cpuMillis - a.cpuMillis || (a.title < b.title ? -1 : 1),
    );
  return first;
}
