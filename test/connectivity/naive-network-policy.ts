/**
 * A second, deliberately naive evaluator of NetworkPolicy, written sentence by sentence from the Kubernetes
 * API reference and sharing no code with the library: no compiling, no caching, addresses as bit strings.
 */
import type { Namespace, Pod, Protocol } from "../../micromesh/connectivity/model.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import type { Settings } from "../../micromesh/resources/settings.ts";

// biome-ignore lint/suspicious/noExplicitAny: reads policies as they stand
type Any = any;

/** A pod, or something with an address: the pods' node, or anything outside of the cluster. */
export type NaivePeer = { pod?: Pod; ip?: string; node?: boolean };

export interface NaiveWorld {
  namespaces: Namespace[];
  policies: KubernetesObject[];
  /** What the documentation leaves to implementations. */
  settings: NaiveSettings;
}

export type NaiveSettings = Pick<
  Settings,
  "ipBlockMatchesPods" | "selfTraffic" | "hostNetworkPods" | "podNetworks"
>;

export function naiveAllows(
  world: NaiveWorld,
  from: NaivePeer,
  to: NaivePeer,
  port: number,
  protocol: Protocol,
): boolean {
  // "a pod cannot block access to itself", though some implementations let it
  const same = from.pod?.namespace === to.pod?.namespace && from.pod?.name === to.pod?.name;
  if (from.pod && same && world.settings.selfTraffic === "allowed") return true;
  if (isPod(world, from) && !directionAllows(world, "Egress", from.pod, to, to, port, protocol)) {
    return false;
  }
  return !isPod(world, to) || directionAllows(world, "Ingress", to.pod, from, to, port, protocol);
}

/**
 * What policies do to a host-network pod is undefined, says the concept page: most implementations can't
 * tell it from its node, so that no podSelector meets it; others can.
 */
function isPod({ settings }: NaiveWorld, peer: NaivePeer): peer is { pod: Pod } {
  if (!peer.pod) return false;
  return !peer.pod.hostNetwork || settings.hostNetworkPods === "pod";
}

function isNode(world: NaiveWorld, peer: NaivePeer): boolean {
  return peer.node === true || (peer.pod !== undefined && !isPod(world, peer));
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
  let allowed = type === "Ingress" && isNode(world, peer);
  for (const policy of world.policies) {
    const namespace = policy.metadata.namespace as string;
    const spec = policy.spec;
    if (namespace !== self.namespace) continue;
    if (!labelsMatch(spec.podSelector ?? {}, self.labels)) continue;
    let types: string[] = spec.policyTypes ?? [];
    if (types.length === 0) {
      types = ["Ingress"];
      if ((spec.egress ?? []).length > 0) types.push("Egress");
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
        ports.some((one: Any) => portMatches(world, one, destination, port, protocol));
      if (peerFits && portFits) allowed = true;
    }
  }
  return allowed || !isolated;
}

function peerMatches(world: NaiveWorld, namespace: string, spec: Any, peer: NaivePeer): boolean {
  // A field that is null is a field that is not set.
  if (spec.ipBlock != null) {
    const { ipBlockMatchesPods, podNetworks } = world.settings;
    if ((isPod(world, peer) || isNode(world, peer)) && !ipBlockMatchesPods) return false;
    const ips = peer.pod ? peer.pod.ips : [peer.ip as string];
    // Of a pod that doesn't run yet the network is known: the block must cover all of that.
    const addresses = isPod(world, peer) && ips.length === 0 ? podNetworks : ips;
    return addresses.some(
      (address) =>
        isInside(address, spec.ipBlock.cidr) &&
        !(spec.ipBlock.except ?? []).some((except: string) => overlap(address, except)),
    );
  }
  if (!isPod(world, peer)) return false;
  const { pod } = peer;
  if (spec.namespaceSelector != null && spec.podSelector != null) {
    return namespaceMatches(world, spec, pod) && labelsMatch(spec.podSelector, pod.labels);
  }
  if (spec.namespaceSelector != null) return namespaceMatches(world, spec, pod);
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

function portMatches(
  world: NaiveWorld,
  spec: Any,
  to: NaivePeer,
  port: number,
  protocol: Protocol,
): boolean {
  if ((spec.protocol ?? "TCP") !== protocol) return false;
  if (spec.port == null) return true;
  if (typeof spec.port === "number") {
    if (spec.endPort == null) return port === spec.port;
    return spec.port <= port && port <= spec.endPort;
  }
  if (!isPod(world, to)) return false;
  for (const declared of to.pod.ports) {
    if (declared.name !== spec.port || declared.protocol !== protocol) continue;
    if (declared.containerPort === port) return true;
  }
  return false;
}

function isInside(inner: string, outer: string): boolean {
  return family(inner) === family(outer) && prefix(inner).startsWith(prefix(outer));
}

function overlap(a: string, b: string): boolean {
  return isInside(a, b) || isInside(b, a);
}

function family(address: string): 4 | 6 {
  return address.includes(":") ? 6 : 4;
}

/** The binary digits that all addresses of a block share; of an address: all digits. */
function prefix(block: string): string {
  const [base, length] = block.split("/") as [string, string | undefined];
  return bits(base).slice(0, length === undefined ? undefined : Number(length));
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
