/** The least NetworkPolicies that keep what is needed. */
import type { KubernetesObject } from "../../resources/declared.ts";
import { targetPort } from "../../resources/service-ports.ts";
import type { Analysis } from "../analysis.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Workload } from "../cluster/workloads.ts";
import type { NeededFlow } from "../needs/routes.ts";
import { NODE } from "../needs/services-own.ts";
import { policyNames } from "./names.ts";
import { type PolicyPort, type PolicyRule, policyRules } from "./rules.ts";
import { dnsRule, everywhere, inNamespace, isNode, peerFor, selectorOf } from "./selectors.ts";

/**
 * One NetworkPolicy for each workload, in the order of their names: it lets in and out what some setting
 * or way in needs, DNS where a name is needed, and nothing else. What comes from outside by a Service of
 * type NodePort or LoadBalancer is let in from anywhere, and so is what comes from pods in their nodes'
 * network, whose addresses aren't declared. Workloads that the cluster or a chart brings get none, nor do pods
 * in their nodes' network, which no policy for pods meets.
 */
export function suggest(analysis: Analysis): KubernetesObject[] {
  const { cluster } = analysis;
  const surroundings = surroundingsOf(analysis);
  const own = cluster.workloads.filter((workload) => isOwn(workload, cluster));
  const names = policyNames(own);
  return own.map((workload) => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: names.get(workload) as string, namespace: workload.namespace },
    spec: {
      podSelector: selectorOf(workload, cluster),
      policyTypes: ["Ingress", "Egress"],
      ingress: ingressRules(workload, surroundings),
      egress: egressRules(workload, surroundings),
    },
  }));
}

/** What the cluster or a chart brings has needs that no manifest here tells, such as the Kubernetes API. */
function isOwn(workload: Workload, cluster: Cluster): boolean {
  const { namespace, name } = workload;
  const { ingress, settings } = cluster.platform;
  if (isNode(workload, cluster) || namespace === "kube-system") return false;
  if (namespace === settings.mesh?.rootNamespace) return false;
  return !(namespace === ingress?.namespace && name === ingress.name);
}

/** A cluster with what is needed in it, by the ends. */
export interface Surroundings {
  cluster: Cluster;
  byId: Map<string, Workload>;
  into: Map<string, NeededFlow[]>;
  outOf: Map<string, NeededFlow[]>;
  /** Peers that cover every address outside of the cluster. */
  outside: object[];
}

/** @param needed what is to be kept; by default all that is needed */
export function surroundingsOf(
  { cluster, ends, needed: all }: Analysis,
  needed: NeededFlow[] = all,
): Surroundings {
  const [into, outOf] = [new Map<string, NeededFlow[]>(), new Map<string, NeededFlow[]>()];
  const add = (map: Map<string, NeededFlow[]>, key: string, flow: NeededFlow) => {
    const list = map.get(key);
    if (list) list.push(flow);
    else map.set(key, [flow]);
  };
  for (const flow of needed) {
    add(outOf, flow.from, flow);
    if (flow.to.kind === "workload") add(into, flow.to.workload.id, flow);
  }
  const sixToo = ends.list.some((end) => end.kind === "external" && end.outside.range.family === 6);
  return {
    cluster,
    byId: new Map(cluster.workloads.map((workload) => [workload.id, workload])),
    into,
    outOf,
    outside: (sixToo ? [4 as const, 6 as const] : [4 as const]).map((family) => ({
      ipBlock: { cidr: everywhere[family] },
    })),
  };
}

/** What is let in at a workload. */
export function ingressRules(workload: Workload, surroundings: Surroundings): object[] {
  const { cluster, byId, into } = surroundings;
  const needed = (into.get(workload.id) ?? []).flatMap(({ from, to, clients }): PolicyRule[] => {
    // What comes by the Service's own ways in is let in from anywhere, below.
    if (to.kind !== "workload" || clients || from === NODE) return [];
    const source = byId.get(from);
    // A controller whose pods aren't declared may stand in any namespace.
    const peer = source ? peerFor(source, workload.namespace, cluster) : { namespaceSelector: {} };
    const ports = [{ protocol: to.protocol, port: to.port }];
    return [peer ? { peers: [peer], ports } : { ports }];
  });
  return policyRules([...needed, ...fromOutside(workload, cluster)], "from");
}

/** What is let out at a workload. */
export function egressRules(workload: Workload, surroundings: Surroundings): object[] {
  const { cluster, outOf, outside } = surroundings;
  const needed = outOf.get(workload.id) ?? [];
  const rules = needed.flatMap(({ to }): PolicyRule[] => {
    if (to.kind === "workload") {
      const peer = peerFor(to.workload, workload.namespace, cluster);
      const ports = [{ protocol: to.protocol, port: to.port }];
      return [peer ? { peers: [peer], ports } : { ports }];
    }
    if (to.kind !== "host") return [];
    // A NetworkPolicy knows no names: whatever address the host has, on this port.
    return [{ peers: outside, ports: [{ protocol: "TCP", port: to.port ?? 443 }] }];
  });
  return [...policyRules(rules, "to"), ...system(workload, cluster, needed)];
}

/** What pods need of the cluster itself: names, and a sidecar its control plane. */
function system(workload: Workload, cluster: Cluster, needed: NeededFlow[]): object[] {
  const asksNames = needed.some(({ byName }) => byName);
  const { mesh } = cluster.platform.settings;
  if (!mesh || !workload.pod.meshed) return asksNames ? [dnsRule] : [];
  const istiod = {
    to: [{ ...inNamespace(mesh.rootNamespace), podSelector: { matchLabels: { app: "istiod" } } }],
    ports: [{ protocol: "TCP", port: 15012 }],
  };
  return [dnsRule, istiod];
}

/** Ports of a workload that clients outside come to by a Service of its own. */
function fromOutside(workload: Workload, { services }: Cluster): PolicyRule[] {
  const ports = services
    .filter(({ exposed, backends }) => exposed && backends.includes(workload))
    .flatMap((service) =>
      service.ports.flatMap((port): PolicyPort[] => {
        const target = targetPort(port, workload.pod);
        return target === undefined ? [] : [{ protocol: port.protocol ?? "TCP", port: target }];
      }),
    );
  return ports.length > 0 ? [{ ports }] : [];
}
