import type { ProxyPass } from "./config.ts";
import { encodeProxyPath, hasControls, prefixLength } from "./uri.ts";

/** A URL to forward to, before its path is encoded. */
export interface ProxyTarget {
  url: string;
  /** The path goes out as it came in, and the query is part of it already. */
  noCanon: boolean;
}

/** `$1` and the like in a replacement; a backslash keeps the next character. */
export function substitute(text: string, match: RegExpExecArray): string {
  return text.replace(/\$(\d)|\\([\s\S])/g, (_whole, group: string | undefined, kept: string) =>
    group === undefined ? kept : (match[Number(group)] ?? ""),
  );
}

/**
 * ap_proxy_trans_match over ProxyPass lines in their order: the first that matches decides, and
 * `!` decides against. `undefined`: none matched. `unparsed` is the request target with its query.
 */
export function mapToBackend(
  passes: readonly ProxyPass[],
  uri: string,
  unparsed: string,
): ProxyTarget | "no" | undefined {
  for (const pass of passes) {
    const found = pass.pattern ? byPattern(pass, uri, unparsed) : byPrefix(pass, uri, unparsed);
    if (found) return found;
  }
  return undefined;
}

function byPrefix(pass: ProxyPass, uri: string, unparsed: string): ProxyTarget | "no" | undefined {
  const prefix = pass.prefix as string;
  const length = prefixLength(uri, prefix);
  if (length === 0) return undefined;
  if (pass.target === undefined) return "no";
  // `nocanon` needs the raw path, and is dropped where decoding changed what the prefix covers.
  const raw = pass.noCanon && prefixLength(unparsed, prefix) === length;
  return { url: pass.target + (raw ? unparsed : uri).slice(length), noCanon: raw };
}

function byPattern(pass: ProxyPass, uri: string, unparsed: string): ProxyTarget | "no" | undefined {
  const pattern = pass.pattern as RegExp;
  const match = pattern.exec(uri);
  if (!match) return undefined;
  if (pass.target === undefined) return "no";
  const rawMatch = pass.noCanon ? pattern.exec(unparsed) : null;
  const url = substitute(pass.target, rawMatch ?? match);
  // Without any $N, all of the path is put behind the target.
  const whole = url === pass.target ? url + (rawMatch ? unparsed : uri) : url;
  return { url: whole, noCanon: rawMatch !== null };
}

/** Where a request goes: what is dialled, and what stands on its request line. */
export interface Backend {
  /** Normalised URL, for choosing the worker. */
  url: string;
  host: string;
  port: number;
  /** `host[:port]` as the Host header has it. */
  authority: string;
  path: string;
}

/** proxy_http_canon: encodes the path and appends the query; a status where it can't be sent. */
export function canonicalBackend(
  target: ProxyTarget,
  query: string | undefined,
): Backend | 400 | 403 | 500 {
  const found =
    /^([a-z0-9+.-]+):\/\/(?:[^@/]*@)?(\[[^\]]+\]|[^:/?]*)(?::(\d*))?(?:\/([\s\S]*))?$/i.exec(
      target.url,
    );
  if (!found) return 400;
  // No protocol handler for the scheme: "No protocol handler was valid for the URL".
  if ((found[1] as string).toLowerCase() !== "http") return 500;
  const host = (found[2] as string).toLowerCase();
  if (host === "") return 400;
  const port = found[3] ? Number(found[3]) : 80;
  if (port < 1 || port > 65535) return 400;
  const rest = found[4] ?? "";
  const path = target.noCanon ? rest : encodeProxyPath(rest);
  if (target.noCanon && hasControls(path)) return 403;
  const asked = target.noCanon ? undefined : query;
  if (asked !== undefined && hasControls(asked)) return 403;
  const authority = port === 80 ? host : `${host}:${port}`;
  const full = `/${path}${asked === undefined ? "" : `?${asked}`}`;
  return {
    url: `http://${authority}${full}`,
    host: host.replace(/^\[|\]$/g, ""),
    port,
    authority,
    path: full,
  };
}
