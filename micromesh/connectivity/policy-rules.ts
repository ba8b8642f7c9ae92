/** The rules that are enforced, of whatever kind. */
import type { TieredPolicy } from "./tiered-policy.ts";
import type { Rule, TrafficPolicy } from "./traffic-policy.ts";

export type AnyPolicy = TrafficPolicy | TieredPolicy;

export interface EnforcedPolicies {
  enforced: TrafficPolicy[];
  /** Of both tiers, in the order in which they're asked. */
  tiered: TieredPolicy[];
}

/** Every rule of a policy, of both directions. */
export function rulesOf(policy: AnyPolicy): Rule[] {
  if ("tier" in policy) return [...policy.ingress, ...policy.egress];
  return [policy.ingress, policy.egress].flatMap((section) => [
    ...(section?.allow ?? []),
    ...(section?.deny ?? []),
  ]);
}
