/**
 * Where real implementations differ, the answer is one of these settings; they follow the declared
 * CNI (see docs/fidelity.md) and are never guessed inside a rule.
 */
export interface Settings {
  /** NetworkPolicy is enforced at all. */
  networkPolicy: boolean;
  /** CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy are enforced. */
  cilium: boolean;
  /** ClusterNetworkPolicy and its elders, AdminNetworkPolicy and BaselineAdminNetworkPolicy, are. */
  clusterNetworkPolicy: boolean;
  /** An ipBlock of a NetworkPolicy covers pod addresses (Cilium: no; iptables-based: yes). */
  ipBlockMatchesPods: boolean;
  /** A pod always reaches itself, since that traffic stays inside it; `judged`: by its policies. */
  selfTraffic: "allowed" | "judged";
  /** What a pod in its node's network is to policies: its node, or a pod as any other. */
  hostNetworkPods: "node" | "pod";
  /** Blocks that pods get their addresses from, for pods that have none yet. */
  podNetworks: readonly string[];
  /** The mesh, or undefined where none is declared: its rules then have no effect. */
  mesh?: { rootNamespace: string; trustDomain: string };
}

/** What no declared CNI changes. */
export const commonSettings = {
  clusterNetworkPolicy: false,
  selfTraffic: "allowed",
  hostNetworkPods: "node",
  // The default of minikube, kubeadm and most CNIs.
  podNetworks: ["10.244.0.0/16"],
} as const satisfies Partial<Settings>;
