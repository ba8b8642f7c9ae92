/** How a policy names a workload. */
import type { LabelSelector } from "../../connectivity/labels.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Workload } from "../cluster/workloads.ts";

/** Labels that tell workloads apart by convention, the best first; any other is less sure to stay. */
const telling = [
  "app.kubernetes.io/name",
  "app",
  "k8s-app",
  "name",
  "app.kubernetes.io/component",
  "component",
  "tier",
  "role",
  "app.kubernetes.io/instance",
];
/** Labels that change with each release. */
const passing = ["version", "app.kubernetes.io/version", "helm.sh/chart", "pod-template-hash"];

const neighbours = new WeakMap<Cluster, Map<string, Workload[]>>();

function inNamespaceOf({ namespace }: Workload, cluster: Cluster): Workload[] {
  let byNamespace = neighbours.get(cluster);
  if (!byNamespace) {
    byNamespace = new Map();
    for (const workload of cluster.workloads) {
      const list = byNamespace.get(workload.namespace);
      if (list) list.push(workload);
      else byNamespace.set(workload.namespace, [workload]);
    }
    neighbours.set(cluster, byNamespace);
  }
  return byNamespace.get(namespace) ?? [];
}

/**
 * Selects the workload's pods, and no others of its namespace, by as few labels as that takes. Where another
 * workload has all of its labels and more, it's the lack of those that counts; one with the very same
 * labels is selected too, since nothing tells them apart.
 */
export function selectorOf(workload: Workload, cluster: Cluster): LabelSelector {
  let selector = selectors.get(workload);
  if (!selector) {
    selector = tellingApart(workload, cluster);
    selectors.set(workload, selector);
  }
  return selector;
}

const selectors = new WeakMap<Workload, LabelSelector>();

function tellingApart(workload: Workload, cluster: Cluster): LabelSelector {
  const own = workload.pod.labels;
  const others = inNamespaceOf(workload, cluster).filter(({ id }) => id !== workload.id);
  const absent = absentLabels(
    own,
    others.map(({ pod }) => pod.labels),
  );
  const rivals = others.filter(
    ({ pod }) =>
      !includes(pod.labels, own) && !absent.some((key) => Object.hasOwn(pod.labels, key)),
  );
  const kept = Object.entries(own).sort(([a], [b]) => rank(a) - rank(b));
  for (let i = kept.length - 1; i >= 0 && kept.length > 1; i--) {
    const fewer = Object.fromEntries(kept.toSpliced(i, 1));
    if (rivals.every(({ pod }) => !includes(pod.labels, fewer))) kept.splice(i, 1);
  }
  const matchExpressions = absent.map((key) => ({ key, operator: "DoesNotExist" }));
  return {
    ...(kept.length > 0 && { matchLabels: Object.fromEntries(kept) }),
    ...(absent.length > 0 && { matchExpressions }),
  };
}

type Labels = Record<string, string>;

function includes(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

/** Of those who have all of our labels and more, a label that we lack. */
function absentLabels(own: Labels, others: Labels[]): string[] {
  const absent = new Set<string>();
  for (const labels of others) {
    if (!includes(labels, own)) continue;
    const more = Object.keys(labels)
      .filter((key) => !Object.hasOwn(own, key))
      .sort((a, b) => rank(a) - rank(b));
    if (more[0] !== undefined && !more.some((key) => absent.has(key))) absent.add(more[0]);
  }
  return [...absent];
}

function rank(key: string): number {
  const place = telling.indexOf(key);
  if (place >= 0) return place;
  return telling.length + (passing.includes(key) ? 1 : 0);
}

/**
 * The peer of a NetworkPolicy that stands in `namespace`. Undefined for a pod in its node's network, which no
 * peer but everyone surely covers: to most CNIs it's its node, and nodes' addresses aren't declared.
 */
export function peerFor(
  workload: Workload,
  namespace: string,
  cluster: Cluster,
): object | undefined {
  if (isNode(workload, cluster)) return undefined;
  const podSelector = selectorOf(workload, cluster);
  return workload.namespace === namespace
    ? { podSelector }
    : { ...inNamespace(workload.namespace), podSelector };
}

/** Its pods are to policies what their node is. */
export function isNode({ pod }: Workload, { platform }: Cluster): boolean {
  return pod.hostNetwork && platform.settings.hostNetworkPods === "node";
}

/** Every address of a family. */
export const everywhere = { 4: "0.0.0.0/0", 6: "::/0" } as const;

/** The peer of the cluster's name server, and the ports that it answers on. */
export const dnsRule = {
  to: [
    {
      ...inNamespace("kube-system"),
      podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
    },
  ],
  ports: [
    { protocol: "UDP", port: 53 },
    { protocol: "TCP", port: 53 },
  ],
};

/** Every namespace has this label: https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name */
export function inNamespace(name: string): object {
  return { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } };
}
