import { judgeFit, type Machine, type Verdict } from "../../../micromesh/capacity/fit.ts";
import type { Needs } from "../../../micromesh/capacity/needs.ts";
import type { InstanceType } from "./instance-types.ts";

/** A type as a machine to put pods on. */
export function machineOf({ name, memoryMiB, vcpus }: InstanceType): Machine {
  return { name, memoryMiB, cpuMillis: vcpus * 1000 };
}

/** The first that is large enough, by memory, then by CPUs, then by name; undefined if none is. */
export function smallestFitting(types: InstanceType[], needs: Needs): InstanceType | undefined {
  return types
    .filter((type) => judgeFit(needs, machineOf(type)).fits)
    .sort(
      (a, b) => a.memoryMiB - b.memoryMiB || a.vcpus - b.vcpus || (a.name < b.name ? -1 : 1),
    )[0];
}

/** A type that a stack has chosen, and what else it may choose. */
export interface Choice {
  chosen: InstanceType;
  region: string;
  /** The region's types of the free tier. */
  freeTier: InstanceType[];
}

/** Why the chosen type can't carry the stack, and how to mend that, in one line; undefined if it can. */
export function problemWithChoice(
  { chosen, region, freeTier }: Choice,
  needs: Needs,
  verdict: Verdict,
): string | undefined {
  if (verdict.fits) return undefined;
  const { short, tight } = verdict;
  const usable = tight?.usable ?? verdict.usable;
  const nodes = needs.nodes > 1 ? `, ${needs.nodes} of them` : "";
  const lacks = [
    ...(short.memoryMiB > 0
      ? [`${short.memoryMiB} MiB of memory, having ${usable.memoryMiB} MiB to give`]
      : []),
    ...(short.cpuMillis > 0 ? [`${short.cpuMillis}m of CPU, having ${usable.cpuMillis}m`] : []),
  ].join(", and ");
  return (
    `${SETTING} is ${chosen.name}${nodes}; what the stack declares doesn't fit: ${tight?.node ?? "it"} lacks ${lacks}: ` +
    advice(region, smallestFitting(freeTier, needs))
  );
}

/** What a type outside of the free tier means, in one line; undefined if the chosen one is in it. */
export function warningOfChoice(
  { chosen, region, freeTier }: Choice,
  needs: Needs,
): string | undefined {
  if (chosen.freeTierEligible) return undefined;
  return (
    `${SETTING} is ${chosen.name}, which isn't in the free tier of ${region}: accounts on the free plan can't ` +
    `launch it, others pay for it; ${advice(region, smallestFitting(freeTier, needs))}`
  );
}

const SETTING = "micromesh:cluster.instanceType";

function advice(region: string, fitting: InstanceType | undefined): string {
  return fitting
    ? `run "pulumi config set --path ${SETTING} ${fitting.name}", the smallest that fits in the free tier of ${region}`
    : `nothing in the free tier of ${region} is large enough: deploy fewer labs or replicas, or pay for a larger type`;
}
