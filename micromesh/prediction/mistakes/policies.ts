/** Policies that don't do what they say. */
import { compileSelector, type LabelSelector } from "../../connectivity/labels.ts";
import type { KubernetesObject } from "../../resources/declared.ts";
import { groupKind, objectTitle } from "../../resources/kubernetes.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { named } from "../cluster/named.ts";
import type { Workload } from "../cluster/workloads.ts";
import type { Mistake } from "../prediction.ts";

export function policyMistakes(cluster: Cluster): Mistake[] {
  const inNamespace = byNamespace(cluster.workloads);
  return [
    ...cluster.rejected.map((problem) => ({
      object: objectTitle({ kind: problem.kind, metadata: problem }),
      field: problem.field,
      text: problem.clear
        ? `${problem.text} (the API server rejects the policy; here it's taken as meant)`
        : `${problem.text} (the API server rejects the policy, so it has no effect)`,
    })),
    ...cluster.policies.flatMap(
      (policy) => unenforced(policy, cluster) ?? ineffective(policy, cluster, inNamespace),
    ),
  ];
}

type Part = "cni" | "mesh";

/** Who has to be there for a kind to have an effect. */
const enforcers: Record<string, { part: Part; what: string; isThere(cluster: Cluster): boolean }> =
  {
    "networking.k8s.io/NetworkPolicy": {
      part: "cni",
      what: "NetworkPolicies",
      isThere: ({ platform }) => platform.settings.networkPolicy,
    },
    "cilium.io/CiliumNetworkPolicy": cilium("CiliumNetworkPolicies"),
    "cilium.io/CiliumClusterwideNetworkPolicy": cilium("CiliumClusterwideNetworkPolicies"),
    "policy.networking.k8s.io/ClusterNetworkPolicy": tiers("ClusterNetworkPolicies"),
    "policy.networking.k8s.io/AdminNetworkPolicy": tiers("AdminNetworkPolicies"),
    "policy.networking.k8s.io/BaselineAdminNetworkPolicy": tiers("BaselineAdminNetworkPolicies"),
    "security.istio.io/AuthorizationPolicy": istio("AuthorizationPolicies"),
    "security.istio.io/PeerAuthentication": istio("PeerAuthentications"),
  };

function cilium(what: string) {
  return {
    part: "cni" as const,
    what,
    isThere: ({ platform }: Cluster) => platform.settings.cilium,
  };
}

function tiers(what: string) {
  const isThere = ({ platform }: Cluster) => platform.settings.clusterNetworkPolicy;
  return { part: "cni" as const, what, isThere };
}

function istio(what: string) {
  const isThere = ({ platform }: Cluster) => platform.settings.mesh !== undefined;
  return { part: "mesh" as const, what, isThere };
}

function unenforced(policy: KubernetesObject, cluster: Cluster): Mistake[] | undefined {
  const enforcer = enforcers[groupKind(policy)];
  if (!enforcer || enforcer.isThere(cluster)) return undefined;
  const { part, what } = enforcer;
  const mend =
    part === "mesh" ? "declare a mesh (mesh.kind)" : "declare a CNI that does (cni.kind)";
  const text = `has no effect: nothing in this cluster enforces ${what} (${part}: ${cluster.platform.parts[part]}); ${mend}`;
  return [{ object: objectTitle(policy), text }];
}

/** A policy that is enforced, and yet meets nobody. */
function ineffective(
  policy: KubernetesObject,
  cluster: Cluster,
  inNamespace: ByNamespace,
): Mistake[] {
  const object = objectTitle(policy);
  const { namespace } = policy.metadata;
  const here = inNamespace.get(namespace ?? "") ?? [];
  if (groupKind(policy) === "networking.k8s.io/NetworkPolicy") {
    const found = networkPolicyMistakes(policy, here, cluster, inNamespace);
    return found.map((mistake) => ({ object, ...mistake }));
  }
  if (policy.apiVersion.startsWith("security.istio.io/")) {
    const root = cluster.platform.settings.mesh?.rootNamespace;
    const selector = policy.spec?.selector as LabelSelector | undefined;
    const selected = selectedBy(selector, namespace === root ? cluster.workloads : here);
    if (selected.length === 0) {
      return selector
        ? [{ object, field: "spec.selector", text: selectsNobody(selector, namespace) }]
        : [];
    }
    const bare = selected.filter(({ pod }) => !pod.meshed);
    if (bare.length < selected.length) return [];
    const names = named(bare);
    return [{ object, text: `has no effect: ${names} has no sidecar that could enforce it` }];
  }
  return [];
}

type Found = Omit<Mistake, "object">;

