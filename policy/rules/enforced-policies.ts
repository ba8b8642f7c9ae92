import { declaredPlatform } from "../../micromesh/resources/platform.ts";
import { kindOf } from "../kinds.ts";
import type { StackRule } from "../rule.ts";

export const enforcedPolicies: StackRule = {
  of: "stack",
  name: "enforced-policies",
  description:
    "A network policy is declared only where something enforces it: the API server takes it in any case, and it then " +
    "looks as if the network were closed. Declare a CNI that enforces it, or take the policy away.",
  violations(declaration) {
    const { settings, parts } = declaredPlatform(declaration);
    return declaration.resources.flatMap((resource) => {
      const need = NEEDS[kindOf(resource) ?? ""];
      if (need === undefined || settings[need.setting]) return [];
      const message = `nothing enforces it (cni: ${parts.cni}); ${need.mend}, or take the policy away`;
      return [{ message, urn: resource.urn }];
    });
  },
};

interface Need {
  setting: "networkPolicy" | "cilium" | "clusterNetworkPolicy";
  mend: string;
}

const plain: Need = {
  setting: "networkPolicy",
  mend: "use cni.kind cilium, or existing with enforcesNetworkPolicy: true",
};
const cilium: Need = {
  setting: "cilium",
  mend: "use cni.kind cilium, or existing with ciliumPolicies: true",
};
const tiered: Need = {
  setting: "clusterNetworkPolicy",
  mend: "use a CNI that has it, such as Cilium with k8sClusterNetworkPolicy.enabled",
};

/** What each kind of policy needs somebody to do. */
const NEEDS: Record<string, Need> = {
  "networking.k8s.io/NetworkPolicy": plain,
  "cilium.io/CiliumNetworkPolicy": cilium,
  "cilium.io/CiliumClusterwideNetworkPolicy": cilium,
  "policy.networking.k8s.io/ClusterNetworkPolicy": tiered,
  "policy.networking.k8s.io/AdminNetworkPolicy": tiered,
  "policy.networking.k8s.io/BaselineAdminNetworkPolicy": tiered,
};
