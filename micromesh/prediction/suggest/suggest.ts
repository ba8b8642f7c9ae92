/** The least NetworkPolicies that keep what is needed. */
import type { KubernetesObject } from "../../resources/declared.ts";
import { targetPort } from "../../resources/service-ports.ts";
import type { Analysis } from "../analysis.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Workload } from "../cluster/workloads.ts";
import type { NeededFlow } from "../needs/routes.ts";
import { dnsRule, inNamespace, labelsOf, peerFor } from "./selectors.ts";

interface Port {
  protocol: string;
  port: number;
}

/** Peers that share their ports. */
interface Rule {
  peers: object[];
  ports: Port[];
}

/**
 * One NetworkPolicy for each workload, in the order of their names: it lets in and out what some setting
 * or way in needs, DNS where a name is needed, and nothing else. What comes from outside by a Service of
 * type NodePort or LoadBalancer is let in from anywhere. The ingress controller and kube-system get none.
 */
export function suggest({ cluster, needed }: Analysis): KubernetesObject[] {
  return cluster.workloads
    .filter((workload) => isOwn(workload, cluster))
    .map((workload) => policyFor(workload, cluster, needed));
}

/** What the cluster or a chart brings has needs that no manifest here tells, such as the Kubernetes API. */
function isOwn({ pod, namespace, name }: Workload, { platform }: Cluster): boolean {
  const { ingress } = platform;
  if (pod.hostNetwork || namespace === "kube-system") return false;
  return !(namespace === ingress?.namespace && name === ingress.name);
}

/** The policy that a workload gets. */
export function policyFor(
  workload: Workload,
  cluster: Cluster,
  needed: NeededFlow[],
): KubernetesObject {
  const { namespace, name, id } = workload;
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: `only-needed-${name.replaceAll("#", "-")}`, namespace },
    spec: {
      podSelector: { matchLabels: labelsOf(workload, cluster) },
      policyTypes: ["Ingress", "Egress"],
      ingress: [
        ...rulesOf(inbound(id, namespace, cluster, needed), "from"),
        ...fromOutside(workload, cluster).map((port) => ({ ports: [port] })),
      ],
      egress: [
        ...rulesOf(outbound(id, namespace, cluster, needed), "to"),
        ...system(workload, cluster, needed),
      ],
    },
  };
}

function inbound(id: string, namespace: string, cluster: Cluster, needed: NeededFlow[]): Rule[] {
  return needed.flatMap(({ from, to }): Rule[] => {
    if (to.kind !== "workload" || to.workload.id !== id || from === id) return [];
    const source = cluster.workloads.find((workload) => workload.id === from);
    // A controller whose pods aren't declared may stand in any namespace.
    const peer = source ? peerFor(source, namespace, cluster) : { namespaceSelector: {} };
    return [{ peers: [peer], ports: [{ protocol: to.protocol, port: to.port }] }];
  });
}

function outbound(id: string, namespace: string, cluster: Cluster, needed: NeededFlow[]): Rule[] {
  return needed.flatMap(({ from, to }): Rule[] => {
    if (from !== id) return [];
    if (to.kind === "workload") {
      if (to.workload.id === id) return [];
      const ports = [{ protocol: to.protocol, port: to.port }];
      return [{ peers: [peerFor(to.workload, namespace, cluster)], ports }];
    }
    if (to.kind !== "host") return [];
    // A NetworkPolicy knows no names: whatever address the host has, on this port.
    const peer = { ipBlock: { cidr: "0.0.0.0/0" } };
    return [{ peers: [peer], ports: [{ protocol: "TCP", port: to.port ?? 443 }] }];
  });
}

/** What pods need of the cluster itself: names, and a sidecar its control plane. */
function system(workload: Workload, cluster: Cluster, needed: NeededFlow[]): object[] {
  const asksNames = needed.some(({ from, byName }) => byName && from === workload.id);
  const { mesh } = cluster.platform.settings;
  const istiod = {
    to: [
      {
        ...inNamespace(mesh?.rootNamespace ?? ""),
        podSelector: { matchLabels: { app: "istiod" } },
      },
    ],
    ports: [{ protocol: "TCP", port: 15012 }],
  };
  const meshed = mesh !== undefined && workload.pod.meshed;
  return [...(asksNames || meshed ? [dnsRule] : []), ...(meshed ? [istiod] : [])];
}

/** Ports of a workload that clients outside come to by a Service of its own. */
function fromOutside(workload: Workload, { services }: Cluster): Port[] {
  const ports = services
    .filter(({ exposed, backends }) => exposed && backends.includes(workload))
    .flatMap((service) =>
      service.ports.flatMap((port) => {
        const target = targetPort(port, workload.pod);
        return target === undefined ? [] : [{ protocol: port.protocol ?? "TCP", port: target }];
      }),
    );
  return [...new Map(ports.map((port) => [`${port.protocol} ${port.port}`, port])).values()];
}

/** Rules with the same ports become one with all of their peers; each peer and port once. */
function rulesOf(rules: Rule[], side: "from" | "to"): object[] {
  const byPeer = new Map<string, Rule>();
  for (const { peers, ports } of rules) {
    const key = JSON.stringify(peers);
    const before = byPeer.get(key);
    byPeer.set(key, { peers, ports: [...(before?.ports ?? []), ...ports] });
  }
  const byPorts = new Map<string, Rule>();
  for (const { peers, ports } of byPeer.values()) {
    const once = [
      ...new Map(ports.map((port) => [`${port.protocol} ${port.port}`, port])).values(),
    ];
    once.sort((a, b) => a.port - b.port);
    const key = JSON.stringify(once);
    byPorts.set(key, { peers: [...(byPorts.get(key)?.peers ?? []), ...peers], ports: once });
  }
  return [...byPorts.values()].map(({ peers, ports }) => ({ [side]: peers, ports }));
}
