import { declaredService } from "../../connectivity/index.ts";
import type { KubernetesObject } from "../../resources/declared.ts";
import {
  type AppProtocol,
  appProtocol,
  type ServicePort,
  targetPort,
} from "../../resources/service-ports.ts";
import type { ViewService, ViewServicePort } from "../network/view.ts";
import type { PodStatus } from "../pods/status.ts";
import { matchesLabels } from "./selectors.ts";

/**
 * A Service with the pods behind it, as the endpoints controller and kube-proxy see them.
 * @param clusterIp its address where it declares none
 * @param objects where the endpoints of one without selector are declared
 */
export function viewService(
  service: KubernetesObject,
  pods: PodStatus[],
  clusterIp: string,
  objects: KubernetesObject[],
): ViewService {
  const spec = service.spec ?? {};
  const backends = backendsOf(service, pods);
  const headless = spec.clusterIP === "None";
  const base = {
    ...declaredService(service, objects),
    type: spec.type ?? "ClusterIP",
    publishNotReadyAddresses: spec.publishNotReadyAddresses === true,
  };
  // Published addresses count as ready, for kube-proxy too.
  const serving = backends.filter((pod) => pod.ready || base.publishNotReadyAddresses);
  if (spec.type === "ExternalName") {
    return { ...base, externalName: spec.externalName, ports: [], addresses: [] };
  }
  return {
    ...base,
    clusterIp: headless ? undefined : spec.clusterIP || clusterIp,
    ports: ((spec.ports ?? []) as ServicePort[]).map((port) => viewPort(port, serving)),
    addresses: backends.map((pod) => ({
      ip: pod.ips[0] as string,
      hostname: pod.subdomain === service.metadata.name ? pod.hostname : undefined,
      ready: pod.ready,
    })),
  };
}

/** The pods that a Service selects, ready or not; terminating ones have left it already. */
export function backendsOf(service: KubernetesObject, pods: PodStatus[]): PodStatus[] {
  const selector = service.spec?.selector as Record<string, string> | undefined;
  if (!selector || Object.keys(selector).length === 0) return [];
  return pods.filter(
    (pod) =>
      pod.namespace === service.metadata.namespace &&
      !pod.terminating &&
      matchesLabels(selector, pod.labels),
  );
}

function viewPort(port: ServicePort, serving: PodStatus[]): ViewServicePort {
  return {
    name: port.name,
    port: port.port,
    protocol: port.protocol ?? "TCP",
    appProtocol: appProtocol(port),
    endpoints: serving.flatMap((pod) => {
      const target = targetPort(port, pod);
      return target === undefined ? [] : [{ ip: pod.ips[0] as string, port: target }];
    }),
  };
}

/** What the mesh takes each port of a pod for, from the Services in front of it. */
export function podProtocols(
  pod: PodStatus,
  services: KubernetesObject[],
): Record<string, AppProtocol> {
  const protocols: Record<string, AppProtocol> = {};
  for (const service of services) {
    if (backendsOf(service, [pod]).length === 0) continue;
    for (const port of (service.spec?.ports ?? []) as ServicePort[]) {
      const target = targetPort(port, pod);
      if (target !== undefined) protocols[target] = appProtocol(port);
    }
  }
  return protocols;
}
