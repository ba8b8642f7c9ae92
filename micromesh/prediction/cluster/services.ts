/** The Services that objects declare, and the workloads behind them. */
import { type Block, parseBlock } from "../../connectivity/address.ts";
import type { KubernetesObject } from "../../resources/declared.ts";
import {
  type AppProtocol,
  appProtocol,
  type ServicePort,
  targetPort,
} from "../../resources/service-ports.ts";
import type { Workload } from "./workloads.ts";

export interface Service {
  /** `namespace/name`. */
  key: string;
  namespace: string;
  name: string;
  selector: Record<string, string>;
  /** The name outside that it stands for, of type ExternalName. */
  externalName?: string;
  /** Its name stands for its pods' own addresses. */
  headless: boolean;
  /** It has a way in from outside of its own: NodePort or LoadBalancer. */
  exposed: boolean;
  /** Of type LoadBalancer: the only clients that it admits; undefined: everybody. */
  admitted?: Block[];
  ports: ServicePort[];
  /** The workloads that it selects, those without replicas too. */
  backends: Workload[];
}

export function servicesOf(objects: KubernetesObject[], workloads: Workload[]): Service[] {
  const byNamespace = new Map<string, Workload[]>();
  for (const workload of workloads) {
    const list = byNamespace.get(workload.namespace);
    if (list) list.push(workload);
    else byNamespace.set(workload.namespace, [workload]);
  }
  return objects
    .filter(({ kind, apiVersion }) => kind === "Service" && apiVersion === "v1")
    .map((object) => {
      const { metadata, spec = {} } = object;
      const namespace = metadata.namespace ?? "default";
      const selector: Record<string, string> = spec.selector ?? {};
      const wanted = Object.entries(selector);
      const external = spec.type === "ExternalName";
      return {
        key: `${namespace}/${metadata.name}`,
        namespace,
        name: metadata.name,
        selector,
        externalName: external ? spec.externalName : undefined,
        headless: spec.clusterIP === "None",
        exposed: spec.type === "NodePort" || spec.type === "LoadBalancer",
        admitted: sourceRanges(object),
        ports: external ? [] : (spec.ports ?? []),
        backends:
          external || wanted.length === 0
            ? []
            : (byNamespace.get(namespace) ?? []).filter(({ pod }) =>
                wanted.every(([key, value]) => pod.labels[key] === value),
              ),
      };
    });
}

/** Whom a Service of type LoadBalancer admits; undefined: everybody. A range that isn't one admits nobody. */
export function sourceRanges({ spec = {} }: KubernetesObject): Block[] | undefined {
  const ranges = (spec.loadBalancerSourceRanges ?? []) as string[];
  if (spec.type !== "LoadBalancer" || ranges.length === 0) return undefined;
  return ranges.map((text) => parseBlock(text.trim())).filter((block) => block !== undefined);
}

/** The port of a Service, by number or name. */
export function servicePort(service: Service, port: number | string): ServicePort | undefined {
  return service.ports.find((one) => one.port === port || one.name === port);
}

type Protocols = Map<number, AppProtocol>;

/** What the mesh takes each port of a workload for, from the Services in front of it. */
export function protocolsOf(workload: Workload, services: Service[]): Protocols {
  let byWorkload = protocols.get(services);
  if (!byWorkload) {
    byWorkload = protocolsBehind(services);
    protocols.set(services, byWorkload);
  }
  return byWorkload.get(workload) ?? new Map();
}

/** Asked for every pair of a mesh; Services are taken as immutable. */
const protocols = new WeakMap<Service[], Map<Workload, Protocols>>();

function protocolsBehind(services: Service[]): Map<Workload, Protocols> {
  const byWorkload = new Map<Workload, Protocols>();
  for (const { backends, ports } of services) {
    for (const workload of backends) {
      const own = byWorkload.get(workload) ?? new Map<number, AppProtocol>();
      byWorkload.set(workload, own);
      for (const port of ports) {
        const target = targetPort(port, workload.pod);
        if (target !== undefined) own.set(target, appProtocol(port));
      }
    }
  }
  return byWorkload;
}
