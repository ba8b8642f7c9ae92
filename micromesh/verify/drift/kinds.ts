/** Kinds that decide who reaches whom, and so are told of where nothing declares them. */

/** By group and kind. */
const DECIDING = [
  "Service",
  "networking.k8s.io/NetworkPolicy",
  "networking.k8s.io/Ingress",
  "cilium.io/CiliumNetworkPolicy",
  "cilium.io/CiliumClusterwideNetworkPolicy",
  "policy.networking.k8s.io/ClusterNetworkPolicy",
  "policy.networking.k8s.io/AdminNetworkPolicy",
  "policy.networking.k8s.io/BaselineAdminNetworkPolicy",
  "security.istio.io/AuthorizationPolicy",
  "security.istio.io/PeerAuthentication",
  "security.istio.io/RequestAuthentication",
  "networking.istio.io/VirtualService",
  "networking.istio.io/DestinationRule",
  "networking.istio.io/ServiceEntry",
  "networking.istio.io/Sidecar",
  "networking.istio.io/EnvoyFilter",
  "networking.istio.io/Gateway",
  "gateway.networking.k8s.io/Gateway",
  "gateway.networking.k8s.io/HTTPRoute",
  "gateway.networking.k8s.io/GRPCRoute",
  "gateway.networking.k8s.io/TCPRoute",
] as const;

export const decidingKinds: readonly string[] = DECIDING;
