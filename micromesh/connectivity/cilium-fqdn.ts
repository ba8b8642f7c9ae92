/**
 * Names in Cilium's policies: the peers of `toFQDNs`, and DNS rules. Rules as in Cilium 1.20's documentation
 * ("DNS based", "DNS Policy and IP Discovery") and, where that is silent, its source
 * (pkg/fqdn/matchpattern, the CRD's schema).
 */
import { RE2JS } from "re2js";
import { type Checker, type Fields, show } from "../resources/checker.ts";
import type { Service } from "./model.ts";
import { suchAs } from "./party-test.ts";
import { serviceNames } from "./services.ts";
import type { NameTest, RulePeer } from "./traffic-policy.ts";

/** One of the two. */
export interface NameSelector {
  matchName?: string | null;
  matchPattern?: string | null;
}

/** A name as it's compared: in lower case, without a dot at its end. */
export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

/** Compiles a valid selector; it's asked for canonical names. */
export function compileName({ matchName, matchPattern }: NameSelector): (name: string) => boolean {
  if (matchName) {
    const wanted = canonicalName(matchName);
    return (name) => name === wanted;
  }
  const pattern = canonicalName(matchPattern ?? "");
  if (/^\*+$/.test(pattern)) return () => true;
  const expression = RE2JS.compile(regularExpression(pattern));
  return (name) => expression.matches(name);
}

/** `*` stays within a label and may be empty; `**.` at the start is one label or more. */
function regularExpression(pattern: string): string {
  const character = "[-a-z0-9_]";
  return pattern.replace(/^\*{2,}\.|\*+|\./g, (part) => {
    if (part === ".") return "\\.";
    return part.endsWith(".") ? `(?:${character}+\\.)+` : `${character}*`;
  });
}

/**
 * A peer by name: what is outside, at an address that Cilium's DNS proxy saw as an answer for the name.
 * @param services whose names lie inside the cluster, where such a rule never matches
 */
export function compileFqdn(spec: NameSelector, services: Service[]): Omit<RulePeer, "place"> {
  const matches = compileName(spec);
  return {
    test: suchAs(
      (party) => party.kind === "external" && (party.hostnames ?? []).some((name) => matches(name)),
    ),
    nearly: (party) => {
      if (party.kind === "pod") {
        const named = serviceNames(services, party).find(matches);
        return named && `matches ${named}, but toFQDNs never matches what is inside the cluster`;
      }
      if (party.kind !== "external") return undefined;
      const unseen = (party.unseen ?? []).find(({ name }) => matches(name));
      if (unseen) return `matches ${unseen.name}, but ${unseen.why}`;
      const named = (party.hostnames ?? []).length + (party.unseen ?? []).length > 0;
      return named ? undefined : "matches by name, and no name has been looked up for this address";
    },
  };
}

/**
 * Compiles the DNS rules of one item of `toPorts`; undefined where it has none.
 * @param isolates without, Cilium adds a rule for every name to them
 */
export function compileDnsRules(
  specs: NameSelector[] | null | undefined,
  place: string,
  isolates: boolean,
): NameTest[] | undefined {
  if (!specs?.length) return undefined;
  return specs.map((spec, i) => ({
    place: `${place}.rules.dns[${i}]`,
    admits: isolates ? compileName(spec) : () => true,
  }));
}

/** Checks one of `toFQDNs` or of `rules.dns`, as the CRD's schema does. */
export function checkName(check: Checker, item: Fields, place: string): void {
  const fields = ["matchName", "matchPattern"].filter((field) => (item[field] ?? null) !== null);
  if (fields.length === 0) check.report(place, "has no name; give matchName or matchPattern");
  if (fields.length === 2) {
    check.report(place, "has both matchName and matchPattern; make them two items");
  }
  for (const field of fields) {
    const value = item[field];
    const shape = field === "matchName" ? nameShape : patternShape;
    if (typeof value === "string" && shape.test(value) && value.length <= 255) continue;
    const wildcards = field === "matchName" ? "; wildcards are for matchPattern" : ", and *";
    check.report(
      `${place}.${field}`,
      `is ${show(value)}; write labels of letters, digits, - and _ with dots between them${wildcards}`,
    );
  }
}

const nameShape = /^[-\w]+(\.[-\w]+)*\.?$/;
const patternShape = /^[-\w*]+(\.[-\w*]+)*\.?$/;
