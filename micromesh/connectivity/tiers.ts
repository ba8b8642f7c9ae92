/**
 * The tiers around pods' own policies: "Admin tier, NetworkPolicy tier, Baseline tier" are asked in this
 * order, and within a tier the policies by their priority.
 */
import type { KubernetesObject } from "../resources/declared.ts";
import type { Settings } from "../resources/settings.ts";
import { baselineKind, compileAdminNetworkPolicy } from "./admin-network-policy.ts";
import { compileClusterNetworkPolicy } from "./cluster-network-policy.ts";
import type { TieredPolicy } from "./tiered-policy.ts";
import { refName } from "./traffic-policy.ts";

/** The policies of the tiers, each in the order in which they're asked. */
export interface Tiers {
  admin: TieredPolicy[];
  baseline: TieredPolicy[];
  /** Those of kinds that nothing in the cluster enforces. */
  idle: TieredPolicy[];
}

const group = "policy.networking.k8s.io";
const kind = `${group}/ClusterNetworkPolicy`;
const elderKinds = [`${group}/AdminNetworkPolicy`, `${group}/${baselineKind}`];

/**
 * Compiles a valid policy of any of the tiers' kinds.
 * @param networksMatchPods whether a CIDR of its `networks` covers pods' and nodes' addresses
 */
export function compileTieredPolicy(
  policy: KubernetesObject,
  networksMatchPods: boolean,
): TieredPolicy {
  return policy.kind === "ClusterNetworkPolicy"
    ? compileClusterNetworkPolicy(policy, networksMatchPods)
    : compileAdminNetworkPolicy(policy, networksMatchPods);
}

/**
 * Compiles the tiers of a cluster.
 * @param of the valid policies of a kind, which is given as `group/Kind`
 */
export function compileTiers(
  of: (kind: string) => KubernetesObject[],
  settings: Pick<Settings, "clusterNetworkPolicy" | "cilium" | "ipBlockMatchesPods">,
): Tiers {
  const compile = (kinds: string[]) =>
    kinds.flatMap(of).map((policy) => compileTieredPolicy(policy, settings.ipBlockMatchesPods));
  const [current, elders] = [compile([kind]), compile(elderKinds)];
  // Cilium reads ClusterNetworkPolicies only (its pkg/policy/k8s), and no other enforcer beside it does.
  const eldersEnforced = settings.clusterNetworkPolicy && !settings.cilium;
  const enforced = [
    ...(settings.clusterNetworkPolicy ? current : []),
    ...(eldersEnforced ? elders : []),
  ];
  const idle = [
    ...(settings.clusterNetworkPolicy ? [] : current),
    ...(eldersEnforced ? [] : elders),
  ];
  return {
    admin: ordered(enforced.filter(({ tier }) => tier === "admin")),
    baseline: ordered(enforced.filter(({ tier }) => tier === "baseline")),
    idle: ordered(idle),
  };
}

/**
 * Of several with one priority, "there is no way for the user to reliably determine which one it will
 * choose": the order of their names decides here, and the reason of a decision says so where it matters.
 */
function ordered(policies: TieredPolicy[]): TieredPolicy[] {
  const names = new Map(policies.map((policy) => [policy, refName(policy.ref)]));
  const name = (policy: TieredPolicy) => names.get(policy) ?? "";
  return policies.sort(
    (a, b) => a.priority - b.priority || (name(a) === name(b) ? 0 : name(a) < name(b) ? -1 : 1),
  );
}
