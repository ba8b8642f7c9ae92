/** Whether what is needed fits on machines. */
import { type Amounts, larger, minus, NOTHING, plus, times } from "./amounts.ts";
import type { Needs } from "./needs.ts";

/** One node's machine, by what its maker says of it. */
export interface Machine extends Amounts {
  /** E.g. an instance type. */
  name: string;
}

export interface Verdict {
  fits: boolean;
  /** What all nodes have to give. */
  usable: Amounts;
  /** What is missing of each; 0 where nothing is. */
  short: Amounts;
}

/**
 * Share of a machine's memory that the hypervisor and the kernel keep: what Karpenter takes off an instance type's memory
 * as long as it hasn't seen one (`VM_MEMORY_OVERHEAD_PERCENT`, https://karpenter.sh/docs/reference/settings/).
 */
const KEPT_BY_KERNEL = 0.075;
/**
 * The kubelet evicts pods when less is free (`memory.available<100Mi`,
 * https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#hard-eviction-thresholds).
 */
const KEPT_BY_KUBELET_MIB = 100;

/** What a machine has to give; its CPU is all to be had. */
export function usableOf({ memoryMiB, cpuMillis }: Amounts): Amounts {
  return {
    memoryMiB: Math.max(0, Math.floor(memoryMiB * (1 - KEPT_BY_KERNEL)) - KEPT_BY_KUBELET_MIB),
    cpuMillis,
  };
}

/**
 * Compares needs with nodes that are all alike: everything on all of them, and, where there are several, what each has
 * on it with the largest pod beside. Pods can't be split, so several nodes may be too small though this finds nothing.
 */
export function judgeFit(needs: Needs, machine: Amounts): Verdict {
  const node = usableOf(machine);
  const usable = times(node, needs.nodes);
  const { server, agent } = needs.everyNode;
  const room = [
    minus(needs.total, usable),
    ...(needs.nodes > 1
      ? [minus(server, node), minus(plus(agent, needs.largestPod ?? NOTHING), node)]
      : []),
  ];
  const short = room.reduce(larger, NOTHING);
  return { fits: short.memoryMiB === 0 && short.cpuMillis === 0, usable, short };
}
