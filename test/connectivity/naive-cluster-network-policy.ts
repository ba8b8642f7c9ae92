/**
 * A second, deliberately naive evaluator of ClusterNetworkPolicy, AdminNetworkPolicy and
 * BaselineAdminNetworkPolicy among NetworkPolicies. It is written sentence by sentence from the type
 * definitions of the network policy API (the quotes) and from the Kubernetes API reference, and shares no
 * code with the library: no compiling, no caching, addresses as bit strings.
 */
import type { Namespace, Pod, Protocol } from "../../micromesh/connectivity/model.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";

// biome-ignore lint/suspicious/noExplicitAny: reads policies as they stand
type Any = any;

/** Exactly one of: a pod, the node, something outside. */
export type NaiveEnd = { pod?: Pod; node?: boolean; ip?: string };

export interface NaiveCluster {
  namespaces: Namespace[];
  policies: KubernetesObject[];
  addressesMatchPods: boolean;
}

export interface NaiveFlow {
  from: NaiveEnd;
  to: NaiveEnd;
  port: number;
  protocol: Protocol;
}

/** Who came to the decision for one end, for the tests' statistics. */
export type NaiveTier = "Admin" | "NetworkPolicy" | "Baseline" | "default";

export function naiveDecision(
  cluster: NaiveCluster,
  flow: NaiveFlow,
): { allowed: boolean; by: NaiveTier[] } {
  const { from, to } = flow;
  // "A Pod connecting to its own Pod IP is not subject to CNP", nor to NetworkPolicies.
  if (from.pod !== undefined && from.pod === to.pod) return { allowed: true, by: [] };
  const out = isPod(from) ? decideEnd(cluster, "egress", from.pod as Pod, flow) : undefined;
  const into = isPod(to) ? decideEnd(cluster, "ingress", to.pod as Pod, flow) : undefined;
  const ends = [out, into].filter((end) => end !== undefined);
  return { allowed: ends.every(({ allowed }) => allowed), by: ends.map(({ by }) => by) };
}

/** "Note that host-networked pods are not included." */
function isPod(end: NaiveEnd): boolean {
  return end.pod !== undefined && !end.pod.hostNetwork;
}

function isNode(end: NaiveEnd): boolean {
  return end.node === true || end.pod?.hostNetwork === true;
}

type Direction = "ingress" | "egress";

/** "Policy tiers are evaluated in the following order: Admin tier, NetworkPolicy tier, Baseline tier". */
function decideEnd(
  cluster: NaiveCluster,
  direction: Direction,
  self: Pod,
  flow: NaiveFlow,
): { allowed: boolean; by: NaiveTier } {
  // "If Admin tier has made a final decision (Accept or Deny) on a connection, then no further evaluation
  // is done."
  const admin = decideTier(cluster, "Admin", direction, self, flow);
  if (admin === "Accept") return { allowed: true, by: "Admin" };
  if (admin === "Deny") return { allowed: false, by: "Admin" };
  // "v1.NetworkPolicy always makes a final decision for selected pods."
  const own = decideByNetworkPolicies(cluster, direction, self, flow);
  if (own !== undefined) return { allowed: own, by: "NetworkPolicy" };
  const baseline = decideTier(cluster, "Baseline", direction, self, flow);
  if (baseline === "Accept") return { allowed: true, by: "Baseline" };
  if (baseline === "Deny") return { allowed: false, by: "Baseline" };
  // "the default kubernetes policy is applied, which says that all pods can communicate with each other."
  return { allowed: true, by: "default" };
}

function tierOf(policy: KubernetesObject): string {
  if (policy.kind === "ClusterNetworkPolicy") return policy.spec.tier;
  if (policy.kind === "AdminNetworkPolicy") return "Admin";
  return policy.kind === "BaselineAdminNetworkPolicy" ? "Baseline" : "NetworkPolicy";
}

