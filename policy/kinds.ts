/** What resources are, by their type tokens. */
import type { DeclaredResource } from "../micromesh/resources/declared.ts";

/**
 * Group and kind of a Kubernetes object, whatever its version and whether it's a patch: `apps/Deployment`, `Secret`;
 * undefined for all else, Helm's releases and groups of manifests among it.
 */
export function kindOf({ type }: Pick<DeclaredResource, "type">): string | undefined {
  const [, group = "", kind = ""] =
    /^kubernetes:(?:([^/:]+)\/)?v\d[^/:]*:(\w+?)(?:Patch)?$/.exec(type) ?? [];
  if (kind === "" || OPAQUE.has(group)) return undefined;
  // Kubernetes' first group has no name; Pulumi calls it core.
  return group === "" || group === "core" ? kind : `${group}/${kind}`;
}

/** Pulumi's own under Kubernetes' name: what they bring is declared apart, or not at all. */
const OPAQUE = new Set(["helm.sh", "yaml", "kustomize"]);

/** A chart that is installed by its name: a release of Helm's, or its objects one by one. */
export function isChart({ type }: Pick<DeclaredResource, "type">): boolean {
  return /^kubernetes:helm\.sh\/v\d+:(Release|Chart)$/.test(type);
}

/** An EC2 machine, or what machines are made by: their arguments have the same fields. */
export function isMachine({ type }: Pick<DeclaredResource, "type">): boolean {
  return MACHINES.has(type);
}

export const LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";

const MACHINES = new Set([
  "aws:ec2/instance:Instance",
  "aws:ec2/spotInstanceRequest:SpotInstanceRequest",
  "aws:ec2/launchConfiguration:LaunchConfiguration",
]);
