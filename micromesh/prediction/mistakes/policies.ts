/** Policies that don't do what they say. */
import { compileSelector, type LabelSelector } from "../../connectivity/labels.ts";
import type { KubernetesObject } from "../../resources/declared.ts";
import { groupKind, objectTitle } from "../../resources/kubernetes.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Workload } from "../cluster/workloads.ts";
import type { Ends } from "../ends.ts";
import type { Mistake } from "../prediction.ts";

export function policyMistakes(cluster: Cluster, ends: Ends): Mistake[] {
  return [
    ...cluster.rejected.map((problem) => ({
      object: objectTitle({ kind: problem.kind, metadata: problem }),
      field: problem.field,
      text: `${problem.text} (the API server rejects it, so it has no effect)`,
    })),
    ...cluster.policies.flatMap(
      (policy) => unenforced(policy, cluster) ?? ineffective(policy, cluster),
    ),
    ...withoutNames(cluster, ends),
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
function ineffective(policy: KubernetesObject, cluster: Cluster): Mistake[] {
  const object = objectTitle(policy);
  const { namespace } = policy.metadata;
  const here = cluster.workloads.filter((workload) => workload.namespace === namespace);
  if (groupKind(policy) === "networking.k8s.io/NetworkPolicy") {
    return networkPolicyMistakes(policy, here, cluster).map((mistake) => ({ object, ...mistake }));
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
    const names = bare.map(({ id }) => id).join(", ");
    return [{ object, text: `has no effect: ${names} has no sidecar that could enforce it` }];
  }
  return [];
}

type Found = Omit<Mistake, "object">;

function networkPolicyMistakes(
  { spec = {}, metadata }: KubernetesObject,
  here: Workload[],
  cluster: Cluster,
): Found[] {
  const selector = spec.podSelector as LabelSelector | undefined;
  const selected = selectedBy(selector, here);
  if (selected.length === 0) {
    const text =
      here.length === 0
        ? `selects no pod: no workload stands in namespace ${metadata.namespace}`
        : selectsNobody(selector ?? {}, metadata.namespace);
    return [{ field: "spec.podSelector", text }];
  }
  const found: Found[] = [];
  const onHost = selected.filter(({ pod }) => pod.hostNetwork);
  if (onHost.length > 0 && cluster.platform.settings.hostNetworkPods === "node") {
    const names = onHost.map(({ id }) => id).join(", ");
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
        const text = meetsNobody(peer, metadata.namespace as string, cluster);
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

function meetsNobody(peer: Peer, namespace: string, cluster: Cluster): string | undefined {
  const { podSelector, namespaceSelector } = peer;
  if (!podSelector && !namespaceSelector) return undefined;
  const matches = namespaceSelector && compileSelector(namespaceSelector);
  const namespaces = cluster.namespaces.filter(({ name, labels }) =>
    matches ? matches(labels) : name === namespace,
  );
  if (namespaces.length === 0) {
    return `matches no namespace: none has the labels ${selectorText(namespaceSelector ?? {})}`;
  }
  const names = new Set(namespaces.map(({ name }) => name));
  const among = cluster.workloads.filter((workload) => names.has(workload.namespace));
  // CoreDNS is in every cluster, whether its manifest is at hand or not.
  if (names.has("kube-system")) return undefined;
  if (!podSelector || selectedBy(podSelector, among).length > 0) return undefined;
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
    const names = selected.map(({ id }) => id).join(", ");
    const text = `is ${port}, a name that no container of ${names} gives to a port, so it opens nothing`;
    return known ? [] : [{ field: `${at}.ports[${i}].port`, text }];
  });
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

/** Pods that policies leave without the cluster's DNS: whatever they're told to call, they won't find it. */
function withoutNames(cluster: Cluster, ends: Ends): Mistake[] {
  const cut = new Map<string, Workload[]>();
  for (const workload of cluster.workloads) {
    if (workload.pod.hostNetwork) continue;
    const lookup = ends.connectivity.lookup(workload.pod, "kubernetes.default.svc.cluster.local");
    // A DNS proxy refuses names by rules that someone wrote for a reason.
    if (lookup.allowed || lookup.proxied) continue;
    // Without any egress there's nobody to look up.
    if (!reachesAnyone(workload, ends)) continue;
    const blame = lookup.because.find(({ kind }) => kind);
    if (!blame?.kind) continue;
    const object = objectTitle({
      kind: blame.kind,
      metadata: { name: blame.name ?? "", namespace: blame.namespace },
    });
    cut.set(object, [...(cut.get(object) ?? []), workload]);
  }
  return [...cut].map(([object, workloads]) => ({
    object,
    field: "spec.egress",
    text: `leaves ${workloads.map(({ id }) => id).join(", ")} without DNS, so no name can be looked up; allow UDP and TCP 53 to k8s-app=kube-dns in kube-system`,
  }));
}

function reachesAnyone(from: Workload, { reach, placeOf }: Ends): boolean {
  const own = reach.classes.of[placeOf(from.id)] as number;
  return reach.classes.members.some((_, to) => reach.access(own, to) !== reach.accesses.none);
}
