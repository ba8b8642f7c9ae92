import * as pulumi from "@pulumi/pulumi";
import type { Platform } from "../stacks/platform.ts";
import type { Telling } from "../stacks/telling.ts";

/**
 * One answer to a lab's question: what is changed, and how it's told. The first scenario of a lab is what the others
 * differ from.
 *
 * @typeParam Change what the lab lets its scenarios change
 */
export interface Scenario<Change> extends Omit<Telling, "name" | "title" | "changes"> {
  /** What is the case, in a few words. Whoever finds out what is wrong finds out this. */
  title: string;
  /**
   * The declared objects that differ from those of the lab's first scenario: kind and name, a `*` for what varies,
   * e.g. `NetworkPolicy isolate-namespace`, `ConfigMap gateway-settings-*`. Tests hold the declaration against it.
   */
  changes: string[];
  change: Change;
  /** What it can't do without; default: nothing. */
  needs?: Need;
}

/** Something that a platform may lack. */
export interface Need {
  what: string;
  isMet(platform: Platform): boolean;
  /** The part of the platform that would have it, as the config calls it. */
  part: "cni" | "mesh";
}

export const networkPolicies: Need = {
  what: "a CNI that enforces NetworkPolicy",
  part: "cni",
  isMet: ({ cni }) => cni.enforcesNetworkPolicy,
};

export const ciliumPolicies: Need = {
  what: "a CNI that enforces CiliumNetworkPolicy",
  part: "cni",
  isMet: ({ cni }) => cni.ciliumPolicies,
};

export const aMesh: Need = {
  what: "a mesh",
  part: "mesh",
  isMet: ({ mesh }) => mesh.present,
};

/** Warns where a platform lacks what a scenario needs: it's deployed all the same, and shows what that is like. */
export function warnOfUnmetNeed(
  lab: string,
  name: string,
  { needs }: Scenario<unknown>,
  platform: Platform,
): void {
  if (!needs || needs.isMet(platform)) return;
  const { kind } = platform[needs.part];
  pulumi.log.warn(
    `labs.${lab}: scenario ${name} needs ${needs.what}, and ${needs.part}.kind is ${kind}: nothing will enforce it`,
  );
}
