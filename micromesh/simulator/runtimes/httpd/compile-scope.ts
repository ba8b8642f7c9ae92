import { proxyScopeDirective } from "./compile-proxy.ts";
import { requirement } from "./compile-require.ts";
import type { ErrorDocument, HeaderAction, HeaderEdit, Redirect, Scope, Server } from "./config.ts";
import type { Directive } from "./syntax.ts";
import { envClause, fail, oneOf, onOff, pattern, takes } from "./values.ts";

/**
 * Directives that may stand in a section or outside any. `path` is the section's, undefined
 * outside. True if the directive was one of them.
 */
export function scopeDirective(
  directive: Directive,
  scope: Scope,
  path: string | undefined,
  server: Server,
): boolean {
  if (proxyScopeDirective(directive, scope, path, server)) return true;
  const many = Number.POSITIVE_INFINITY;
  switch (directive.name.toLowerCase()) {
    case "require":
      if (path === undefined) fail(directive, "Require not allowed here");
      scope.require = alsoRequire(scope, directive);
      return true;
    case "rewriteengine":
      scope.rewriteEngine = onOff(directive);
      return true;
    case "rewritebase": {
      const [base = ""] = takes(directive, 1, 1, "a base URL of the per-directory context");
      if (path === undefined || !scope.rewrite)
        fail(directive, "RewriteBase: only valid in per-directory config files");
      if (!base.startsWith("/")) fail(directive, "RewriteBase: argument is not a valid URL");
      scope.rewrite.base = base;
      return true;
    }
    case "header":
      header(directive, scope);
      return true;
    case "requestheader":
      scope.requestHeaders.push(headerEdit(directive, directive.args));
      return true;
    case "redirect":
    case "redirectpermanent":
    case "redirecttemp":
    case "redirectmatch":
      redirect(directive, path === undefined ? undefined : scope, path, server);
      return true;
    case "setenv": {
      const [name, value = ""] = takes(directive, 1, 2, "");
      scope.setEnv.push([name as string, value]);
      return true;
    }
    case "unsetenv":
      for (const name of takes(directive, 1, many, "")) scope.setEnv.push([name, undefined]);
      return true;
    case "passenv":
      for (const name of takes(directive, 1, many, "")) {
        const value = process.env[name];
        if (value !== undefined) scope.setEnv.push([name, value]);
      }
      return true;
    case "setenvif":
    case "setenvifnocase":
    case "browsermatch":
    case "browsermatchnocase":
      setEnvIf(directive, scope);
      return true;
    case "errordocument": {
      const [status, value] = takes(directive, 2, 2, "");
      if (!/^[45]\d\d$/.test(status as string))
        fail(directive, `Unsupported HTTP response code ${status}`);
      scope.errorDocuments.set(Number(status), errorDocument(directive, value as string));
      return true;
    }
    case "sethandler": {
      const [name = ""] = takes(directive, 1, 1, "a handler name");
      if (!["server-status", "none", "default-handler"].includes(name.toLowerCase()))
        fail(directive, `SetHandler ${name}: not supported here; use ProxyPass to forward`);
      scope.handler = name.toLowerCase() === "server-status" ? "server-status" : undefined;
      return true;
    }
    case "directoryindex":
      scope.directoryIndex = takes(directive, 1, many, "");
      return true;
    case "directoryslash":
      scope.directorySlash = onOff(directive);
      return true;
    case "options":
      for (const option of takes(directive, 1, many, "")) {
        if (/^[+-]?(?:indexes|all)$/i.test(option)) scope.indexes = !option.startsWith("-");
        else if (/^none$/i.test(option)) scope.indexes = false;
      }
      return true;
    case "serversignature":
      scope.signature = oneOf(directive, ["on", "off", "email"] as const);
      return true;
    case "usecanonicalname":
      scope.useCanonicalName = oneOf(directive, ["on", "off", "dns"]) === "on";
      return true;
    case "allowencodedslashes":
      scope.encodedSlashes = oneOf(directive, ["on", "off", "nodecode"] as const);
      return true;
    case "addtype": {
      const [type, ...extensions] = takes(directive, 2, many, "");
      for (const each of extensions)
        scope.types.set(each.replace(/^\./, "").toLowerCase(), type as string);
      return true;
    }
    case "forcetype":
      scope.forceType = takes(directive, 1, 1, "")[0];
      return true;
  }
  return false;
}

/** Several Require lines beside one another mean RequireAny. */
function alsoRequire(scope: Scope, directive: Directive): Scope["require"] {
  const next = requirement(directive);
  const before = scope.require;
  if (!before) return { kind: "any", of: [next] };
  return before.kind === "any"
    ? { kind: "any", of: [...before.of, next] }
    : { kind: "any", of: [before, next] };
}

