/** How drift is mended. */
import type { KubernetesObject } from "../../resources/declared.ts";
import { groupKind } from "../../resources/kubernetes.ts";
import { fieldRules } from "./defaults.ts";
import { type Drift, subjectOf } from "./drift.ts";

/** What the cluster's objects come from: Pulumi, or manifests that `render` writes. */
export type Origin = { by: "pulumi"; stack: string } | { by: "manifests" };

/**
 * The commands that put back what is declared; none where only something undeclared is there.
 *
 * Pulumi knows of a change by hand only once it has refreshed its state. Fields that another field manager has taken
 * over, `kubectl scale` for one, it takes back only by force
 * (https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/).
 */
export function puttingBack(origin: Origin, drifts: Drift[]): string[] {
  if (drifts.every(({ kind }) => kind === "undeclared")) return [];
  if (origin.by === "manifests") {
    return [
      "micromesh render --out DIR   # with the same stack, settings and scenarios",
      "kubectl apply --server-side --force-conflicts -f DIR -R",
    ];
  }
  const force = drifts.some(({ kind }) => kind === "changed")
    ? "PULUMI_K8S_ENABLE_PATCH_FORCE=true "
    : "";
  return [`pulumi refresh --stack ${origin.stack}`, `${force}pulumi up --stack ${origin.stack}`];
}

export interface ByHand {
  command: string;
  /** What it's for, to stand behind the command. */
  why: string;
}

/**
 * What has to be taken out by hand first, since putting back what is declared leaves it; undefined: nothing.
 *
 * Pulumi's refresh sees that a policy or a mesh's rule is gone, but not what has changed in it (pulumi-kubernetes
 * 4.34, of what is declared as a CustomResource). Server-side apply leaves what others add beside declared fields.
 */
export function byHand(origin: Origin, drift: Drift): ByHand | undefined {
  const object = subjectOf(drift);
  const deletion = `kubectl delete ${inKubectl(object)}`;
  if (drift.kind === "undeclared") return { command: deletion, why: "or declare it" };
  if (drift.kind === "missing") return undefined;
  if (origin.by === "pulumi" && fieldRules(groupKind(object)).whole) {
    return { command: deletion, why: "first: Pulumi sees that it's gone, not that it has changed" };
  }
  const isAdded = drift.fields.some(({ declared, secret }) => declared === undefined && !secret);
  if (!isAdded) return undefined;
  return {
    command: `kubectl edit ${inKubectl(object)}`,
    why: "which alone takes out what was added",
  };
}

function inKubectl(object: KubernetesObject): string {
  const { namespace, name } = object.metadata;
  const [group, kind] = groupKind(object).split("/") as [string, string | undefined];
  const resource = (kind === undefined ? group : `${kind}.${group}`).toLowerCase();
  return `${namespace === undefined ? "" : `-n ${namespace} `}${resource} ${name}`;
}