/** The action of the first rule that matches: Accept, Deny or Pass. */
function decideTier(
  cluster: NaiveCluster,
  tier: "Admin" | "Baseline",
  direction: Direction,
  self: Pod,
  flow: NaiveFlow,
): string | undefined {
  const policies = cluster.policies.filter((policy) => tierOf(policy) === tier);
  // "Policies with lower priority values have higher precedence". Who has none comes last; of equals, whose
  // order is left open, the one whose kind and name come first.
  const key = (policy: KubernetesObject) =>
    `${String(policy.spec.priority ?? 9999).padStart(4, "0")} ${policy.kind} ${policy.metadata.name}`;
  policies.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  for (const { spec } of policies) {
    if (!podsMatch(cluster, spec.subject, self)) continue;
    // "A rule that appears at the top of the ingress rules would take the highest precedence."
    for (const rule of spec[direction] ?? []) {
      const action = ruleSays(cluster, rule, direction, flow);
      if (action !== undefined) return action;
    }
  }
  return undefined;
}

/** What the rule does to the connection; undefined: it doesn't match. */
function ruleSays(
  cluster: NaiveCluster,
  rule: Any,
  direction: Direction,
  flow: NaiveFlow,
): string | undefined {
  const action = rule.action === "Allow" ? "Accept" : rule.action;
  const peers: Any[] = direction === "ingress" ? rule.from : rule.to;
  const known = ["namespaces", "pods", "nodes", "networks", "domainNames"];
  if (peers.some((peer) => !known.some((field) => peer[field] !== undefined))) {
    // "For 'Accept' rules, 'fail closed' means: 'treat the rule as matching no traffic'. For 'Deny' and
    // 'Pass' rules, 'fail closed' means: 'treat the rule as a Deny all rule'."
    return action === "Accept" ? undefined : "Deny";
  }
  const other = direction === "ingress" ? flow.from : flow.to;
  if (!peers.some((peer) => peerMatches(cluster, peer, other))) return undefined;
  const ports = rule.protocols ?? rule.ports;
  if (ports !== undefined && !ports.some((port: Any) => tieredPortMatches(port, flow))) {
    return undefined;
  }
  return action;
}

function peerMatches(cluster: NaiveCluster, peer: Any, other: NaiveEnd): boolean {
  if (peer.namespaces !== undefined || peer.pods !== undefined) {
    return isPod(other) && podsMatch(cluster, peer, other.pod as Pod);
  }
  if (peer.nodes !== undefined) {
    const labels = { "kubernetes.io/os": "linux", "node-role.kubernetes.io/control-plane": "" };
    return isNode(other) && labelsMatch(peer.nodes, labels);
  }
  if (peer.networks !== undefined) {
    // "cluster-internal traffic will be checked against the rule as well", which not everybody does.
    if ((isPod(other) || isNode(other)) && !cluster.addressesMatchPods) return false;
    const ips = other.pod?.ips ?? [other.ip as string];
    return peer.networks.some((cidr: string) => ips.some((ip) => inCidr(ip, cidr)));
  }
  return false;
}

function podsMatch(cluster: NaiveCluster, spec: Any, pod: Pod): boolean {
  if (pod.hostNetwork) return false;
  if (spec.namespaces !== undefined) {
    return labelsMatch(spec.namespaces, namespaceLabels(cluster, pod));
  }
  // "if empty, it selects all Namespaces"
  const namespaces = spec.pods.namespaceSelector ?? {};
  return (
    labelsMatch(namespaces, namespaceLabels(cluster, pod)) &&
    labelsMatch(spec.pods.podSelector, pod.labels)
  );
}

function namespaceLabels(cluster: NaiveCluster, pod: Pod): Record<string, string> {
  const found = cluster.namespaces.find(({ name }) => name === pod.namespace);
  return { ...found?.labels, "kubernetes.io/metadata.name": pod.namespace };
}

