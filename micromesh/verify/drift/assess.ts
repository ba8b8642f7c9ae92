/** All that is known of a cluster's drift. */
import type { Endpoint, Probe } from "../../../stacks/outputs.ts";
import type { Declaration } from "../../resources/declared.ts";
import { kubernetesObjects, objectTitle } from "../../resources/kubernetes.ts";
import { declaredPlatform } from "../../resources/platform.ts";
import { causesOf } from "./causes.ts";
import type { Declared } from "./declared.ts";
import { differences, type Found } from "./differences.ts";
import type { Comparison, Drift } from "./drift.ts";
import { effectsOf } from "./effects.ts";
import type { Origin } from "./mend.ts";
import { worldsOf } from "./worlds.ts";

export interface Assessment extends Comparison {
  /** How the cluster was filled, and so how it's mended. */
  origin: Origin;
  /** What a drift does to who reaches whom, as predicted, a sentence each; none where it does nothing. */
  effects(drift: Drift): string[];
  /** What explains that a probe didn't see what it should, a sentence each. */
  causes(probe: Probe): string[];
}

/**
 * Compares, and predicts what each drift does. What holds in the whole cluster and isn't the stack's is a drift
 * only where it changes who reaches whom in what the stack declares.
 * @param endpoints ways in from outside, by host name
 */
export function assess(
  declaration: Declaration,
  declared: Declared,
  found: Found,
  endpoints: Record<string, Endpoint>,
  origin: Origin,
): Assessment {
  const comparison = differences(declared, found);
  const worlds = worldsOf(
    kubernetesObjects(declaration),
    declaredPlatform(declaration),
    comparison.drifts,
  );
  const effects = effectsOf(worlds);
  const isIdle = (drift: Drift) =>
    drift.kind === "undeclared" &&
    drift.found.metadata.namespace === undefined &&
    effects.get(drift)?.length === 0;
  const drifts = comparison.drifts.filter((drift) => !isIdle(drift));
  const idle = comparison.drifts.flatMap((drift) =>
    drift.kind === "undeclared" && isIdle(drift)
      ? `${objectTitle(drift.found)} isn't declared, and changes nothing of who reaches whom here`
      : [],
  );
  return {
    ...comparison,
    drifts,
    notes: [...comparison.notes, ...idle],
    origin,
    effects: (drift) => effects.get(drift) ?? [],
    causes: (probe) => (drifts.length === 0 ? [] : causesOf(probe, endpoints, drifts, worlds)),
  };
}
