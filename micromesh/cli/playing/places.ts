import type { WorkloadRef } from "../../../stacks/outputs.ts";
import { UsageError } from "../../resources/usage-error.ts";
import type { PodState } from "../running-simulator.ts";

/** A workload and its pods. */
export interface Place extends WorkloadRef {
  pods: PodState[];
}

/** The workloads that have pods, by namespace and name. */
export function placesOf(pods: PodState[]): Place[] {
  const places = new Map<string, Place>();
  for (const pod of pods) {
    const workload = pod.owner.split(" ").at(-1) ?? pod.name;
    const key = `${pod.namespace}/${workload}`;
    const place = places.get(key) ?? { namespace: pod.namespace, workload, pods: [] };
    place.pods.push(pod);
    places.set(key, place);
  }
  return [...places.values()].sort((a, b) => titleOf(a).localeCompare(titleOf(b)));
}

/** `items/api` */
export function titleOf({ namespace, workload }: WorkloadRef): string {
  return `${namespace}/${workload}`;
}

/**
 * The workload that a person means: `NAMESPACE/NAME`, or `NAME` where only one is called so. A pod may be named
 * instead, and is then the only one of its workload's that is meant.
 * @throws UsageError with those that there are
 */
export function placeCalled(text: string, places: Place[]): Place {
  const named = places.filter((place) => text === titleOf(place) || text === place.workload);
  const found = named.length > 0 ? named : podsCalled(text, places);
  const [only] = found;
  if (only && found.length === 1) return only;
  const known = (found.length > 1 ? found : places).map(titleOf).join(", ");
  throw new UsageError(
    found.length > 1
      ? `${text} may be any of ${known}: say which`
      : `there is no workload ${text}; there are ${known}`,
  );
}

function podsCalled(text: string, places: Place[]): Place[] {
  return places.flatMap((place) =>
    place.pods
      .filter(({ namespace, name }) => text === name || text === `${namespace}/${name}`)
      .map((pod) => ({ ...place, pods: [pod] })),
  );
}