function networkPolicyMistakes(
  { spec = {}, metadata }: KubernetesObject,
  here: Workload[],
  cluster: Cluster,
  inNamespace: ByNamespace,
): Found[] {
  const selector = spec.podSelector as LabelSelector | undefined;
  const selected = selectedBy(selector, here);
  if (selected.length === 0) {
    // What stands there is the cluster's own, whose manifests are seldom at hand.
    if (metadata.namespace === "kube-system") return [];
    const text =
      here.length === 0
        ? `selects no pod: no workload stands in namespace ${metadata.namespace}`
        : selectsNobody(selector ?? {}, metadata.namespace);
    return [{ field: "spec.podSelector", text }];
  }
  const found: Found[] = [];
  const onHost = selected.filter(({ pod }) => pod.hostNetwork);
  if (onHost.length > 0 && cluster.platform.settings.hostNetworkPods === "node") {
    const names = named(onHost);
    found.push({
      field: "spec.podSelector",
      text: `doesn't reach ${names}, which stands in its node's network, where policies for pods don't apply`,
    });
  }
  for (const [direction, side] of [
    ["ingress", "from"],
    ["egress", "to"],
  ] as const) {
    for (const [i, rule] of ((spec[direction] ?? []) as Rule[]).entries()) {
      const at = `spec.${direction}[${i}]`;
      for (const [j, peer] of (rule[side] ?? []).entries()) {
        const text = meetsNobody(peer, metadata.namespace as string, cluster, inNamespace);
        if (text) found.push({ field: `${at}.${side}[${j}]`, text });
      }
      if (direction === "ingress") found.push(...unknownPortNames(rule, at, selected));
    }
  }
  return found;
}

interface Rule {
  from?: Peer[];
  to?: Peer[];
  ports?: { port?: number | string }[];
}

interface Peer {
  podSelector?: LabelSelector;
  namespaceSelector?: LabelSelector;
}

function meetsNobody(
  peer: Peer,
  namespace: string,
  cluster: Cluster,
  inNamespace: ByNamespace,
): string | undefined {
  const { podSelector, namespaceSelector } = peer;
  if (!podSelector && !namespaceSelector) return undefined;
  const matches = namespaceSelector && compileSelector(namespaceSelector);
  const namespaces = cluster.namespaces.filter(({ name, labels }) =>
    matches ? matches(labels) : name === namespace,
  );
  if (namespaces.length === 0) {
    return `matches no namespace: none that is declared has the labels ${selectorText(namespaceSelector ?? {})}`;
  }
  // CoreDNS is in every cluster, whether its manifest is at hand or not.
  if (!podSelector || namespaces.some(({ name }) => name === "kube-system")) return undefined;
  const isMeant = compileSelector(podSelector);
  const met = namespaces.some(({ name }) =>
    inNamespace.get(name)?.some(({ pod }) => isMeant(pod.labels)),
  );
  if (met) return undefined;
  const elsewhere = selectedBy(podSelector, cluster.workloads);
  const hint =
    !namespaceSelector && elsewhere.length > 0
      ? `; ${elsewhere[0]?.id} has them, but without a namespaceSelector only pods in ${namespace} are meant`
      : "";
  return `matches no pod: none there has the labels ${selectorText(podSelector)}${hint}`;
}

function unknownPortNames(rule: Rule, at: string, selected: Workload[]): Found[] {
  return (rule.ports ?? []).flatMap(({ port }, i) => {
    if (typeof port !== "string") return [];
    const known = selected.some(({ pod }) => pod.ports.some(({ name }) => name === port));
    const names = named(selected);
    const text = `is ${port}, a name that no container of ${names} gives to a port, so it opens nothing`;
    return known ? [] : [{ field: `${at}.ports[${i}].port`, text }];
  });
}

type ByNamespace = Map<string, Workload[]>;

function byNamespace(workloads: Workload[]): ByNamespace {
  const map: ByNamespace = new Map();
  for (const workload of workloads) {
    const list = map.get(workload.namespace);
    if (list) list.push(workload);
    else map.set(workload.namespace, [workload]);
  }
  return map;
}

function selectedBy(selector: LabelSelector | undefined, workloads: Workload[]): Workload[] {
  const matches = compileSelector(selector);
  return workloads.filter(({ pod }) => matches(pod.labels));
}

function selectsNobody(selector: LabelSelector, namespace: string | undefined): string {
  return `selects no pod: no workload of ${namespace} has the labels ${selectorText(selector)}`;
}

function selectorText({ matchLabels, matchExpressions }: LabelSelector): string {
  const labels = Object.entries(matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const expressions = (matchExpressions ?? []).map(
    ({ key, operator, values }) =>
      `${key} ${operator}${values?.length ? ` ${values.join(",")}` : ""}`,
  );
  return [...labels, ...expressions].join(", ");
}
