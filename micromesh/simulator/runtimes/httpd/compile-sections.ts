import { requirement } from "./compile-require.ts";
import type { Requirement, Scope, Section, Server } from "./config.ts";
import { emptyScope } from "./config.ts";
import { globPattern } from "./glob.ts";
import { RewriteError } from "./rewrite-flags.ts";
import type { RewriteCondition } from "./rewrite-model.ts";
import { parseCondition, parseRule } from "./rewrite-syntax.ts";
import type { Directive } from "./syntax.ts";
import { fail, pattern } from "./values.ts";

type Inside = (directive: Directive, scope: Scope, path: string) => void;

/**
 * Compiles `<Location>`, `<Directory>`, `<Files>` and `<Proxy>` and their `...Match` forms into
 * the server's lists. Directives within go to `inside`.
 */
export function openSection(section: Directive, server: Server, inside: Inside): void {
  const key = section.name.toLowerCase();
  const kind = key.replace(/match$/, "");
  const lists: Record<string, Section[]> = {
    location: server.locations,
    directory: server.directories,
    files: server.files,
    proxy: server.proxies,
  };
  const list = lists[kind];
  if (!list) {
    if (kind === "limit" || kind === "limitexcept")
      fail(section, `<${section.name}> is not supported here; use <Location> and Require method`);
    fail(section, `<${section.name}> not allowed here`);
  }
  const [first, second] = section.args;
  if (first === undefined)
    fail(section, `<${section.name}> directive requires additional arguments`);
  const tilde = first === "~";
  const path = tilde
    ? (second ?? fail(section, `<${section.name}> directive requires additional arguments`))
    : first;
  const isPattern = tilde || key.endsWith("match");
  const scope = compileScope(section, isPattern ? `~ ${path}` : path, inside, kind);
  list.push({ path, scope, matches: matcher(section, kind, path, isPattern) });
}

function compileScope(section: Directive, path: string, inside: Inside, kind: string): Scope {
  const scope = emptyScope();
  // Only a section with mod_rewrite's directives overrides the rules of the one around it.
  const rewrites = (each: Directive) => each.name.toLowerCase().startsWith("rewrite");
  if (kind !== "proxy" && kind !== "files" && section.children?.some(rewrites))
    scope.rewrite = { directory: path.endsWith("/") ? path : `${path}/`, rules: [] };
  let conditions: RewriteCondition[] = [];
  for (const directive of section.children ?? []) {
    const key = directive.name.toLowerCase();
    if (directive.children) {
      if (!key.startsWith("require"))
        fail(directive, `<${directive.name}> cannot occur within <${section.name}> section`);
      scope.require = combine(scope.require, requirement(directive));
    } else if (key === "rewritecond" || key === "rewriterule") {
      if (!scope.rewrite)
        fail(directive, `${directive.name} not allowed in <${section.name}> context`);
      try {
        if (key === "rewritecond") conditions.push(parseCondition(directive.raw));
        else {
          scope.rewrite.rules.push(parseRule(directive.raw, conditions));
          conditions = [];
        }
      } catch (error) {
        if (error instanceof RewriteError) fail(directive, error.message);
        throw error;
      }
    } else inside(directive, scope, path);
  }
  return scope;
}

function combine(before: Requirement | undefined, next: Requirement): Requirement {
  return before ? { kind: "any", of: [before, next] } : next;
}

function matcher(
  section: Directive,
  kind: string,
  path: string,
  isPattern: boolean,
): (subject: string) => boolean {
  if (isPattern) {
    const regex = pattern(section, path);
    return (subject) => regex.test(subject);
  }
  if (kind === "files") {
    const name = globPattern(path);
    return (subject) => name.test(subject);
  }
  if (kind === "proxy") {
    if (path === "*") return () => true;
    const prefix = path.toLowerCase().endsWith("*") ? path.slice(0, -1) : path;
    return (subject) => subject.toLowerCase().startsWith(prefix.toLowerCase());
  }
  if (/[*?[]/.test(path)) {
    // As apr_fnmatch with FNM_PATHNAME: a wildcard stays within its component.
    const regex = new RegExp(
      `^${path
        .replace(/[.+^${}()|\\]/g, "\\$&")
        .replace(/\*/g, "[^/]*")
        .replace(/\?/g, "[^/]")}`,
    );
    return (subject) => regex.test(subject);
  }
  const bare = path.replace(/(.)\/$/, kind === "directory" ? "$1" : "$1/");
  return (subject) =>
    subject.startsWith(bare) &&
    (bare.endsWith("/") || subject.length === bare.length || subject[bare.length] === "/");
}
