/**
 * Paths as httpd handles them: byte strings (one character per byte, 0-255), so that what arrives
 * percent-encoded leaves the same way, whatever the character set.
 */

/** Takes bytes as UTF-8 or what they may be, and gives them as one character each. */
export function bytesOf(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

const hex = (code: number) => code.toString(16).padStart(2, "0");

/** ap_escape_uri: for Location and the like; `?` and `%` are escaped too. */
export function escapePath(path: string): string {
  return path.replace(/[^0-9A-Za-z$\-_.+!*'(),:;@&=/~]/g, (char) => `%${hex(char.charCodeAt(0))}`);
}

/** ap_proxy_canonenc for a reverse proxy's path: not decoded first, hence `%` is escaped again. */
export function encodeProxyPath(path: string): string {
  return path.replace(
    /[^0-9A-Za-z~$\-_.+!*'(),;:@&=/]/g,
    (char) => `%${hex(char.charCodeAt(0)).toUpperCase()}`,
  );
}

export function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    "<": "&lt;",
    ">": "&gt;",
    "&": "&amp;",
    '"': "&quot;",
  };
  return text.replace(/[<>&"]/g, (char) => entities[char] as string);
}

/** Space and control characters, which must not go on a request line. */
export function hasControls(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return /[\x00-\x20\x7f]/.test(text);
}

/**
 * ap_normalize_path: decodes unreserved characters, drops `.` segments, resolves `..` ones and
 * merges slashes. Undefined if it climbs above the root or a `%` isn't followed by two hex digits.
 */
export function normalizePath(path: string, mergeSlashes = true): string | undefined {
  if (path === "*") return path;
  if (!path.startsWith("/")) return undefined;
  const decoded = path.replace(/%([0-9a-fA-F]{2})/g, (whole, digits: string) => {
    const char = String.fromCharCode(Number.parseInt(digits, 16));
    return /[0-9A-Za-z\-._~]/.test(char) ? char : whole;
  });
  const out: string[] = [];
  const segments = decoded.slice(1).split("/");
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    if (segment === "" && !last) {
      if (!mergeSlashes) out.push("");
    } else if (segment === "." || segment === "..") {
      if (segment === ".." && out.pop() === undefined) return undefined;
      if (last) out.push("");
    } else out.push(segment);
  }
  return `/${out.join("/")}`;
}

/** What `AllowEncodedSlashes` says. */
export type EncodedSlashes = "off" | "on" | "nodecode";

/**
 * ap_unescape_url: the decoded path, or the status to answer with: 400 for a malformed escape,
 * 404 for an encoded NUL and, unless allowed, an encoded slash.
 */
export function unescapePath(path: string, slashes: EncodedSlashes): string | 400 | 404 {
  if (/%(?![0-9a-fA-F]{2})/.test(path)) return 400;
  if (/%00/.test(path) || (slashes === "off" && /%2f/i.test(path))) return 404;
  return path.replace(/%([0-9a-fA-F]{2})/g, (whole, digits: string) =>
    slashes === "nodecode" && /2f/i.test(digits)
      ? whole
      : String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

/**
 * alias_match: how many characters of `path` the prefix covers, 0 if it doesn't match. A prefix
 * ends at a slash or at the end; any number of slashes equals any other.
 */
export function prefixLength(path: string, prefix: string): number {
  let a = 0;
  let p = 0;
  while (a < prefix.length && p < path.length) {
    if (prefix[a] === "/") {
      if (path[p] !== "/") return 0;
      while (prefix[a] === "/") a++;
      while (path[p] === "/") p++;
    } else if (path[p++] !== prefix[a++]) return 0;
  }
  if (p === path.length && a < prefix.length) return 0;
  if (prefix[a - 1] !== "/" && p < path.length && path[p] !== "/") return 0;
  return p;
}

/** Schemes mod_rewrite takes for absolute, and whether a query string makes sense in them. */
const SCHEMES: [prefix: string, query: boolean][] = [
  ["ajp://", true],
  ["balancer://", true],
  ["ftp://", false],
  ["fcgi://", true],
  ["gopher://", false],
  ["http://", true],
  ["https://", true],
  ["h2://", true],
  ["h2c://", true],
  ["ldap://", false],
  ["mailto:", true],
  ["news:", false],
  ["nntp://", false],
  ["scgi://", true],
  ["ws://", true],
  ["wss://", true],
  ["unix:", true],
];

/** The scheme prefix of an absolute URI, as is_absolute_uri() in mod_rewrite sees it. */
export function absoluteScheme(uri: string): { prefix: string; query: boolean } | undefined {
  const lower = uri.slice(0, 12).toLowerCase();
  const found = SCHEMES.find(([prefix]) => lower.startsWith(prefix));
  return found && { prefix: found[0], query: found[1] };
}

/** Escapes what follows scheme and authority. */
export function escapeAbsolute(uri: string): string {
  const match = /^([a-z0-9]+:\/\/[^/]*\/?|mailto:|news:|unix:)([\s\S]*)$/i.exec(uri);
  return match ? (match[1] as string) + escapePath(match[2] as string) : uri;
}