function tieredPortMatches(spec: Any, { to, port, protocol }: NaiveFlow): boolean {
  const name = spec.destinationNamedPort ?? spec.namedPort;
  if (name !== undefined) return hasPort(to, name, port, protocol);
  const own = spec[protocol.toLowerCase()]?.destinationPort;
  if (own?.number !== undefined) return own.number === port;
  if (own?.range !== undefined) return own.range.start <= port && port <= own.range.end;
  // "If not specified, this field defaults to TCP."
  const { portNumber, portRange } = spec;
  if (portNumber !== undefined) {
    return (portNumber.protocol ?? "TCP") === protocol && portNumber.port === port;
  }
  if (portRange !== undefined) {
    if ((portRange.protocol ?? "TCP") !== protocol) return false;
    return portRange.start <= port && port <= portRange.end;
  }
  return false;
}

function hasPort(to: NaiveEnd, name: string, port: number, protocol: Protocol): boolean {
  if (!isPod(to)) return false;
  return (to.pod as Pod).ports.some(
    (declared) =>
      declared.name === name && declared.containerPort === port && declared.protocol === protocol,
  );
}

/** Undefined where no NetworkPolicy selects the pod for the direction. */
function decideByNetworkPolicies(
  cluster: NaiveCluster,
  direction: Direction,
  self: Pod,
  flow: NaiveFlow,
): boolean | undefined {
  const other = direction === "ingress" ? flow.from : flow.to;
  // "the traffic source is the pod's local node"
  if (direction === "ingress" && isNode(other)) return true;
  let selected = false;
  for (const { kind, metadata, spec } of cluster.policies) {
    if (kind !== "NetworkPolicy" || metadata.namespace !== self.namespace) continue;
    if (!labelsMatch(spec.podSelector, self.labels)) continue;
    if (!spec.policyTypes.includes(direction === "ingress" ? "Ingress" : "Egress")) continue;
    selected = true;
    for (const rule of spec[direction] ?? []) {
      const peers: Any[] = (direction === "ingress" ? rule.from : rule.to) ?? [];
      const ports: Any[] = rule.ports ?? [];
      const peerFits =
        peers.length === 0 ||
        peers.some(
          ({ namespaceSelector, podSelector }) =>
            isPod(other) &&
            podsMatch(cluster, { pods: { namespaceSelector, podSelector } }, other.pod as Pod),
        );
      const portFits =
        ports.length === 0 ||
        ports.some((port) => port.protocol === flow.protocol && port.port === flow.port);
      if (peerFits && portFits) return true;
    }
  }
  return selected ? false : undefined;
}

function labelsMatch(selector: Any, labels: Record<string, string>): boolean {
  for (const key of Object.keys(selector.matchLabels ?? {})) {
    if (labels[key] !== selector.matchLabels[key]) return false;
  }
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const present = key in labels;
    if (operator === "In" && !(present && values.includes(labels[key]))) return false;
    if (operator === "NotIn" && present && values.includes(labels[key])) return false;
    if (operator === "Exists" && !present) return false;
    if (operator === "DoesNotExist" && present) return false;
  }
  return true;
}

/** IPv4, and IPv6 with at most one `::`. */
function inCidr(ip: string, cidr: string): boolean {
  const [base = "", length] = cidr.split("/");
  const [a, b] = [bits(ip), bits(base)];
  return a.length === b.length && a.slice(0, Number(length)) === b.slice(0, Number(length));
}

/** 32 or 128 binary digits. */
function bits(ip: string): string {
  if (ip.includes(".")) {
    const bytes = ip.split(".").map((part) => Number(part).toString(2).padStart(8, "0"));
    return bytes.join("");
  }
  const [head = "", tail = ""] = ip.split("::");
  const [left, right] = [head, tail].map((half) => half.split(":").filter((part) => part !== ""));
  const gap = ip.includes("::") ? 8 - (left?.length ?? 0) - (right?.length ?? 0) : 0;
  const groups = [...(left ?? []), ...Array<string>(gap).fill("0"), ...(right ?? [])];
  return groups.map((part) => Number.parseInt(part, 16).toString(2).padStart(16, "0")).join("");
}