const ACTIONS = new Set<string>([
  "set",
  "setifempty",
  "add",
  "append",
  "merge",
  "unset",
  "edit",
  "edit*",
  "echo",
]);

function header(directive: Directive, scope: Scope): void {
  const [first = "", ...rest] = directive.args;
  const always = /^always$/i.test(first);
  const args = always || /^onsuccess$/i.test(first) ? rest : directive.args;
  (always ? scope.alwaysHeaders : scope.responseHeaders).push(headerEdit(directive, args));
}

function headerEdit(directive: Directive, args: string[]): HeaderEdit {
  const [word = "", name, ...rest] = args;
  const action = word.toLowerCase() as HeaderAction;
  if (!ACTIONS.has(action))
    fail(
      directive,
      "first argument must be 'add', 'set', 'setifempty', 'append', 'merge', 'unset', 'echo', 'note', 'edit', or 'edit*'.",
    );
  if (name === undefined)
    fail(
      directive,
      `${directive.name} takes two, three or four arguments, an action, header and value`,
    );
  const edit: HeaderEdit = { action, name: name.replace(/:.*$/, ""), value: "" };
  if (action === "echo") edit.pattern = pattern(directive, name, true);
  else if (action === "edit" || action === "edit*") {
    const [from, to] = [rest.shift(), rest.shift()];
    if (to === undefined) fail(directive, "Header edit requires a match and a substitution");
    edit.pattern = pattern(directive, from as string);
    edit.value = to;
  } else if (action !== "unset") {
    const value = rest.shift();
    if (value === undefined) fail(directive, "Header requires three arguments");
    if (value.startsWith("expr="))
      fail(directive, `${directive.name}: expr= is not supported here; use a plain value`);
    edit.value = value;
  }
  if (rest.length > 1) fail(directive, "Too many arguments to directive");
  // `early` edits run before anything else looks at the headers; there is nothing between here.
  if (rest[0]?.toLowerCase() !== "early") edit.condition = envClause(directive, rest[0]);
  return edit;
}

const STATUS_WORDS: Record<string, number> = {
  permanent: 301,
  temp: 302,
  seeother: 303,
  gone: 410,
};

function redirect(
  directive: Directive,
  scope: Scope | undefined,
  path: string | undefined,
  server: Server,
): void {
  const matched = /match$/i.test(directive.name);
  const args = [...takes(directive, 1, 3, "")];
  const first = args[0] as string;
  const known =
    STATUS_WORDS[first.toLowerCase()] ??
    (/^\d/.test(first) ? Number.parseInt(first, 10) : undefined);
  let status = /permanent$/i.test(directive.name) ? 301 : 302;
  if (known !== undefined) {
    status = known;
    args.shift();
  } else if (args.length === 3) fail(directive, "Redirect: invalid first argument (of three)");
  const redirects = status >= 300 && status < 400;
  // In a Location the path may be left out: the section's own is meant, and all below it.
  if (scope && path !== undefined && args.length === (redirects ? 1 : 0)) {
    scope.redirectAll = { status, target: args[0] };
    return;
  }
  const [from, target] = args;
  if (redirects && target === undefined) fail(directive, "URL to redirect to is missing");
  if (!redirects && target !== undefined) fail(directive, "Redirect URL not valid for this status");
  if (!matched && target !== undefined && !/^(?:[a-z][a-z0-9+.-]*:|\/)/i.test(target))
    fail(directive, "Redirect to non-URL");
  const entry: Redirect = matched
    ? { status, pattern: pattern(directive, from as string), target }
    : { status, prefix: from as string, target };
  (scope ?? server).redirects.push(entry);
}

function setEnvIf(directive: Directive, scope: Scope): void {
  const browser = /^browser/i.test(directive.name);
  const args = takes(directive, browser ? 2 : 3, Number.POSITIVE_INFINITY, "");
  const [attribute, expression, ...names] = browser ? ["User-Agent", ...args] : args;
  scope.setEnvIf.push({
    attribute: attribute as string,
    pattern: pattern(directive, expression as string, /nocase$/i.test(directive.name)),
    sets: names.map((each) => {
      if (each.startsWith("!")) return [each.slice(1), undefined];
      const equals = each.indexOf("=");
      return equals < 0 ? [each, "1"] : [each.slice(0, equals), each.slice(equals + 1)];
    }),
  });
}

function errorDocument(directive: Directive, value: string): ErrorDocument {
  // Unquoted words starting with a quote were stripped of it; what isn't a path or URL is text.
  if (value.startsWith("/")) return { kind: "path", value };
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return { kind: "url", value };
  return {
    kind: "text",
    value: value === "default" && /default$/.test(directive.raw) ? "" : value,
  };
}
