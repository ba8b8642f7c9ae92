/** How Istio's authorization rules compare text, as istiod translates them for Envoy. */

export type TextTest = (text: string) => boolean;

/**
 * Exact, `prefix*`, `*suffix`, and `*` for anything but the empty text. There's one wildcard at most: in
 * `*a*` the second star is itself.
 */
export function compileText(pattern: string): TextTest {
  if (pattern === "*") return (text) => text !== "";
  if (pattern.startsWith("*")) return (text) => text.endsWith(pattern.slice(1));
  if (pattern.endsWith("*")) return (text) => text.startsWith(pattern.slice(0, -1));
  return (text) => text === pattern;
}

/** A glob in which every `*` stands for any text, also none; in time linear in text times stars. */
export function compileGlob(pattern: string): TextTest {
  const [head = "", ...rest] = pattern.split("*");
  const tail = rest.pop();
  if (tail === undefined) return (text) => text === pattern;
  return (text) => {
    if (text.length < head.length + tail.length) return false;
    if (!text.startsWith(head) || !text.endsWith(tail)) return false;
    const end = text.length - tail.length;
    let at = head.length;
    for (const part of rest) {
      const found = text.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}

/** A path of an operation: a template where it has `{*}` or `{**}`, else text. */
export function compilePath(pattern: string): TextTest {
  return isPathTemplate(pattern) ? compileTemplate(pattern) : compileText(pattern);
}

export function isPathTemplate(pattern: string): boolean {
  return pattern.includes("{*}") || pattern.includes("{**}");
}

/** What Envoy's URI template takes for a segment: RFC 3986's pchar without `*`. */
const segment = "a-zA-Z0-9\\-._~%!$&'()+,;:@=";

function compileTemplate(pattern: string): TextTest {
  const source = pattern
    .split(/(\{\*\*?\})/)
    .map((part) => {
      if (part === "{*}") return `[${segment}]+`;
      if (part === "{**}") return `[${segment}/]*`;
      return part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    })
    .join("");
  const expression = new RegExp(`^${source}$`);
  return (text) => expression.test(text);
}

/** Why Istio rejects the path template; undefined where it doesn't (pkg/config/security). */
export function templateError(pattern: string): string | undefined {
  let last = false;
  for (const part of pattern.replace(/^\/+|\/+$/g, "").split("/")) {
    if (part === "{*}" || part === "{**}") {
      if (last) return "{**} must be the last operator";
      last = part === "{**}";
    } else if (/[{}]/.test(part)) {
      return "{ and } may only stand as {*} or {**}, alone in their segment";
    } else if (isPathTemplate(pattern) && !new RegExp(`^[${segment}]+$`).test(part)) {
      return `its segment ${JSON.stringify(part)} can't stand beside {*} or {**}`;
    }
  }
  return undefined;
}

/**
 * The path that rules look at: without query and fragment, normalised as Istio's default (BASE) has it:
 * backslashes are slashes, unreserved characters are decoded, `.` and `..` are resolved.
 */
export function normalizePath(target: string): string {
  const end = target.search(/[?#]/);
  const path = end < 0 ? target : target.slice(0, end);
  // Nearly every path is normal already.
  if (path.startsWith("/") && !/[\\%]|\/\./.test(path)) return path;
  const decoded = path.replaceAll("\\", "/").replace(/%[0-9A-Fa-f]{2}/g, (code) => {
    const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return /[A-Za-z0-9\-._~]/.test(character) ? character : code;
  });
  const parts: string[] = [];
  const segments = decoded.split("/").slice(1);
  for (const [i, part] of segments.entries()) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
    // A dot segment at the end leaves the slash before it.
    if ((part === "." || part === "..") && i === segments.length - 1) parts.push("");
  }
  return `/${parts.join("/")}`;
}
