/**
 * Peers of Cilium's policies by address: blocks, and groups of blocks (CiliumCIDRGroup). Rules as in Cilium
 * 1.20's documentation ("IP/CIDR based") and its source (pkg/policy/api/cidr.go).
 */

import { type Checker, type Fields, isSet, show } from "../resources/checker.ts";
import type { KubernetesObject } from "../resources/declared.ts";
import { type Block, contains, parseBlock } from "./address.ts";
import { checkSelector, compileSelector, type LabelSelector } from "./labels.ts";
import { checkBlock } from "./network-policy-check.ts";
import { addressed, allOf, nobody, ofKind } from "./party-test.ts";
import type { RulePeer } from "./traffic-policy.ts";

/** One of `cidr`, `cidrGroupRef` and `cidrGroupSelector`. */
export interface CidrRule {
  cidr?: string | null;
  cidrGroupRef?: string | null;
  cidrGroupSelector?: LabelSelector | null;
  except?: string[] | null;
}

type Peer = Omit<RulePeer, "place">;

/**
 * The peers of one item of `fromCIDRSet` or `toCIDRSet`, each a block.
 * @param groups the CiliumCIDRGroups of the cluster
 */
export function compileCidrRule(rule: CidrRule, groups: KubernetesObject[]): Peer[] {
  const except = (rule.except ?? []).map(parseBlock);
  if (rule.cidr) return [compileCidr(parseBlock(rule.cidr), except)];
  const chosen = groups.filter(chosenBy(rule));
  if (chosen.length === 0) {
    const nearly: Peer["nearly"] = ({ kind }) => (kind === "external" ? noGroup(rule) : undefined);
    return [{ test: nobody, nearly }];
  }
  return chosen
    .flatMap(({ spec }) => spec?.externalCIDRs as string[])
    .map((cidr) => compileCidr(parseBlock(cidr), except));
}

/** "CIDR rules do not apply to traffic where both sides are managed by Cilium", nor to nodes. */
export function compileCidr(block: Block | undefined, except: (Block | undefined)[]): Peer {
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

function chosenBy({ cidrGroupRef, cidrGroupSelector }: CidrRule) {
  if (cidrGroupRef) return ({ metadata }: KubernetesObject) => metadata.name === cidrGroupRef;
  const matches = compileSelector(cidrGroupSelector);
  return ({ metadata }: KubernetesObject) => matches(metadata.labels ?? {});
}

function noGroup({ cidrGroupRef }: CidrRule): string {
  return cidrGroupRef
    ? `names the CiliumCIDRGroup ${cidrGroupRef}, which isn't there`
    : "selects CiliumCIDRGroups by labels that none has";
}

/** Checks one of `fromCIDRSet` or `toCIDRSet`. */
export function checkCidrRule(check: Checker, item: Fields, place: string): void {
  const given = ["cidr", "cidrGroupRef", "cidrGroupSelector"].filter((field) => isSet(item[field]));
  if (given.length > 1) {
    check.report(place, `has ${given.join(" and ")}; make them items of their own`);
  }
  check.text(item.cidrGroupRef, `${place}.cidrGroupRef`);
  checkSelector(check, item.cidrGroupSelector, `${place}.cidrGroupSelector`);
  const byGroup = isSet(item.cidrGroupRef) || isSet(item.cidrGroupSelector);
  const block = byGroup ? undefined : checkBlock(check, item.cidr, `${place}.cidr`);
  for (const [i, text] of check.list(item.except, `${place}.except`).entries()) {
    const inner = checkBlock(check, text, `${place}.except[${i}]`);
    if (block && inner && !contains(block, inner)) {
      check.report(`${place}.except[${i}]`, `is ${text}; it must lie inside ${item.cidr}`);
    }
  }
}

/** Checks a CiliumCIDRGroup. */
export function checkCidrGroup(check: Checker, group: KubernetesObject): void {
  const spec = check.fields(group.spec, "spec");
  if (!isSet(spec?.externalCIDRs)) {
    check.report("spec.externalCIDRs", `is ${show(spec?.externalCIDRs)}; give a list of blocks`);
  }
  const cidrs = check.list(spec?.externalCIDRs, "spec.externalCIDRs");
  for (const [i, cidr] of cidrs.entries()) checkBlock(check, cidr, `spec.externalCIDRs[${i}]`);
}
