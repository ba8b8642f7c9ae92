import { conditionsHold, lookup } from "./rewrite-conditions.ts";
import { expand, type Match } from "./rewrite-expand.ts";
import { atoi } from "./rewrite-flags.ts";
import type { RewriteFlags, RewriteRule } from "./rewrite-model.ts";
import type { RewriteContext, RewriteState } from "./rewrite-state.ts";
import { absoluteScheme } from "./uri.ts";

export type RewriteOutcome =
  | { kind: "unchanged" }
  | { kind: "status"; status: number }
  /** Answer with a redirect to `filename`. */
  | { kind: "redirect"; status: number; noEscape: boolean }
  | { kind: "proxy"; noEscape: boolean }
  | { kind: "pass-through" }
  | { kind: "local" };

/** Longest filename the rules may build: twice LimitRequestLine's default. */
const MAX_LENGTH = 2 * 8190;

/**
 * Runs a list of rules, as apply_rewrite_list() does: conditions after the pattern, flags in the
 * order C, S, N, P/L/END, PT as mod_rewrite's documentation gives them. Changes `state`.
 */
export function rewrite(
  rules: readonly RewriteRule[],
  state: RewriteState,
  context: RewriteContext,
): RewriteOutcome {
  let outcome: RewriteOutcome = { kind: "unchanged" };
  let round = 1;
  for (let index = 0; index < rules.length; index++) {
    const rule = rules[index] as RewriteRule;
    const flags = rule.flags;
    const applied = applyRule(rule, state, context);
    if (applied === "no") {
      while (index < rules.length && (rules[index] as RewriteRule).flags.chain) index++;
      continue;
    }
    if (state.filename.length > MAX_LENGTH) return { kind: "status", status: 500 };
    if (applied === "unsafe") return { kind: "status", status: 403 };
    if (flags.status !== undefined) return { kind: "status", status: flags.status };
    if (applied !== "match-only") outcome = applied;
    if (flags.passThrough) return { kind: "pass-through" };
    if (flags.end) {
      state.ended = true;
      break;
    }
    if (flags.proxy || flags.last) break;
    if (flags.next !== undefined) {
      if (++round >= flags.next) return { kind: "status", status: 500 };
      index = -1;
      continue;
    }
    index += flags.skip ?? 0;
  }
  return outcome;
}

function applyRule(
  rule: RewriteRule,
  state: RewriteState,
  context: RewriteContext,
): RewriteOutcome | "no" | "match-only" | "unsafe" {
  const { directory } = context;
  const proxied = directory !== undefined && state.filename.startsWith("proxy:");
  const subject =
    directory !== undefined && !proxied && state.filename.startsWith(directory)
      ? state.filename.slice(directory.length)
      : state.filename;
  const found = rule.pattern.exec(subject);
  if ((found !== null) === rule.negated) return "no";
  const match: Match = {
    rule: rule.negated ? undefined : (found ?? undefined),
    condition: undefined,
  };
  if (!conditionsHold(rule.conditions, match, state, context)) return "no";

  let target: string | undefined;
  if (rule.substitution !== undefined) {
    const expanded = expand(rule.substitution, match, lookup(state, context), rule.flags);
    // CVE-2024-38474: a `?` that arrived as %3f must not turn into a query.
    if (expanded.unsafeQuery && !rule.flags.allow3f) return "unsafe";
    target = expanded.text;
  }
  for (const entry of rule.flags.env ?? [])
    setEnv(expand(entry, match, lookup(state, context), {}).text, state);
  if (target === undefined) return "match-only";

  if (!proxied && !target.startsWith("/") && !absoluteScheme(target)) {
    if (directory !== undefined) target = directory + target;
    else if (!rule.flags.proxy && rule.flags.redirect === undefined) target = `/${target}`;
  }
  state.filename = target;
  state.lastSubstitution = rule.substitution;
  splitQuery(state, rule.flags);
  const noEscape = rule.flags.noEscape === true;
  if (rule.flags.proxy) {
    qualify(state, context.self);
    state.filename = `proxy:${state.filename}`;
    return { kind: "proxy", noEscape };
  }
  if (rule.flags.redirect !== undefined) {
    qualify(state, context.self);
    return { kind: "redirect", status: rule.flags.redirect, noEscape };
  }
  reduce(state, context);
  if (absoluteScheme(state.filename)) return { kind: "redirect", status: 302, noEscape };
  if (!rule.substitution?.startsWith("//")) state.filename = state.filename.replace(/^\/+/, "/");
  return { kind: "local" };
}

/** `name:value` sets, `!name` unsets. */
function setEnv(entry: string, state: RewriteState): void {
  if (entry.startsWith("!")) state.env.delete(entry.slice(1));
  else {
    const colon = entry.indexOf(":");
    state.env.set(
      colon < 0 ? entry : entry.slice(0, colon),
      colon < 0 ? "" : entry.slice(colon + 1),
    );
  }
}

/** splitout_queryargs: a `?` in the substitution replaces the query, with QSA it goes before it. */
function splitQuery(state: RewriteState, flags: RewriteFlags): void {
  if (flags.queryNone) {
    state.query = undefined;
    return;
  }
  const scheme = absoluteScheme(state.filename);
  if (scheme && !scheme.query) {
    state.query = undefined;
    return;
  }
  if (flags.queryDiscard) state.query = undefined;
  const from = scheme?.prefix.length ?? 0;
  const rest = state.filename.slice(from);
  const mark = flags.queryLast ? rest.lastIndexOf("?") : rest.indexOf("?");
  if (mark < 0) return;
  const own = rest.slice(mark + 1);
  state.filename = state.filename.slice(0, from + mark);
  if (!flags.queryAppend) state.query = own;
  else if (own !== "") state.query = `${own}&${state.query ?? ""}`;
  if (state.query?.endsWith("&")) state.query = state.query.slice(0, -1);
  if (state.query === "") state.query = undefined;
}

function qualify(state: RewriteState, self: string): void {
  if (absoluteScheme(state.filename)) return;
  state.filename = self + (state.filename.startsWith("/") ? "" : "/") + state.filename;
}

/** Strips `http://ourhost[:port]`, so that such a target is served here instead of redirected to. */
function reduce(state: RewriteState, context: RewriteContext): void {
  const own = /^http:\/\/([^/:]*)(?::(\d*))?(\/[\s\S]*)?$/i.exec(state.filename);
  if (!own || !context.isSelf(own[1] as string, own[2] ? atoi(own[2]) : 80)) return;
  state.filename = own[3] ?? "/";
  state.reduced = true;
}
