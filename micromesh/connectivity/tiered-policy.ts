/**
 * What the policies of the network policy API's tiers compile to: rules that are asked in order, before
 * the policies that pods' own namespaces have, or after them.
 */
import type { PartyTest } from "./party-test.ts";
import type { PolicyRef, Rule } from "./traffic-policy.ts";

export type TierAction = "accept" | "deny" | "pass";

export interface TieredRule extends Rule {
  action: TierAction;
}

export interface TieredPolicy {
  ref: PolicyRef;
  tier: "admin" | "baseline";
  /** The lowest is asked first. */
  priority: number;
  /** The pods it's about. */
  selects: PartyTest;
  /** In the order in which they're asked; the first that matches decides. Empty: none is asked. */
  ingress: TieredRule[];
  egress: TieredRule[];
}
