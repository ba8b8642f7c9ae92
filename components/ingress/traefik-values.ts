import { type Mirror, mirrored } from "../../stacks/versions.ts";

export interface TraefikArgs {
  namespace: string;
  /** Port of every node that leads to Traefik's port 80; default: Kubernetes chooses one. */
  nodePort?: number;
  /** `LoadBalancer` where the cluster gives addresses to Services of that type; default: `NodePort`. */
  serviceType?: "NodePort" | "LoadBalancer";
  mirror?: Mirror;
}

/** Range that the API server gives out by default (`--service-node-port-range`). */
export const NODE_PORT_MIN = 30000;
export const NODE_PORT_MAX = 32767;

/** Ingress class, release, Service, and `app.kubernetes.io/name` of the pods. */
export const TRAEFIK = "traefik";

/**
 * Checks what the API server would refuse.
 * @throws Error that names the argument, its value and what it must be
 */
export function validateTraefik({ nodePort }: TraefikArgs): void {
  if (nodePort !== undefined && !(nodePort >= NODE_PORT_MIN && nodePort <= NODE_PORT_MAX)) {
    throw new Error(
      `Traefik's nodePort is ${nodePort}; it must be from ${NODE_PORT_MIN} to ${NODE_PORT_MAX}.`,
    );
  }
}

/** Values for the chart `traefik`: one way in, Ingress resources of its own class, little memory. */
export function traefikValues({
  nodePort,
  serviceType = "NodePort",
  mirror = {},
}: TraefikArgs): Record<string, unknown> {
  return {
    ...(mirror.images === undefined
      ? {}
      : { image: splitImage(mirrored("docker.io/library/traefik", mirror)) }),
    deployment: { replicas: 1 },
    // The type stands in `spec`; the chart ignores `service.type` without a word.
    service: { spec: { type: serviceType } },
    // Only Ingresses that name the class; a cluster's own default class stays what it was.
    ingressClass: { enabled: true, isDefaultClass: false, name: TRAEFIK },
    providers: { kubernetesIngress: { enabled: true }, kubernetesCRD: { enabled: true } },
    ports: {
      web: { ...(nodePort === undefined ? {} : { nodePort }) },
      websecure: { expose: { default: false } },
    },
    // It neither asks the internet for news nor tells it any.
    global: { checkNewVersion: false, sendAnonymousUsage: false },
    resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "192Mi" } },
  };
}

/** The chart wants an image's registry apart from the rest. */
function splitImage(reference: string): { registry: string; repository: string } {
  const slash = reference.indexOf("/");
  return { registry: reference.slice(0, slash), repository: reference.slice(slash + 1) };
}
