/** One rule that lets one connection through, as each kind of policy writes it. */
import type { LabelSelector } from "../../connectivity/labels.ts";
import type { KubernetesObject } from "../../resources/declared.ts";
import { dnsRule, everywhere, isNode, peerFor, selectorOf } from "../suggest/selectors.ts";
import type { End } from "./ends.ts";
import { blocksOf } from "./outside.ts";
import type { Question } from "./question.ts";
import type { World } from "./world.ts";

export type Direction = "ingress" | "egress";

/** The other end, as seen from the one whose policies are asked. */
export function otherEnd({ from, to }: Question, direction: Direction): End | undefined {
  const end = direction === "ingress" ? from : to;
  return end.kind === "nobody" ? undefined : end;
}

/** A rule of a NetworkPolicy that stands in `namespace`. */
export function networkPolicyRule(
  question: Question,
  direction: Direction,
  namespace: string,
  { cluster }: World,
): object {
  const { port, protocol } = question;
  const side = direction === "ingress" ? "from" : "to";
  const peers = peersOf(otherEnd(question, direction), namespace, cluster);
  return { ...(peers && { [side]: peers }), ports: [{ protocol, port }] };
}

/** Undefined: everyone, since nothing less would do. */
function peersOf(
  end: End | undefined,
  namespace: string,
  cluster: World["cluster"],
): object[] | undefined {
  if (end?.kind === "pod") {
    // A controller whose pods aren't declared may stand in any namespace.
    if (!end.workload) return [{ namespaceSelector: {} }];
    const peer = peerFor(end.workload, namespace, cluster);
    return peer && [peer];
  }
  const blocks = end?.range ? blocksOf(end.range) : [everywhere[4]];
  return blocks.map((cidr) => ({ ipBlock: { cidr } }));
}

const namespaceKey = "k8s:io.kubernetes.pod.namespace";

/** A rule of a CiliumNetworkPolicy, or of the clusterwide kind. */
export function ciliumRule(question: Question, direction: Direction, { cluster }: World): object {
  const { port, protocol } = question;
  const side = direction === "ingress" ? "from" : "to";
  const toPorts = [{ ports: [{ port: String(port), protocol }] }];
  const end = otherEnd(question, direction);
  if (end?.kind !== "pod") {
    const isAll = !end?.range || blocksOf(end.range).join() === everywhere[4];
    return isAll || !end.range
      ? { [`${side}Entities`]: ["world"], toPorts }
      : { [`${side}CIDR`]: blocksOf(end.range), toPorts };
  }
  if (!end.workload) return { [`${side}Entities`]: ["cluster"], toPorts };
  if (isNode(end.workload, cluster)) {
    return { [`${side}Entities`]: ["host", "remote-node"], toPorts };
  }
  const { matchLabels, ...selector } = ciliumSelector(selectorOf(end.workload, cluster));
  const peer = { matchLabels: { [namespaceKey]: end.pod.namespace, ...matchLabels }, ...selector };
  return { [`${side}Endpoints`]: [peer], toPorts };
}

/** A selector of pods' labels, with the prefix that tells them from labels of other sources. */
export function ciliumSelector({ matchLabels, matchExpressions }: LabelSelector): LabelSelector {
  const labels = Object.entries(matchLabels ?? {}).map(([key, value]) => [`k8s:${key}`, value]);
  const expressions = matchExpressions?.map((one) => ({ ...one, key: `k8s:${one.key}` }));
  return {
    matchLabels: Object.fromEntries(labels),
    ...(expressions && { matchExpressions: expressions }),
  };
}

/** A rule to a host by its name, which Cilium knows where its DNS proxy saw it looked up. */
export function ciliumNameRule({ name, port, protocol }: Question): object {
  return {
    toFQDNs: [{ matchName: name }],
    toPorts: [{ ports: [{ port: String(port), protocol }] }],
  };
}

/** @param name the one that may be looked up; undefined: any, and nobody looks at names */
export function ciliumDnsRule(name?: string): object {
  const dns = { "k8s:k8s-app": "kube-dns", [namespaceKey]: "kube-system" };
  const rules = name === undefined ? {} : { rules: { dns: [{ matchName: name }] } };
  return {
    toEndpoints: [{ matchLabels: dns }],
    toPorts: [{ ports: [{ port: "53", protocol: "ANY" }], ...rules }],
  };
}

/** Into kube-system, for the name server's own policies. */
export function dnsIngressRule(question: Question, { cluster }: World): object {
  const peers = peersOf(question.from, "kube-system", cluster);
  return { ...(peers && { from: peers }), ports: dnsRule.ports };
}

/**
 * A rule of a ClusterNetworkPolicy or one of its elders that lets the connection through, whatever comes
 * after it. Undefined where the other end is none that such a rule can name.
 */
export function tierRule(
  { kind }: KubernetesObject,
  question: Question,
  direction: Direction,
  { cluster }: World,
): object | undefined {
  const { port, protocol } = question;
  const end = otherEnd(question, direction);
  const peers = tierPeers(end, direction, cluster);
  if (!peers) return undefined;
  const side = direction === "ingress" ? "from" : "to";
  return kind === "ClusterNetworkPolicy"
    ? {
        action: "Accept",
        [side]: peers,
        protocols: [{ [protocol.toLowerCase()]: { destinationPort: { number: port } } }],
      }
    : { action: "Allow", [side]: peers, ports: [{ portNumber: { protocol, port } }] };
}

function tierPeers(
  end: End | undefined,
  direction: Direction,
  cluster: World["cluster"],
): object[] | undefined {
  if (end?.kind === "pod") {
    if (!end.workload) return [{ namespaces: {} }];
    if (isNode(end.workload, cluster)) return direction === "egress" ? [{ nodes: {} }] : undefined;
    const inThere = { matchLabels: { "kubernetes.io/metadata.name": end.pod.namespace } };
    const podSelector = selectorOf(end.workload, cluster);
    return [{ pods: { namespaceSelector: inThere, podSelector } }];
  }
  if (direction === "ingress") return undefined;
  return [{ networks: end?.range ? blocksOf(end.range) : [everywhere[4]] }];
}

/** Rules of an AuthorizationPolicy, one of which matches the source: by its identity, or by its lack of one. */
export function authorizationRules(question: Question, world: World): object[] {
  const { from, port } = question;
  const to = [{ operation: { ports: [String(port)] } }];
  if (from.kind === "outside" && from.range) {
    return [{ from: [{ source: { ipBlocks: blocksOf(from.range) } }], to }];
  }
  const principal = principalOf(question, world);
  const sources = [...(principal ? [{ principals: [principal] }] : []), { notPrincipals: ["*"] }];
  return sources.map((source) => ({ from: [{ source }], to }));
}

/** The identity of the source, if its sidecar gets to show it. */
export function principalOf({ from }: Question, { cluster }: World): string | undefined {
  const { mesh } = cluster.platform.settings;
  if (!mesh || from.kind !== "pod" || !from.pod.meshed) return undefined;
  return `${mesh.trustDomain}/ns/${from.pod.namespace}/sa/${from.pod.serviceAccount}`;
}
