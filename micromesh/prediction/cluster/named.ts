import type { Workload } from "./workloads.ts";

/** The workloads in a sentence: a few by their ids, and how many more there are. */
export function named(workloads: Workload[]): string {
  const ids = workloads.map(({ id }) => id);
  // One more takes no more room than its name.
  if (ids.length <= most + 1) return ids.join(", ");
  return `${ids.slice(0, most).join(", ")} and ${ids.length - most} more`;
}

const most = 3;
