import { type Mirror, mirrored } from "../../stacks/versions.ts";

export interface IstioArgs {
  /**
   * Where istio-cni finds the pods' network namespaces, if not at containerd's place: `minikube` with
   * the docker runtime. Passed on as the charts' `global.platform`.
   */
  platform?: string;
  mirror?: Mirror;
}

/** Namespace of istiod, and Istio's root namespace: a policy there holds for the whole mesh. */
export const ISTIO_NAMESPACE = "istio-system";
export const GATEWAY_NAMESPACE = "istio-ingress";
/** The name decides the pods' label `istio: ingressgateway`, which every Gateway example selects. */
export const GATEWAY_NAME = "istio-ingressgateway";

export interface IstioValues {
  base: Record<string, unknown>;
  istiod: Record<string, unknown>;
  cni: Record<string, unknown>;
  gateway: Record<string, unknown>;
}

/**
 * Values for Istio's charts in sidecar mode, sized for one small node (istiod alone requests 2 GiB by
 * default). All keys are top-level; only the gateway chart would notice a wrong one.
 */
export function istioValues({ platform, mirror = {} }: IstioArgs): IstioValues {
  const global = {
    ...(platform === undefined ? {} : { platform }),
    ...(mirror.images === undefined ? {} : { hub: mirrored("docker.io/istio", mirror) }),
  };
  return {
    base: {
      defaultRevision: "default",
      ...(platform === undefined ? {} : { global: { platform } }),
    },
    istiod: {
      global: {
        ...global,
        // With one replica a disruption budget only blocks draining the node.
        defaultPodDisruptionBudget: { enabled: false },
        // Of every sidecar, and the ceiling for each: a lab has a dozen of them.
        proxy: {
          resources: {
            requests: { cpu: "10m", memory: "48Mi" },
            limits: { cpu: "1", memory: "256Mi" },
          },
        },
      },
      // The redirection is set up by istio-cni: pods need no NET_ADMIN.
      cni: { enabled: true },
      autoscaleEnabled: false,
      resources: { requests: { cpu: "50m", memory: "192Mi" }, limits: { memory: "512Mi" } },
      meshConfig: {
        accessLogFile: "/dev/stdout",
        // An app that connects at once finds its sidecar ready.
        defaultConfig: { holdApplicationUntilProxyStarts: true },
      },
    },
    cni: {
      global,
      resources: { requests: { cpu: "10m", memory: "48Mi" } },
    },
    gateway: {
      autoscaling: { enabled: false },
      // A LoadBalancer would wait for an address that minikube gives only to `minikube tunnel`.
      service: {
        type: "NodePort",
        ports: [
          { name: "status-port", port: 15021, targetPort: 15021, protocol: "TCP" },
          { name: "http2", port: 80, targetPort: 80, protocol: "TCP" },
          { name: "https", port: 443, targetPort: 443, protocol: "TCP" },
        ],
      },
      resources: {
        requests: { cpu: "10m", memory: "48Mi" },
        limits: { cpu: "1", memory: "256Mi" },
      },
    },
  };
}
