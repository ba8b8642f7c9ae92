/** The peers of a Cilium rule: selectors over identities, entities, and CIDRs for the outside. */
import { type Block, contains, parseBlock, parseBlockOrAddress } from "./address.ts";
import { compileIdentitySelector, scopeOf } from "./cilium-selector.ts";
import type { LabelSelector } from "./labels.ts";
import type { Party } from "./party.ts";
import type { Direction, PeerMatch, Rule } from "./traffic-policy.ts";

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
): Rule["peer"] | undefined {
  const prefix = peerPrefix(direction);
  const isSet = (suffix: string) => (spec[`${prefix}${suffix}`] ?? undefined) !== undefined;
  if (![...peerFields, ...otherPeerFields].some(isSet)) return undefined;

  const tests: [place: string, test: PeerTest][] = [];
  const add = <T>(suffix: (typeof peerFields)[number], compile: (item: T) => PeerTest) => {
    for (const [i, item] of ((spec[`${prefix}${suffix}`] ?? []) as T[]).entries()) {
      tests.push([`.${prefix}${suffix}[${i}]`, compile(item)]);
    }
  };
  add<LabelSelector>("Endpoints", (selector) => compileEndpoints(selector ?? {}, namespace));
  add<string>("Entities", compileEntity);
  add<string>("CIDR", (cidr) => compileCidr(parseBlockOrAddress(cidr), []));
  add<CidrRule>("CIDRSet", ({ cidr, except }) =>
    compileCidr(parseBlock(cidr ?? ""), (except ?? []).map(parseBlock)),
  );

  return (party): PeerMatch => {
    let nearly: string | undefined;
    for (const [place, test] of tests) {
      const result = test(party);
      if (result === true) return { matches: true, place };
      if (result !== false) nearly ??= `${place} ${result}`;
    }
    return { matches: false, nearly };
  };
}

/** True, false, or why it's a near miss. */
type PeerTest = (party: Party) => boolean | string;

function compileEndpoints(selector: LabelSelector, namespace: string | undefined): PeerTest {
  const matches = compileIdentitySelector(selector);
  const scope = scopeOf(selector, namespace);
  return (party) => {
    if (!matches(party.identity)) return false;
    if (scope === "anything") return true;
    if (party.kind !== "pod") return false;
    if (scope === "any pod" || party.pod.namespace === scope.namespace) return true;
    return `matches its labels, but without k8s:io.kubernetes.pod.namespace only pods in ${scope.namespace}`;
  };
}

/**
 * Entities (documentation, "Entities based"), on a cluster of one node, which carries the API server:
 * the node is `host` and `kube-apiserver`, and there's no `remote-node`. `health`, `ingress`, `init`
 * and `unmanaged` are pods' and proxies' states that don't occur here.
 */
const entities: Record<string, (party: Party) => boolean> = {
  all: () => true,
  world: ({ kind }) => kind === "external",
  "world-ipv4": (party) => isExternal(party, "ipv4"),
  "world-ipv6": (party) => isExternal(party, "ipv6"),
  cluster: ({ kind }) => kind !== "external",
  host: ({ kind }) => kind === "node",
  "kube-apiserver": ({ kind }) => kind === "node",
  "remote-node": () => false,
  health: () => false,
  ingress: () => false,
  init: () => false,
  unmanaged: () => false,
  none: () => false,
};

export const entityNames = Object.keys(entities);

function compileEntity(name: string): PeerTest {
  return entities[name] as PeerTest;
}

function isExternal(party: Party, family: "ipv4" | "ipv6"): boolean {
  return party.kind === "external" && party.addresses.some((address) => address.kind() === family);
}

/** "CIDR rules do not apply to traffic where both sides are managed by Cilium", nor to nodes. */
function compileCidr(block: Block | undefined, except: (Block | undefined)[]): PeerTest {
  return (party) => {
    const inside = party.addresses.some(
      (address) =>
        block &&
        contains(block, address) &&
        !except.some((inner) => inner && contains(inner, address)),
    );
    if (!inside || party.kind === "external") return inside;
    return `covers its address, but Cilium never matches a ${party.kind} by address`;
  };
}
