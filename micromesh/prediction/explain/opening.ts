/** Changes that might let a connection through. */
import type { Reason } from "../../connectivity/model.ts";
import type { KubernetesObject } from "../../resources/declared.ts";
import { groupKind, objectTitle } from "../../resources/kubernetes.ts";
import { dnsRule } from "../suggest/selectors.ts";
import type { Answer } from "./answer.ts";
import { exceptions } from "./denials.ts";
import { type Edit, type RulePlace, removal, rulePlace, withRule } from "./edit.ts";
import { authorization, newPolicy } from "./new-policies.ts";
import { plaintext } from "./plaintext.ts";
import type { Question } from "./question.ts";
import {
  authorizationRules,
  ciliumDnsRule,
  ciliumNameRule,
  ciliumRule,
  type Direction,
  dnsIngressRule,
  networkPolicyRule,
} from "./rules.ts";
import type { World } from "./world.ts";

/**
 * The smallest first. Each mends one thing that is in the way; whoever asks finds out whether that's all. A
 * connection that several rules deny needs all of them gone, which is one change of several objects.
 */
export function openingEdits(question: Question, answer: Answer, world: World): Edit[][] {
  const edits = answer.decisions.flatMap(({ at, verdict, because }) => {
    if (verdict === "allow") return [];
    const blamed = because.flatMap((reason): Blamed[] => {
      const policy = blamedBy(reason, world);
      return policy ? [{ policy, reason }] : [];
    });
    const single = (of: (blamed: Blamed) => Edit[]) => blamed.flatMap(of).map((edit) => [edit]);
    if (at === "name") {
      return [
        ...withoutDenials(blamed),
        ...single(({ policy }) => nameRules(policy, question, answer, world)),
      ];
    }
    return [
      ...single(({ policy, reason }) => exceptions(policy, reason, question, world)),
      ...withoutDenials(blamed),
      ...single((one) => oneRuleMore(one, question, world)),
      ...single((one) => ownPolicy(one, question, world)),
      ...single(({ policy }) => plaintext(policy, question, world)),
    ];
  });
  const once = new Map(edits.map((list) => [list.map(({ text }) => text).join(), list]));
  return [...once.values()];
}

/** A policy that is in the way, and how. */
interface Blamed {
  policy: KubernetesObject;
  reason: Reason;
}

function blamedBy({ kind, namespace, name }: Reason, { cluster }: World) {
  if (!kind) return undefined;
  return cluster.policies.find(
    (policy) =>
      policy.kind === kind &&
      policy.metadata.name === name &&
      (namespace === undefined || policy.metadata.namespace === namespace),
  );
}

/** All rules that deny: each without its peer that matches, or as a whole. */
function withoutDenials(blamed: Blamed[]): Edit[][] {
  const denials = blamed.flatMap(({ policy, reason }) => {
    const place = isDenial(reason) ? rulePlace(reason.rule) : undefined;
    return place ? [{ policy, place }] : [];
  });
  if (denials.length === 0) return [];
  const edits = (of: (place: RulePlace) => string) => {
    const byPolicy = new Map<KubernetesObject, string[]>();
    for (const { policy, place } of denials) {
      byPolicy.set(policy, [...(byPolicy.get(policy) ?? []), of(place)]);
    }
    return [...byPolicy].map(([policy, places]) => removal(policy, places));
  };
  return [edits(({ rule, peer }) => peer ?? rule), edits(({ rule }) => rule)];
}

function isDenial({ text }: Reason): boolean {
  return text.startsWith("denies");
}

/** The direction for which a policy isolates somebody. */
function isolatedFor({ text }: Reason): Direction | undefined {
  return /^isolates \S+ for (ingress|egress)\b/.exec(text)?.[1] as Direction | undefined;
}

