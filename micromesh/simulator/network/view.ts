/**
 * What every simulated pod knows of its cluster. The simulator computes it from the declared objects
 * and pushes it to each pod when it changes, as a mesh's control plane does; the pod decides alone.
 */
import type { Namespace, Pod, Service, World } from "../../connectivity/model.ts";
import type { NameServer } from "../../resources/corefile/name-server.ts";
import type { KubernetesObject } from "../../resources/declared.ts";
import type { AppProtocol } from "../../resources/service-ports.ts";
import type { Settings } from "../../resources/settings.ts";

export interface View {
  /** Grows with every change. */
  version: number;
  clusterDomain: string;
  /** The cluster's DNS, as its Corefile makes it. */
  nameServer: NameServer;
  nodeIp: string;
  podCidr: string;
  serviceCidr: string;
  namespaces: Namespace[];
  policies: KubernetesObject[];
  settings: Settings;
  pods: ViewPod[];
  services: ViewService[];
  /** Only for pods that route from outside. */
  ingresses: KubernetesObject[];
}

export interface ViewPod extends Pod {
  /** `spec.hostname` and `spec.subdomain`: names of its own behind a headless Service. */
  hostname?: string;
  subdomain?: string;
  ready: boolean;
  /** What the mesh takes a container port for, from the Services in front of it. */
  protocols: Record<string, AppProtocol>;
}

export interface ViewService extends Service {
  type: "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName";
  /** Undefined for headless and ExternalName Services. */
  clusterIp?: string;
  externalName?: string;
  publishNotReadyAddresses: boolean;
  ports: ViewServicePort[];
  /** Every address behind it, for DNS of headless Services. */
  addresses: { ip: string; hostname?: string; ready: boolean }[];
}

export interface ViewServicePort {
  name?: string;
  port: number;
  protocol: "TCP" | "UDP" | "SCTP";
  appProtocol: AppProtocol;
  /** Ready endpoints only. */
  endpoints: { ip: string; port: number }[];
}

/** The part that connectivity decides about. */
export function worldOf(view: View): World {
  const { namespaces, policies, settings, services, pods } = view;
  const nameServers = pods.filter(({ labels }) => labels["k8s-app"] === "kube-dns");
  return { namespaces, policies, settings, services, nameServers };
}
