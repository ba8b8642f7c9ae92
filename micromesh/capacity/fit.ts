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
  /** Set where all nodes have enough together, but one hasn't for what must be on it. */
  tight?: {
    /** E.g. `one node with what each runs and Deployment n/x`. */
    node: string;
    usable: Amounts;
  };
}

/**
 * Share of a machine's memory that the hypervisor and the kernel keep: what Karpenter takes off an instance type's memory
 * as long as it hasn't seen one (`VM_MEMORY_OVERHEAD_PERCENT`, https://karpenter.sh/docs/reference/settings/).
 */
const KEPT_BY_KERNEL = 0.075;
/**
 * Kubernetes' default evicts pods when less is free (`memory.available<100Mi`,
 * https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#hard-eviction-thresholds). K3s sets no
 * such threshold (github.com/k3s-io/k3s, pkg/daemons/agent): there it's what keeps the kernel from having to kill.
 */
const KEPT_FREE_MIB = 100;

/** What a machine has to give; its CPU is all to be had, as long as a burstable one's credits last. */
export function usableOf({ memoryMiB, cpuMillis }: Amounts): Amounts {
  return {
    memoryMiB: Math.max(0, Math.floor(memoryMiB * (1 - KEPT_BY_KERNEL)) - KEPT_FREE_MIB),
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
  const together = missing(needs.total, usable);
  if (needs.nodes === 1) return { fits: isNothing(together), usable, short: together };
  const { server, agent = server } = needs.everyNode;
  const { title, ...pod } = needs.largestPod ?? { title: "its largest pod", ...NOTHING };
  const onServer = missing(server, node);
  const beside = missing(plus(agent, pod), node);
  const short = [together, onServer, beside].reduce(larger);
  const fits = isNothing(short);
  if (fits || !isNothing(together)) return { fits, usable, short };
  const what = isWorse(onServer, beside)
    ? "one server with what each runs"
    : `one node with what each runs and ${title}`;
  return { fits, usable, short, tight: { node: what, usable: node } };
}

/** By memory, then by CPU. */
function isWorse(a: Amounts, b: Amounts): boolean {
  return (a.memoryMiB - b.memoryMiB || a.cpuMillis - b.cpuMillis) > 0;
}

/** 0 of what there is enough of. */
function missing(needed: Amounts, available: Amounts): Amounts {
  return larger(minus(needed, available), NOTHING);
}

function isNothing({ memoryMiB, cpuMillis }: Amounts): boolean {
  return memoryMiB === 0 && cpuMillis === 0;
}
