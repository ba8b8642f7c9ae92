/** The peers of a Cilium rule: selectors over identities, entities, and CIDRs for the outside. */
import { type Block, parseBlock, parseBlockOrAddress } from "./address.ts";
import { scopeOf } from "./cilium-selector.ts";
import type { LabelSelector } from "./labels.ts";
import type { Party } from "./party.ts";
import {
  addressed,
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

interface CidrRule {
  cidr?: string;
  except?: string[] | null;
}

/** The suffixes of the fields that name peers, and are honoured. */
export const peerFields = ["Endpoints", "Entities", "CIDR", "CIDRSet"] as const;

/**
 * The suffixes of those that name peers in ways that aren't modelled. They match nobody: a rule that
 * has one must not be read as a rule without peers, which is open to everyone.
 */
export const otherPeerFields = ["Nodes", "Groups", "Services", "FQDNs"] as const;

/** On which side of a rule the peer stands. */
export function peerPrefix(direction: Direction): "from" | "to" {
  return direction === "ingress" ? "from" : "to";
}

/** Undefined where the rule names no peer at all. An empty list names one: nobody. */
export function compilePeers(
  spec: CiliumPeerSpec,
  direction: Direction,
  namespace: string | undefined,
): RulePeer[] | undefined {
  const prefix = peerPrefix(direction);
  const isSet = (suffix: string) => (spec[`${prefix}${suffix}`] ?? undefined) !== undefined;
  if (![...peerFields, ...otherPeerFields].some(isSet)) return undefined;

  const compile = <T>(
    suffix: (typeof peerFields)[number],
    compileItem: (item: T) => Omit<RulePeer, "place">,
  ): RulePeer[] =>
    ((spec[`${prefix}${suffix}`] ?? []) as T[]).map((item, i) => ({
      place: `.${prefix}${suffix}[${i}]`,
      ...compileItem(item),
    }));
  return [
    ...compile<LabelSelector>("Endpoints", (selector) => compileEndpoints(selector, namespace)),
    ...compile<string>("Entities", (name) => ({ test: entities[name] as PartyTest })),
    ...compile<string>("CIDR", (cidr) => compileCidr(parseBlockOrAddress(cidr), [])),
    ...compile<CidrRule>("CIDRSet", ({ cidr, except }) =>
      compileCidr(parseBlock(cidr ?? ""), (except ?? []).map(parseBlock)),
    ),
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
      pods.matches(party)
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
  "world-ipv4": suchAs((party) => isExternal(party, "ipv4")),
  "world-ipv6": suchAs((party) => isExternal(party, "ipv6")),
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

function isExternal(party: Party, family: "ipv4" | "ipv6"): boolean {
  return party.kind === "external" && party.addresses.some(({ base }) => base.kind() === family);
}

/** "CIDR rules do not apply to traffic where both sides are managed by Cilium", nor to nodes. */
function compileCidr(
  block: Block | undefined,
  except: (Block | undefined)[],
): Omit<RulePeer, "place"> {
  const inside = addressed(
    block,
    except.filter((inner) => inner !== undefined),
  );
  return {
    test: allOf(ofKind("external"), inside),
    nearly: (party) =>
      inside.matches(party)
        ? `covers its address, but Cilium never matches a ${party.kind} by address`
        : undefined,
  };
}
