/** The declared cluster, and what each drift makes of it: who reaches whom is predicted of either. */
import { type Analysis, analyse } from "../../prediction/analysis.ts";
import { predictionOf } from "../../prediction/predict.ts";
import type { Prediction } from "../../prediction/prediction.ts";
import type { KubernetesObject } from "../../resources/declared.ts";
import { groupKind, objectKey } from "../../resources/kubernetes.ts";
import type { DeclaredPlatform } from "../../resources/platform.ts";
import { type Drift, subjectOf } from "./drift.ts";
import { decidingKinds } from "./kinds.ts";

/** A cluster that something may be asked of. */
export interface World {
  analysis: Analysis;
  prediction: Prediction;
}

export interface DriftedWorld extends World {
  drift: Drift;
}

export interface Worlds {
  declared: World;
  /** The declared cluster with one drift and no other, for each that may decide who reaches whom. */
  drifted: DriftedWorld[];
  /** With all of them; undefined where there are fewer than two. */
  together?: World;
}

/** Besides what is told where nothing declares it: what runs, and the labels that it is chosen by. */
const CHOSEN = [
  "Namespace",
  "Pod",
  "apps/Deployment",
  "apps/StatefulSet",
  "apps/DaemonSet",
  "batch/Job",
  "batch/CronJob",
];
/** Drifts that are looked at one by one, at most. */
const MOST = 20;

/** @param objects as declared */
export function worldsOf(
  objects: KubernetesObject[],
  platform: DeclaredPlatform,
  drifts: Drift[],
): Worlds {
  const deciding = drifts.filter((drift) => {
    const kind = groupKind(subjectOf(drift));
    return decidingKinds.includes(kind) || CHOSEN.includes(kind);
  });
  const world = (some: Drift[]): World => {
    const analysis = analyse(withDrifts(objects, some), platform);
    return { analysis, prediction: predictionOf(analysis, { of: "" }) };
  };
  return {
    declared: world([]),
    drifted: deciding.slice(0, MOST).map((drift) => ({ drift, ...world([drift]) })),
    ...(deciding.length > 1 && { together: world(deciding) }),
  };
}

function withDrifts(objects: KubernetesObject[], drifts: Drift[]): KubernetesObject[] {
  const all = new Map(objects.map((object) => [objectKey(object), object]));
  for (const drift of drifts) {
    if (drift.kind === "missing") {
      for (const gone of [drift.declared, ...drift.within]) all.delete(objectKey(gone));
    } else all.set(objectKey(drift.found), drift.found);
  }
  return [...all.values()];
}
