/**
 * A second, deliberately naive evaluator of NetworkPolicy, written sentence by sentence from the Kubernetes
 * API reference and sharing no code with the library: no compiling, no caching, addresses as bit strings.
 */
import type { Namespace, Pod, Protocol } from "../../micromesh/connectivity/model.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";

// biome-ignore lint/suspicious/noExplicitAny: reads policies as they stand
type Any = any;

export type NaivePeer = { pod?: Pod; ip?: string; node?: boolean };

export interface NaiveWorld {
  namespaces: Namespace[];
  policies: KubernetesObject[];
  ipBlockMatchesPods: boolean;
}

export function naiveAllows(
  world: NaiveWorld,
  from: NaivePeer,
  to: NaivePeer,
  port: number,
  protocol: Protocol,
): boolean {
  if (from.pod && to.pod && from.pod.namespace === to.pod.namespace) {
    if (from.pod.name === to.pod.name) return true;
  }
  const out = !from.pod || directionAllows(world, "Egress", from.pod, to, to, port, protocol);
  const into = !to.pod || directionAllows(world, "Ingress", to.pod, from, to, port, protocol);
  return out && into;
}

function directionAllows(
  world: NaiveWorld,
  type: "Ingress" | "Egress",
  self: Pod,
  peer: NaivePeer,
  destination: NaivePeer,
  port: number,
  protocol: Protocol,
): boolean {
  // "Traffic is allowed to a pod if there are no NetworkPolicies selecting the pod"
  let isolated = false;
  // "OR if the traffic source is the pod's local node"
  let allowed = type === "Ingress" && peer.node === true;
  for (const policy of world.policies) {
    const namespace = policy.metadata.namespace as string;
    const spec = policy.spec;
    if (namespace !== self.namespace) continue;
    if (!labelsMatch(spec.podSelector ?? {}, self.labels)) continue;
    let types: string[] = spec.policyTypes ?? [];
    if (types.length === 0) {
      types = ["Ingress"];
      if (spec.egress !== undefined && spec.egress.length > 0) types.push("Egress");
    }
    if (!types.includes(type)) continue;
    isolated = true;
    const rules = (type === "Ingress" ? spec.ingress : spec.egress) ?? [];
    for (const rule of rules) {
      const peers = (type === "Ingress" ? rule.from : rule.to) ?? [];
      const ports = rule.ports ?? [];
      // "If this field is empty or missing, this rule matches all sources"
      const peerFits =
        peers.length === 0 || peers.some((one: Any) => peerMatches(world, namespace, one, peer));
      // "If this field is empty or missing, this rule matches all ports"
      const portFits =
        ports.length === 0 ||
        ports.some((one: Any) => portMatches(one, destination, port, protocol));
      if (peerFits && portFits) allowed = true;
    }
  }
  return allowed || !isolated;
}

function peerMatches(world: NaiveWorld, namespace: string, spec: Any, peer: NaivePeer): boolean {
  if (spec.ipBlock !== undefined) {
    const ips = peer.pod ? peer.pod.ips : [peer.ip as string];
    if ((peer.pod || peer.node) && !world.ipBlockMatchesPods) return false;
    return ips.some(
      (ip) =>
        inCidr(ip, spec.ipBlock.cidr) &&
        !(spec.ipBlock.except ?? []).some((except: string) => inCidr(ip, except)),
    );
  }
  if (!peer.pod) return false;
  const { pod } = peer;
  if (spec.namespaceSelector !== undefined && spec.podSelector !== undefined) {
    return namespaceMatches(world, spec, pod) && labelsMatch(spec.podSelector, pod.labels);
  }
  if (spec.namespaceSelector !== undefined) return namespaceMatches(world, spec, pod);
  return pod.namespace === namespace && labelsMatch(spec.podSelector, pod.labels);
}

function namespaceMatches(world: NaiveWorld, spec: Any, pod: Pod): boolean {
  const labels = { ...world.namespaces.find(({ name }) => name === pod.namespace)?.labels };
  labels["kubernetes.io/metadata.name"] = pod.namespace;
  return labelsMatch(spec.namespaceSelector, labels);
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

function portMatches(spec: Any, to: NaivePeer, port: number, protocol: Protocol): boolean {
  if ((spec.protocol ?? "TCP") !== protocol) return false;
  if (spec.port === undefined) return true;
  if (typeof spec.port === "number") {
    if (spec.endPort === undefined) return port === spec.port;
    return spec.port <= port && port <= spec.endPort;
  }
  for (const declared of to.pod?.ports ?? []) {
    if (declared.name !== spec.port || declared.protocol !== protocol) continue;
    if (declared.containerPort === port) return true;
  }
  return false;
}

function inCidr(ip: string, cidr: string): boolean {
  const [base, length] = cidr.split("/") as [string, string];
  const [a, b] = [bits(ip), bits(base)];
  return a.length === b.length && a.slice(0, Number(length)) === b.slice(0, Number(length));
}

/** 32 or 128 binary digits. */
function bits(ip: string): string {
  if (!ip.includes(":")) {
    return ip
      .split(".")
      .map((part) => Number(part).toString(2).padStart(8, "0"))
      .join("");
  }
  const [head, tail] = ip.split("::") as [string, string | undefined];
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array(8 - left.length - right.length).fill("0");
  return [...left, ...zeros, ...right]
    .map((part) => Number.parseInt(part, 16).toString(2).padStart(16, "0"))
    .join("");
}
