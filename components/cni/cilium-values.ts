import { type Mirror, mirrored } from "../../stacks/versions.ts";

export interface CiliumArgs {
  hubble: { ui: boolean };
  /**
   * Where every node reaches the API server without a Service: nobody else does kube-proxy's work, so Cilium
   * does, and gives Services of type LoadBalancer the nodes' addresses.
   */
  withoutKubeProxy?: { apiHost: string; apiPort: number };
  mirror?: Mirror;
}

const requests = (cpu: string, memory: string) => ({ requests: { cpu, memory } });

/**
 * Values for the chart `cilium` on one node, beside Istio. The chart itself requests nothing; these
 * requests are what the pods are seen to use at rest. No limit on the agent: it must not be killed.
 */
export function ciliumValues({
  hubble,
  withoutKubeProxy,
  mirror = {},
}: CiliumArgs): Record<string, unknown> {
  const image = (reference: string) =>
    mirror.images === undefined ? {} : { image: { repository: mirrored(reference, mirror) } };
  return {
    ...image("quay.io/cilium/cilium"),
    // The node's podCIDR; the chart's own pool, 10.0.0.0/8, overlaps everything.
    ipam: { mode: "kubernetes" },
    // By default Cilium renames the configuration that istio-cni chains itself into.
    cni: { exclusive: false },
    // Else a pod's connect() is already translated to a pod's address, and sidecars see no Service.
    socketLB: { hostNamespaceOnly: true },
    ...(withoutKubeProxy && kubeProxyReplacement(withoutKubeProxy)),
    // A changed setting restarts the agent, or it would wait for the next restart.
    rollOutCiliumPods: true,
    resources: requests("100m", "192Mi"),
    // Envoy inside the agent: one pod less on a small node.
    envoy: { enabled: false },
    operator: {
      ...image("quay.io/cilium/operator"),
      // A second one would stay pending: they don't share a node.
      replicas: 1,
      rollOutPods: true,
      resources: requests("10m", "48Mi"),
    },
    hubble: {
      enabled: true,
      relay: {
        enabled: true,
        rollOutPods: true,
        ...image("quay.io/cilium/hubble-relay"),
        resources: requests("10m", "24Mi"),
      },
      ui: hubble.ui
        ? {
            enabled: true,
            rollOutPods: true,
            frontend: { ...image("quay.io/cilium/hubble-ui"), resources: requests("5m", "24Mi") },
            backend: {
              ...image("quay.io/cilium/hubble-ui-backend"),
              resources: requests("5m", "24Mi"),
            },
          }
        : { enabled: false },
    },
  };
}

/** https://docs.cilium.io/en/stable/network/kubernetes/kubeproxy-free/ and …/network/node-ipam/ */
function kubeProxyReplacement({ apiHost, apiPort }: { apiHost: string; apiPort: number }) {
  return {
    kubeProxyReplacement: "true",
    k8sServiceHost: apiHost,
    k8sServicePort: apiPort,
    nodeIPAM: { enabled: true },
    defaultLBServiceIPAM: "nodeipam",
  };
}
