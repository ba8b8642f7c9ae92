/** The peers of a Cilium rule: selectors over identities, entities, and CIDRs for the outside. */
import type { KubernetesObject } from "../resources/declared.ts";
import { parseBlockOrAddress } from "./address.ts";
import { type CidrRule, compileCidr, compileCidrRule } from "./cilium-cidr.ts";
import { compileFqdn, type NameSelector } from "./cilium-fqdn.ts";
import { scopeOf } from "./cilium-selector.ts";
import { compileServicePeer, type ServicePeerSpec } from "./cilium-service.ts";
import { asksForLabels, type LabelSelector } from "./labels.ts";
import type { Service } from "./model.ts";
import type { Party } from "./party.ts";
import {
  allOf,
  everyone,
  identified,
  inNamespace,
  nobody,
  ofKind,
  type PartyTest,
  suchAs,
} from "./party-test.ts";
import type { Direction, RulePeer } from "./traffic-policy.ts";

/** The fields that name a peer: `from...` in ingress rules, `to...` in egress rules. */
export type CiliumPeerSpec = Partial<Record<string, unknown>>;

/** What peers may refer to by name or by labels. */
export interface CiliumReferences {
  services: Service[];
  /** Valid CiliumCIDRGroups. */
  cidrGroups: KubernetesObject[];
}

export interface CiliumPeerContext {
  direction: Direction;
  deny: boolean;
  /** The policy's; undefined for a clusterwide one. */
  namespace: string | undefined;
  references: CiliumReferences;
}

/** The suffixes of the fields that name peers, and are honoured. */
export const peerFields = ["Endpoints", "Entities", "CIDR", "CIDRSet"] as const;

/** Those of egress rules only, of which deny rules have none: Cilium resolves no Services in them. */
export const egressPeerFields = ["Services", "FQDNs"] as const;

/**
 * The suffixes of those that name peers in ways that aren't modelled. They match nobody: a rule that
 * has one must not be read as a rule without peers, which is open to everyone.
 */
export const otherPeerFields = ["Nodes", "Groups"] as const;

export const allPeerFields = [...peerFields, ...egressPeerFields, ...otherPeerFields] as const;

/** On which side of a rule the peer stands. */
export function peerPrefix(direction: Direction): "from" | "to" {
  return direction === "ingress" ? "from" : "to";
}

/** Undefined where the rule names no peer at all. An empty list names one: nobody. */
export function compilePeers(
  spec: CiliumPeerSpec,
  { direction, deny, namespace, references }: CiliumPeerContext,
): RulePeer[] | undefined {
  const { services, cidrGroups } = references;
  const prefix = peerPrefix(direction);
  const isSet = (suffix: string) => (spec[`${prefix}${suffix}`] ?? undefined) !== undefined;
  if (!allPeerFields.some(isSet)) return undefined;

  const compile = <T>(
    suffix: (typeof allPeerFields)[number],
    compileItem: (item: T) => Omit<RulePeer, "place">[],
  ): RulePeer[] =>
    ((spec[`${prefix}${suffix}`] ?? []) as T[]).flatMap((item, i) =>
      compileItem(item).map((peer) => ({ place: `.${prefix}${suffix}[${i}]`, ...peer })),
    );
  const peers = [
    ...compile<LabelSelector>("Endpoints", (selector) => [compileEndpoints(selector, namespace)]),
    ...compile<string>("Entities", (name) => [{ test: entities[name] as PartyTest }]),
    ...compile<string>("CIDR", (cidr) => [compileCidr(parseBlockOrAddress(cidr), [])]),
    ...compile<CidrRule>("CIDRSet", (item) => compileCidrRule(item, cidrGroups)),
  ];
  if (direction === "ingress" || deny) return peers;
  return [
    ...peers,
    ...compile<ServicePeerSpec>("Services", (item) => compileServicePeer(item, services)),
    ...compile<NameSelector>("FQDNs", (item) => [compileFqdn(item, services)]),
  ];
}

function compileEndpoints(
  spec: LabelSelector | null,
  namespace: string | undefined,
): Omit<RulePeer, "place"> {
  const selector = spec ?? {};
  const matching = identified(selector);
  const scope = scopeOf(selector, namespace);
  if (scope === "anything") return { test: matching };
  const pods = allOf(ofKind("pod"), matching);
  if (scope === "any pod") return { test: pods };
  return {
    test: allOf(inNamespace(scope.namespace), matching),
    nearly: (party) =>
      asksForLabels(selector) && pods.matches(party)
        ? `matches its labels, but without k8s:io.kubernetes.pod.namespace only pods in ${scope.namespace}`
        : undefined,
  };
}

/**
 * Entities (documentation, "Entities based"), on a cluster of one node, which carries the API server:
 * the node is `host` and `kube-apiserver`, and there's no `remote-node`. `health`, `ingress`, `init`
 * and `unmanaged` are pods' and proxies' states that don't occur here.
 */
const entities: Record<string, PartyTest> = {
  all: everyone,
  world: ofKind("external"),
  "world-ipv4": suchAs((party) => isExternal(party, 4)),
  "world-ipv6": suchAs((party) => isExternal(party, 6)),
  cluster: ofKind("pod", "node"),
  host: ofKind("node"),
  "kube-apiserver": ofKind("node"),
  "remote-node": nobody,
  health: nobody,
  ingress: nobody,
  init: nobody,
  unmanaged: nobody,
  none: nobody,
};

export const entityNames = Object.keys(entities);

function isExternal(party: Party, family: 4 | 6): boolean {
  return party.kind === "external" && party.addresses.some((address) => address.family === family);
}
