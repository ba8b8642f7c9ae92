/** Which policies select a pod. */
import type { PodParty } from "./party.ts";
import type { TieredPolicy } from "./tiered-policy.ts";
import type { Tiers } from "./tiers.ts";
import { refName, type TrafficPolicy } from "./traffic-policy.ts";

/** Policies, split by whether anything in the cluster enforces their kind. */
export interface TrafficPolicies {
  enforced: TrafficPolicy[];
  idle: TrafficPolicy[];
  /** What is asked before them and after them. */
  tiers: Tiers;
}

/** Finds the policies that select a pod, in the order of their names, and of the tiers in theirs. */
export type Selector = (pod: PodParty) => TrafficPolicies;

/** The selector among the policies of one world; pods that look alike to them are asked about once. */
export function selector(policies: TrafficPolicies): Selector {
  const enforced = byScope(policies.enforced);
  const idle = byScope(policies.idle);
  const byClass = new Map<string, TrafficPolicies>();
  const byPod = new WeakMap<PodParty, TrafficPolicies>();

  const find = (scopes: Scopes, pod: PodParty) =>
    [...(scopes.get(undefined) ?? []), ...(scopes.get(pod.pod.namespace) ?? [])].filter((policy) =>
      policy.selects.matches(pod),
    );

  const { admin, baseline, idle: idleTiered } = policies.tiers;
  const selecting = (tier: TieredPolicy[], pod: PodParty) =>
    tier.filter(({ selects }) => selects.matches(pod));
  const tiersOf = (pod: PodParty): Tiers => ({
    admin: selecting(admin, pod),
    baseline: selecting(baseline, pod),
    idle: selecting(idleTiered, pod),
  });

  return (pod) => {
    let selected = byPod.get(pod);
    if (selected) return selected;
    const key = classOf(pod);
    selected = byClass.get(key) ?? {
      enforced: find(enforced, pod),
      idle: find(idle, pod),
      tiers: tiersOf(pod),
    };
    byClass.set(key, selected);
    byPod.set(pod, selected);
    return selected;
  };
}

/** All that a selector can see of a pod; what its namespace has, and Cilium's identity, follow from it. */
function classOf({ labels, pod }: PodParty): string {
  const { namespace, serviceAccount, hostNetwork } = pod;
  const text = [namespace, serviceAccount, hostNetwork ? "host" : ""];
  for (const key of Object.keys(labels).sort()) text.push(key, labels[key] as string);
  return JSON.stringify(text);
}

/** By the namespace whose pods they may select; undefined for those that look everywhere. */
type Scopes = Map<string | undefined, TrafficPolicy[]>;

function byScope(policies: TrafficPolicy[]): Scopes {
  const named = policies.map((policy) => ({ policy, name: refName(policy.ref) }));
  named.sort((a, b) => (a.name === b.name ? 0 : a.name < b.name ? -1 : 1));
  const scopes: Scopes = new Map();
  for (const { policy } of named) {
    const list = scopes.get(policy.scope);
    if (list) list.push(policy);
    else scopes.set(policy.scope, [policy]);
  }
  return scopes;
}
