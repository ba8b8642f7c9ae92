/** Which checks belong to which kind of policy. */

import { Checker } from "../resources/checker.ts";
import type { KubernetesObject } from "../resources/declared.ts";
import { groupKind } from "../resources/kubernetes.ts";
import { checkCiliumPolicy } from "./cilium-check.ts";
import { checkCidrGroup } from "./cilium-cidr.ts";
import {
  checkAdminNetworkPolicy,
  checkClusterNetworkPolicy,
} from "./cluster-network-policy-check.ts";
import { checkAuthorizationPolicy, checkPeerAuthentication } from "./mesh-check.ts";
import { checkNetworkPolicy } from "./network-policy-check.ts";
import type { Problem } from "./problem.ts";

/** Every kind that decides about connections, by `group/Kind`: versions of one don't differ in what's read here. */
const checks: Record<string, (check: Checker, policy: KubernetesObject) => void> = {
  "networking.k8s.io/NetworkPolicy": checkNetworkPolicy,
  "cilium.io/CiliumNetworkPolicy": checkCiliumPolicy,
  "cilium.io/CiliumClusterwideNetworkPolicy": checkCiliumPolicy,
  "cilium.io/CiliumCIDRGroup": checkCidrGroup,
  "policy.networking.k8s.io/ClusterNetworkPolicy": checkClusterNetworkPolicy,
  "policy.networking.k8s.io/AdminNetworkPolicy": checkAdminNetworkPolicy,
  "policy.networking.k8s.io/BaselineAdminNetworkPolicy": checkAdminNetworkPolicy,
  "security.istio.io/PeerAuthentication": checkPeerAuthentication,
  "security.istio.io/AuthorizationPolicy": checkAuthorizationPolicy,
};

/** Whether an object decides about connections, or is named by one that does. */
export function isPolicy(object: KubernetesObject): boolean {
  return Object.hasOwn(checks, groupKind(object));
}

/** Objects are taken as immutable. */
const known = new WeakMap<KubernetesObject, Problem[]>();

/**
 * What's wrong in the policies: what their API server or webhook would reject. Such an object never comes
 * to be in a cluster, so it has no effect on any decision. Objects of other kinds are passed over.
 */
export function validate(policies: KubernetesObject[]): Problem[] {
  return policies.flatMap((policy) => {
    let problems = known.get(policy);
    if (!problems) {
      const checker = new Checker();
      checks[groupKind(policy)]?.(checker, policy);
      const { kind, metadata } = policy;
      const { namespace, name } = metadata;
      problems = checker.problems.map((problem) => ({ kind, namespace, name, ...problem }));
      known.set(policy, problems);
    }
    return problems;
  });
}
