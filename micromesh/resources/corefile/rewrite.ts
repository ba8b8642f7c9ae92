/** CoreDNS' plugin `rewrite` (https://coredns.io/plugins/rewrite/), as far as it changes the name that is asked. */
import type { Directive } from "./parse.ts";
import { goRegExp } from "./texts.ts";
import { CorefileError, type Place } from "./tokens.ts";
import { full, normal } from "./zones.ts";

const MATCHES = ["exact", "prefix", "suffix", "substring", "regex"] as const;

/** What rules may be on beside names. */
const OTHERS = ["class", "type", "edns0", "ttl", "cname", "rcode"];

export interface RewriteRule {
  match: (typeof MATCHES)[number];
  from: string;
  to: string;
  /** After it no further rule is looked at. */
  stop: boolean;
  place: Place;
}

/** Rules on anything but names, by their kind, are told to `unknown` and make no rule. */
export function rewriteFrom(
  { args, block = [], place }: Directive,
  unknown: (kind: string) => void,
): RewriteRule | undefined {
  const [mode, ...rest] = args;
  const explicit = mode === "stop" || mode === "continue";
  const [kind = "", ...words] = [...(explicit ? rest : args), ...(block[0]?.words ?? [])];
  if (kind === "") throw new CorefileError(place, "rewrite: no rule type specified");
  if (kind.toLowerCase() !== "name") {
    if (!OTHERS.includes(kind.toLowerCase())) {
      throw new CorefileError(place, `rewrite: invalid rule type "${kind}"`);
    }
    unknown(kind);
    return undefined;
  }
  if (words.length < 2)
    throw new CorefileError(place, "rewrite: too few arguments for a name rule");
  const [match, from, to] = words.length === 2 ? ["exact", ...words] : words;
  const known = MATCHES.find((one) => one === match?.toLowerCase());
  if (!known) {
    const problem = `rewrite: name rules are exact, prefix, suffix, substring or regex, not ${match}`;
    throw new CorefileError(place, problem);
  }
  const [before = "", after = ""] = [from, to];
  if (known === "regex") goRegExp(before, place);
  return {
    match: known,
    from: known === "regex" ? before : full(normal(before)),
    to: full(normal(after)),
    stop: mode !== "continue",
    place,
  };
}

/** The name that is asked on: of a question's name, what the rules make of it. */
export function rewritten(rules: RewriteRule[], name: string): string {
  let current = full(name);
  for (const rule of rules) {
    const next = applied(rule, current);
    if (next === undefined) continue;
    current = next;
    if (rule.stop) break;
  }
  return normal(current);
}

function applied({ match, from, to, place }: RewriteRule, name: string): string | undefined {
  switch (match) {
    case "exact":
      return name === from ? to : undefined;
    case "prefix":
      return name.startsWith(from) ? to + name.slice(from.length) : undefined;
    case "suffix":
      return name.endsWith(from) ? name.slice(0, name.length - from.length) + to : undefined;
    case "substring":
      return name.includes(from) ? name.replaceAll(from, () => to) : undefined;
    case "regex": {
      const groups = goRegExp(from, place).exec(name);
      return groups
        ? groups.reduce((text, group = "", i) => text.replaceAll(`{${i}}`, () => group), to)
        : undefined;
    }
  }
}
