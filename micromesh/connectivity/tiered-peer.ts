/**
 * Whom the policies of the tiers are about and speak of (network-policy-api, v1alpha1 and v1alpha2, whose
 * subjects and peers are written alike). Quotes are from the API's type definitions.
 */
import { parseBlock } from "./address.ts";
import type { BitSet } from "./bit-set.ts";
import { compileSelector, type LabelSelector } from "./labels.ts";
import type { Party } from "./party.ts";
import type { PartyIndex } from "./party-index.ts";
import {
  addressed,
  allOf,
  everyone,
  inNamespacesLabelled,
  labelled,
  nobody,
  ofKind,
  type PartyTest,
  suchAs,
} from "./party-test.ts";
import type { Direction, RulePeer } from "./traffic-policy.ts";

export interface SubjectSpec {
  namespaces?: LabelSelector | null;
  pods?: PodsSpec | null;
}

export interface TieredPeerSpec extends SubjectSpec {
  nodes?: LabelSelector | null;
  networks?: string[] | null;
  domainNames?: string[] | null;
}

interface PodsSpec {
  /** v1alpha2 may leave it out: "if empty, it selects all Namespaces". */
  namespaceSelector?: LabelSelector | null;
  podSelector?: LabelSelector | null;
}

/** The fields that may name a subject. */
export const subjectFields = ["namespaces", "pods"] as const;

/** The fields that may name a peer. The outside can't be a source: "from" knows pods only. */
export const tieredPeerFields: Record<Direction, readonly string[]> = {
  ingress: subjectFields,
  egress: [...subjectFields, "nodes", "networks", "domainNames"],
};

/** "Note that host-networked pods are not included in subject selection", nor in pod peers. */
const inPodNetwork = asked((party) => party.kind === "pod" && !party.pod.hostNetwork);

/** By their addresses, which the pods in its network share. */
const theNode = asked(
  (party) => party.kind === "node" || (party.kind === "pod" && party.pod.hostNetwork),
);

/** A question that many rules ask: the answer for all parties is kept. */
function asked(matches: (party: Party) => boolean): PartyTest {
  const test = suchAs(matches);
  const answers = new WeakMap<PartyIndex, BitSet>();
  return {
    matches,
    among: (index) => {
      const answer = answers.get(index) ?? test.among(index);
      answers.set(index, answer);
      return answer;
    },
  };
}

/** What's known of the labels of the one node: it runs Linux and carries the API server. */
const nodeLabels = { "kubernetes.io/os": "linux", "node-role.kubernetes.io/control-plane": "" };

/** The pods that a valid subject selects. */
export function compileSubject({ namespaces, pods }: SubjectSpec): PartyTest {
  const selected = pods
    ? allOf(inNamespacesLabelled(pods.namespaceSelector), labelled(pods.podSelector))
    : inNamespacesLabelled(namespaces);
  return allOf(inPodNetwork, selected);
}

/**
 * The peers of a valid rule. Nobody matches a domain's name: where it leads isn't known here.
 * @param networksMatchPods whether a CIDR covers pods' and nodes' addresses. The API says that
 *   "cluster-internal traffic will be checked against the rule as well"; Cilium's identities don't.
 * @returns the place of a peer of a kind that isn't known, where there is one
 */
export function compileTieredPeers(
  specs: TieredPeerSpec[],
  direction: Direction,
  networksMatchPods: boolean,
): RulePeer[] | { unknownAt: string } {
  const side = direction === "ingress" ? "from" : "to";
  const known = tieredPeerFields[direction];
  const unknown = specs.findIndex((spec) =>
    namedFields(spec).some((name) => !known.includes(name)),
  );
  if (unknown >= 0) return { unknownAt: `.${side}[${unknown}]` };
  return specs.flatMap((spec, i) => compilePeer(spec, `.${side}[${i}]`, networksMatchPods));
}

/** The fields of a peer or subject that are set. */
export function namedFields(spec: object): string[] {
  return Object.entries(spec)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name]) => name);
}

function compilePeer(spec: TieredPeerSpec, place: string, networksMatchPods: boolean): RulePeer[] {
  if (spec.nodes) {
    const selected = compileSelector(spec.nodes)(nodeLabels);
    return [{ place, test: selected ? theNode : nobody }];
  }
  if (spec.networks) {
    return spec.networks.map((cidr, i) => {
      const inside = addressed(parseBlock(cidr), []);
      return {
        place: `${place}.networks[${i}]`,
        test: networksMatchPods ? inside : allOf(ofKind("external"), inside),
      };
    });
  }
  if (spec.domainNames) return [];
  return [{ place, test: compileSubject(spec) }];
}

/** Who a rule that is closed, since it can't be understood, speaks of. */
export function anyone(place: string): RulePeer[] {
  return [{ place, test: everyone }];
}
