/** Changes of declared objects. */
import type { KubernetesObject } from "../../resources/declared.ts";
import { groupKind, objectTitle } from "../../resources/kubernetes.ts";

export interface Edit {
  /** What to do, in a sentence without an end. */
  text: string;
  /** A policy as it is to be, new or in place of its elder; of anything else the fields to be merged into it. */
  object: KubernetesObject;
  /** It takes something away that decided, so that the next in line decides: of many, each may be one like it. */
  removes?: boolean;
}

/** `spec.ingress[0].from[1]`: of a rule's place in a policy, that of the rule and that of a peer in it. */
export interface RulePlace {
  /** `spec`, or one of `specs`. */
  section: string;
  rule: string;
  /** Where one peer of several is meant. */
  peer?: string;
}

export function rulePlace(place: string | undefined): RulePlace | undefined {
  const [, section, list, rest = ""] =
    /^(specs?(?:\[\d+\])?)\.(\w+\[\d+\])(.*)$/.exec(place ?? "") ?? [];
  if (!section || !list) return undefined;
  const rule = `${section}.${list}`;
  const peer = /^\.(?:from|to)\w*\[\d+\]/.exec(rest)?.[0];
  return { section, rule, ...(peer && !/^\.toPorts/.test(peer) && { peer: rule + peer }) };
}

/** Adds a rule to a list of rules, `ingress` or `rules`, of a section. */
export function withRule(
  policy: KubernetesObject,
  section: string,
  field: string,
  rule: object,
): KubernetesObject {
  const copy = structuredClone(policy);
  const parent = at(copy, pathOf(section)) as Record<string, unknown[] | undefined> | undefined;
  if (parent) parent[field] = [...(parent[field] ?? []), rule];
  else copy.spec = { [field]: [rule] };
  return copy;
}

/**
 * The policy without what stands at these places. A list of peers that would be left empty, which would mean
 * everyone, goes with its rule; who was isolated stays so.
 */
export function without(policy: KubernetesObject, places: string[]): KubernetesObject {
  const copy = structuredClone(policy);
  const paths = wholeRules(copy, places).map(pathOf).sort(compare).reverse();
  const types = effectiveTypes(copy);
  for (const path of paths) {
    const list = at(copy, path.slice(0, -1));
    if (Array.isArray(list)) list.splice(path.at(-1) as number, 1);
  }
  if (types && copy.spec) copy.spec.policyTypes = types;
  if (copy.apiVersion.startsWith("cilium.io/")) keepDefaultDeny(copy, paths);
  return copy;
}

/** In place of all peers of a rule, the rule. */
function wholeRules(policy: KubernetesObject, places: string[]): string[] {
  const lists = new Map<string, string[]>();
  for (const place of new Set(places)) {
    const list = place.replace(/\[\d+\]$/, "");
    lists.set(list, [...(lists.get(list) ?? []), place]);
  }
  const rules = [...lists].flatMap(([list, items]) => {
    const found = at(policy, pathOf(list));
    const isPeers = /\]\.(?:from|to)\w*$/.test(list);
    const isAll = isPeers && Array.isArray(found) && found.length === items.length;
    return isAll ? [list.replace(/\.\w+$/, "")] : items;
  });
  return [...new Set(rules)].filter(
    (place) => !rules.some((other) => place.startsWith(`${other}.`)),
  );
}

/** What an absent `policyTypes` means, where that may change with the rules. */
function effectiveTypes(policy: KubernetesObject): string[] | undefined {
  if (groupKind(policy) !== "networking.k8s.io/NetworkPolicy") return undefined;
  if (policy.spec?.policyTypes?.length || !policy.spec?.egress?.length) return undefined;
  return ["Ingress", "Egress"];
}

/** Without any rule a section of Cilium's isolates nobody; an empty rule does, and allows nothing. */
function keepDefaultDeny(policy: KubernetesObject, paths: (string | number)[][]): void {
  for (const path of paths) {
    const field = path.at(-2);
    if (field !== "ingress" && field !== "egress") continue;
    const section = at(policy, path.slice(0, -2)) as Record<string, unknown[] | undefined>;
    if (section[field]?.length === 0) section[field] = [{}];
  }
}

function pathOf(place: string): (string | number)[] {
  return place
    .split(/[.[\]]+/)
    .filter((part) => part !== "")
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

function at(object: unknown, path: (string | number)[]): unknown {
  return path.reduce(
    (node, key) => (node as Record<string | number, unknown> | undefined)?.[key],
    object,
  );
}

function compare(a: (string | number)[], b: (string | number)[]): number {
  for (const [i, part] of a.entries()) {
    const other = b[i];
    if (other === undefined) return 1;
    if (part !== other) return part < other ? -1 : 1;
  }
  return a.length - b.length;
}

/** `remove spec.ingress[0] of NetworkPolicy d-redis/isolate`. */
export function removal(policy: KubernetesObject, places: string[]): Edit {
  const list = wholeRules(policy, places).join(" and ");
  const text = `remove ${list} of ${objectTitle(policy)}`;
  return { text, object: without(policy, places), removes: true };
}
