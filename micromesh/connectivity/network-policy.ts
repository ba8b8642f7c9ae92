/**
 * NetworkPolicy (networking.k8s.io/v1). The rules are those of the Kubernetes API reference,
 * "NetworkPolicy v1"; quoted where they surprise.
 */
import type { KubernetesObject } from "../resources/declared.ts";
import { parseBlock } from "./address.ts";
import { asksForLabels, type LabelSelector } from "./labels.ts";
import type { Protocol } from "./model.ts";
import {
  addressed,
  allOf,
  everyone,
  inNamespace,
  inNamespacesLabelled,
  labelled,
  ofKind,
} from "./party-test.ts";
import {
  allPorts,
  namedPorts,
  type PortRange,
  type Rule,
  type RulePeer,
  type Section,
  type TrafficPolicy,
} from "./traffic-policy.ts";

interface Spec {
  podSelector?: LabelSelector | null;
  policyTypes?: string[] | null;
  ingress?: { from?: PeerSpec[] | null; ports?: PortSpec[] | null }[] | null;
  egress?: { to?: PeerSpec[] | null; ports?: PortSpec[] | null }[] | null;
}

interface PeerSpec {
  podSelector?: LabelSelector | null;
  namespaceSelector?: LabelSelector | null;
  ipBlock?: { cidr: string; except?: string[] | null } | null;
}

interface PortSpec {
  protocol?: Protocol | null;
  port?: number | string | null;
  endPort?: number | null;
}

/**
 * Compiles a valid NetworkPolicy.
 * @param ipBlockMatchesPods whether an ipBlock covers pods' and nodes' addresses; without, it covers
 *   what's outside the cluster only
 */
export function compileNetworkPolicy(
  policy: KubernetesObject,
  ipBlockMatchesPods: boolean,
): TrafficPolicy {
  const namespace = policy.metadata.namespace ?? "default";
  const spec: Spec = policy.spec ?? {};
  const peers = { namespace, ipBlockMatchesPods };
  const types = policyTypes(spec);
  return {
    ref: { kind: policy.kind, namespace, name: policy.metadata.name },
    scope: namespace,
    selects: labelled(spec.podSelector),
    ingress: types.includes("Ingress")
      ? section(
          (spec.ingress ?? []).map(({ from, ports }, i) =>
            rule(`spec.ingress[${i}]`, ".from", from, ports, peers),
          ),
        )
      : undefined,
    egress: types.includes("Egress")
      ? section(
          (spec.egress ?? []).map(({ to, ports }, i) =>
            rule(`spec.egress[${i}]`, ".to", to, ports, peers),
          ),
        )
      : undefined,
  };
}

function section(rules: Rule[]): Section {
  return { isolates: true, allow: rules, deny: [] };
}

/**
 * "If this field is not specified, it will default based on the existence of ingress or egress rules;
 * policies that contain an egress section are assumed to affect egress, and all policies (whether or not
 * they contain an ingress section) are assumed to affect ingress." An empty section doesn't count.
 */
function policyTypes(spec: Spec): string[] {
  if (spec.policyTypes?.length) return spec.policyTypes;
  return spec.egress?.length ? ["Ingress", "Egress"] : ["Ingress"];
}

interface PeerContext {
  namespace: string;
  ipBlockMatchesPods: boolean;
}

function rule(
  place: string,
  peerField: string,
  peers: PeerSpec[] | null | undefined,
  ports: PortSpec[] | null | undefined,
  context: PeerContext,
): Rule {
  const compiled = (peers ?? []).map((peer, i) => ({
    place: `${peerField}[${i}]`,
    ...compilePeer(peer, context),
  }));
  return {
    place,
    // "If this field is empty or missing, this rule matches all sources", the outside included.
    peers: compiled.length === 0 ? [{ place: "", test: everyone }] : compiled,
    ports: compilePorts(ports ?? []),
    portText: (ports ?? []).map(portText).join(", ") || "all ports",
  };
}

function compilePeer(peer: PeerSpec, context: PeerContext): Omit<RulePeer, "place"> {
  if (peer.ipBlock) return compileIpBlock(peer.ipBlock, context.ipBlockMatchesPods);
  const pods = labelled(peer.podSelector);
  if (peer.namespaceSelector) {
    return { test: allOf(inNamespacesLabelled(peer.namespaceSelector), pods) };
  }
  return {
    test: allOf(inNamespace(context.namespace), pods),
    // The mistake behind most lost days: a podSelector alone looks into the policy's namespace only.
    nearly(party) {
      return asksForLabels(peer.podSelector) && pods.matches(party)
        ? `matches its labels, but without a namespaceSelector only pods in ${context.namespace}`
        : undefined;
    },
  };
}

function compileIpBlock(
  ipBlock: { cidr: string; except?: string[] | null },
  matchesPods: boolean,
): Omit<RulePeer, "place"> {
  const except = (ipBlock.except ?? []).map(parseBlock).filter((inner) => inner !== undefined);
  const inside = addressed(parseBlock(ipBlock.cidr), except);
  if (matchesPods) return { test: inside };
  return {
    test: allOf(ofKind("external"), inside),
    nearly(party) {
      return inside.matches(party)
        ? `covers its address, but this network never matches a ${party.kind} by address`
        : undefined;
    },
  };
}

/** "If this field is empty or missing, this rule matches all ports", of every protocol. */
function compilePorts(specs: PortSpec[]): Rule["ports"] {
  if (specs.length === 0) return () => allPorts();
  const numbered = specs.flatMap(({ protocol, port, endPort }): PortRange[] => {
    const of = protocol ?? "TCP";
    if (port === undefined || port === null) return allPorts([of]);
    if (typeof port === "string") return [];
    return [{ protocol: of, first: port, last: endPort ?? port }];
  });
  const named = specs.filter(({ port }) => typeof port === "string");
  if (named.length === 0) return () => numbered;
  return (destination) => [
    ...numbered,
    ...named.flatMap(({ protocol, port }) =>
      namedPorts(destination, port as string, [protocol ?? "TCP"]),
    ),
  ];
}

function portText({ protocol, port, endPort }: PortSpec): string {
  const range = endPort && endPort !== port ? `${port}-${endPort}` : `${port ?? "all ports"}`;
  return `${protocol ?? "TCP"} ${range}`;
}