/** A policy that isolates one of the ends: with one rule more. */
function oneRuleMore({ policy, reason }: Blamed, question: Question, world: World): Edit[] {
  const kind = groupKind(policy);
  if (kind === "security.istio.io/AuthorizationPolicy") {
    if (isDenial(reason)) return [];
    return authorizationRules(question, world).map((rule) =>
      added(policy, "spec", "rules", rule, lets(question, "ingress") + identityIn(rule)),
    );
  }
  const direction = isolatedFor(reason);
  if (!direction) return [];
  const what = lets(question, direction);
  if (kind === "networking.k8s.io/NetworkPolicy") {
    const { namespace = "default" } = policy.metadata;
    const rule = networkPolicyRule(question, direction, namespace, world);
    return [added(policy, "spec", direction, rule, what)];
  }
  if (!kind.startsWith("cilium.io/")) return [];
  const sections = sectionsOf(policy);
  const byName =
    direction === "egress" && question.to.kind === "outside" && question.name !== undefined;
  return [
    ...(byName
      ? sections.flatMap((section) => [
          added(policy, section, direction, ciliumNameRule(question), `${what} by its name`),
          added(policy, section, direction, ciliumDnsRule(question.name), watchedNames(question)),
        ])
      : []),
    ...sections.map((section) =>
      added(policy, section, direction, ciliumRule(question, direction, world), what),
    ),
  ];
}

function watchedNames({ name }: Question): string {
  return `lets it look up ${name} under the eyes of Cilium's DNS proxy`;
}

/** In place of a rule in a policy that others stand under too: a policy for this end alone. */
function ownPolicy({ policy, reason }: Blamed, question: Question, world: World): Edit[] {
  const kind = groupKind(policy);
  if (kind === "security.istio.io/AuthorizationPolicy") {
    if (isDenial(reason)) return [];
    return authorizationRules(question, world).flatMap((rule) => {
      const object = authorization("ALLOW", rule, question, world);
      const what = lets(question, "ingress") + identityIn(rule);
      return object ? [{ text: `add ${objectTitle(object)}, which ${what}`, object }] : [];
    });
  }
  const direction = isolatedFor(reason);
  const object = direction && newPolicy(kind, direction, question, world);
  if (!object) return [];
  return [{ text: `add ${objectTitle(object)}, which ${lets(question, direction)}`, object }];
}

/** Whoever has no sidecar looks like any other without one. */
function identityIn(rule: object): string {
  return JSON.stringify(rule).includes("notPrincipals") ? " and from all without an identity" : "";
}

function added(
  policy: KubernetesObject,
  section: string,
  field: string,
  rule: object,
  what: string,
): Edit {
  const kind = field === "rules" ? "a rule" : `an ${field} rule`;
  const where = section === "spec" ? "" : ` in ${section}`;
  return {
    text: `add to ${objectTitle(policy)}${where} ${kind} that ${what}`,
    object: withRule(policy, section, field, rule),
  };
}

/** `lets TCP 6379 in from b-apacherr/apache[Deployment]`. */
function lets({ from, to, port, protocol }: Question, direction: Direction): string {
  return direction === "ingress"
    ? `lets ${protocol} ${port} in from ${from.title}`
    : `lets ${protocol} ${port} out to ${to.title}`;
}

function sectionsOf({ spec, specs = [] }: KubernetesObject): string[] {
  const list = (specs as unknown[]).map((_, i) => `specs[${i}]`);
  return spec ? ["spec", ...list] : list;
}

/** What it takes to look the name up: out at the source, and in at the name server. */
function nameRules(
  policy: KubernetesObject,
  question: Question,
  answer: Answer,
  world: World,
): Edit[] {
  const kind = groupKind(policy);
  if (kind === "networking.k8s.io/NetworkPolicy") {
    const rule = dnsIngressRule(question, world);
    return policy.metadata.namespace === "kube-system"
      ? [added(policy, "spec", "ingress", rule, `lets DNS in from ${question.from.title}`)]
      : [added(policy, "spec", "egress", dnsRule, "lets DNS out")];
  }
  if (!kind.startsWith("cilium.io/")) return [];
  const rule = ciliumDnsRule(answer.proxied ? question.name : undefined);
  const what = answer.proxied ? `lets it look up ${question.name}` : "lets DNS out";
  return sectionsOf(policy).map((section) => added(policy, section, "egress", rule, what));
}
