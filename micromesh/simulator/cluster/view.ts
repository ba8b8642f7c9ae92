import { isPolicy } from "../../connectivity/index.ts";
import type { Namespace } from "../../connectivity/model.ts";
import { declaredNameServer, defaultNameServer } from "../../resources/corefile/declared.ts";
import type { KubernetesObject } from "../../resources/declared.ts";
import { groupKind } from "../../resources/kubernetes.ts";
import type { DeclaredPlatform } from "../../resources/platform.ts";
import type { View } from "../network/view.ts";
import type { PodStatus } from "../pods/status.ts";
import { NODE_IP, POD_CIDR, SERVICE_CIDR } from "./addresses.ts";
import { podProtocols, viewService } from "./services.ts";

/** Namespaces that every cluster has. */
const BUILT_IN = ["default", "kube-system", "kube-public", "kube-node-lease"];

export interface ViewInput {
  objects: KubernetesObject[];
  pods: PodStatus[];
  platform: DeclaredPlatform;
  /** The address of a Service, by `namespace/name`. */
  clusterIp: (service: string) => string;
  /** What the pods knew until now; absent: nothing. */
  before?: Pick<View, "nameServer">;
}

/** What the pods of a cluster know of it, but for the version. Pure: the same input, the same text. */
export function buildView(input: ViewInput): Omit<View, "version"> {
  const { objects, platform } = input;
  const services = objects.filter(
    (object) => object.kind === "Service" && object.apiVersion === "v1",
  );
  const pods = input.pods.filter((pod) => !pod.terminating || pod.containers.some((c) => c.pid));
  return {
    clusterDomain: "cluster.local",
    // A CoreDNS that runs keeps the Corefile that it has where it can't read the new one.
    nameServer:
      declaredNameServer(objects).nameServer ?? input.before?.nameServer ?? defaultNameServer(),
    nodeIp: NODE_IP,
    podCidr: POD_CIDR,
    serviceCidr: SERVICE_CIDR,
    namespaces: namespacesOf(objects),
    policies: objects.filter(isPolicy),
    settings: platform.settings,
    pods: pods.map((pod) => ({
      namespace: pod.namespace,
      name: pod.name,
      labels: pod.labels,
      serviceAccount: pod.serviceAccount,
      ips: pod.ips,
      ports: pod.ports,
      hostNetwork: pod.hostNetwork,
      meshed: pod.meshed,
      hostname: pod.hostname,
      subdomain: pod.subdomain,
      ready: pod.ready,
      protocols: podProtocols(pod, services),
    })),
    services: services.map((service) =>
      viewService(
        service,
        input.pods,
        input.clusterIp(`${service.metadata.namespace}/${service.metadata.name}`),
        objects,
      ),
    ),
    ingresses: objects.filter((object) => groupKind(object) === "networking.k8s.io/Ingress"),
  };
}

function namespacesOf(objects: KubernetesObject[]): Namespace[] {
  const declared = objects.filter((object) => object.kind === "Namespace");
  const names = new Set([...BUILT_IN, ...declared.map((object) => object.metadata.name)]);
  return [...names].map((name) => ({
    name,
    labels: {
      ...declared.find((object) => object.metadata.name === name)?.metadata.labels,
      "kubernetes.io/metadata.name": name,
    },
  }));
}
