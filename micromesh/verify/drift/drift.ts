/** How a cluster differs from what is declared: plain data. */
import type { KubernetesObject } from "../../resources/declared.ts";
import { objectTitle } from "../../resources/kubernetes.ts";

/** One field that isn't as declared. */
export interface FieldDrift {
  /** `spec.ports[http].port`: items of a list by their name, where each has one, else by their number. */
  path: string;
  /** In short; undefined: it isn't declared. */
  declared?: string;
  /** In short; undefined: it isn't there. */
  found?: string;
  /** One of them is a secret, so neither is told. */
  secret?: true;
}

/**
 * One object that isn't as declared.
 * - `missing`: it's declared, but not on the cluster, or about to be deleted there
 * - `changed`: declared fields have other values there
 * - `undeclared`: it's there, decides who reaches whom, and nothing declares it
 */
export type Drift =
  | {
      kind: "missing";
      declared: KubernetesObject;
      /** Declared objects that are gone with it: of a Namespace, those in it. */
      within: KubernetesObject[];
      /** The cluster doesn't have its kind. */
      unknownKind: boolean;
    }
  | {
      kind: "changed";
      declared: KubernetesObject;
      found: KubernetesObject;
      /** At least one. */
      fields: FieldDrift[];
    }
  | { kind: "undeclared"; found: KubernetesObject };

/** What came of a comparison. */
export interface Comparison {
  /** How many declared objects were compared. */
  compared: number;
  drifts: Drift[];
  /** What couldn't be compared, and why, a sentence each. */
  notes: string[];
}

/** The object that is missing, changed or undeclared. */
export function subjectOf(drift: Drift): KubernetesObject {
  return drift.kind === "undeclared" ? drift.found : drift.declared;
}

/** E.g. `NetworkPolicy d-redis/oops is on the cluster, but not declared`. */
export function driftTitle(drift: Drift): string {
  const title = objectTitle(subjectOf(drift));
  if (drift.kind === "changed") return `${title} isn't as declared`;
  if (drift.kind === "undeclared") return `${title} is on the cluster, but not declared`;
  const { within, unknownKind, declared } = drift;
  if (unknownKind) {
    return `${title} is declared, but the cluster knows no ${declared.kind} of ${declared.apiVersion}`;
  }
  const besides = within.length > 0 ? `, nor are the ${within.length} objects in it` : "";
  return `${title} is declared, but not on the cluster${besides}`;
}

/** Whether nothing of what is declared is on the cluster. */
export function isNothingThere({ compared, drifts }: Comparison): boolean {
  const missing = drifts.flatMap((drift) =>
    drift.kind === "missing" ? [drift.declared, ...drift.within] : [],
  );
  return compared > 0 && missing.length === compared;
}
