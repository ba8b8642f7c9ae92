/**
 * NetworkPolicy (networking.k8s.io/v1). The rules are those of the Kubernetes API reference,
 * "NetworkPolicy v1"; quoted where they surprise.
 */
import type { KubernetesObject } from "../resources/declared.ts";
import { contains, parseBlock } from "./address.ts";
import { compileSelector, type LabelSelector } from "./labels.ts";
import type { Protocol } from "./model.ts";
import type { Party, PodParty } from "./party.ts";
import { namesPort, type PeerMatch, type Rule, type TrafficPolicy } from "./traffic-policy.ts";

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
  const selects = compileSelector(spec.podSelector);
  const peers = { namespace, ipBlockMatchesPods };
  const types = policyTypes(spec);
  const section = (rules: Rule[]) => ({ isolates: true, allow: rules, deny: [] });
  return {
    ref: { kind: policy.kind, namespace, name: policy.metadata.name },
    scope: namespace,
    selects: ({ labels }) => selects(labels),
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
  const tests = (peers ?? []).map((peer) => compilePeer(peer, context));
  const portTests = (ports ?? []).map(compilePort);
  return {
    place,
    // "If this field is empty or missing, this rule matches all sources", the outside included.
    peer: tests.length === 0 ? () => ({ matches: true, place: "" }) : firstOf(tests, peerField),
    port: (port, protocol, destination) => ({
      matches:
        portTests.length === 0 || portTests.some((test) => test(port, protocol, destination)),
    }),
    ports: (ports ?? []).map(portText).join(", ") || "all ports",
  };
}

/** The first of the list that matches, with its place; else the first near miss. */
function firstOf(tests: ((party: Party) => PeerTest)[], field: string): Rule["peer"] {
  return (party) => {
    let nearly: string | undefined;
    for (const [i, test] of tests.entries()) {
      const result = test(party);
      if (result === true) return { matches: true, place: `${field}[${i}]` };
      if (result !== false) nearly ??= `${field}[${i}] ${result}`;
    }
    return { matches: false, nearly } satisfies PeerMatch;
  };
}

/** True, false, or why it's a near miss. */
type PeerTest = boolean | string;

function compilePeer(peer: PeerSpec, context: PeerContext): (party: Party) => PeerTest {
  if (peer.ipBlock) return compileIpBlock(peer.ipBlock, context.ipBlockMatchesPods);
  const podMatches = compileSelector(peer.podSelector);
  const namespaceMatches = peer.namespaceSelector
    ? compileSelector(peer.namespaceSelector)
    : undefined;
  const inNamespace = (party: PodParty) =>
    namespaceMatches
      ? namespaceMatches(party.namespaceLabels)
      : party.pod.namespace === context.namespace;
  return (party) => {
    if (party.kind !== "pod") return false;
    if (!podMatches(party.labels)) return false;
    if (inNamespace(party)) return true;
    // The mistake behind most lost days: a podSelector alone looks into the policy's namespace only.
    return namespaceMatches
      ? false
      : `matches its labels, but without a namespaceSelector only pods in ${context.namespace}`;
  };
}

/**
 * A pod with addresses of both families matches by any of them, since a decision isn't told which one
 * the connection uses.
 */
function compileIpBlock(
  ipBlock: { cidr: string; except?: string[] | null },
  matchesPods: boolean,
): (party: Party) => PeerTest {
  const block = parseBlock(ipBlock.cidr);
  const except = (ipBlock.except ?? []).map(parseBlock).filter((inner) => inner !== undefined);
  return (party) => {
    const inside = party.addresses.some(
      (address) =>
        block && contains(block, address) && !except.some((inner) => contains(inner, address)),
    );
    if (!inside || matchesPods || party.kind === "external") return inside;
    return `covers its address, but this network never matches a ${party.kind} by address`;
  };
}

function compilePort(
  spec: PortSpec,
): (port: number, protocol: Protocol, destination: Party) => boolean {
  const wanted = spec.protocol ?? "TCP";
  const { port: first } = spec;
  if (first === undefined || first === null) return (_port, protocol) => protocol === wanted;
  if (typeof first === "string") {
    return (port, protocol, destination) =>
      protocol === wanted && namesPort(destination, first, port, protocol);
  }
  const last = spec.endPort ?? first;
  return (port, protocol) => protocol === wanted && port >= first && port <= last;
}

function portText({ protocol, port, endPort }: PortSpec): string {
  const range = endPort && endPort !== port ? `${port}-${endPort}` : `${port ?? "all ports"}`;
  return `${protocol ?? "TCP"} ${range}`;
}
