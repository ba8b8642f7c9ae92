import type { Redirect, Scope } from "./config.ts";
import { substitute } from "./proxy-mapping.ts";
import { absoluteScheme, escapeAbsolute, escapePath, prefixLength } from "./uri.ts";

/** A status to answer with, and where to, if it's a redirect. */
export interface StatusAction {
  kind: "status";
  status: number;
  location?: string;
}

/** What mod_alias looks at. */
export interface RedirectSubject {
  /** The decoded URL-path. */
  uri: string;
  query: string | undefined;
  /** `http://host[:port]`, for targets that are a path only. */
  self: string;
}

/** mod_alias' redirects: a Location's own (`Redirect` without a path), then the first that matches. */
export function redirectFor(
  all: Scope["redirectAll"],
  redirects: readonly Redirect[],
  subject: RedirectSubject,
): StatusAction | undefined {
  if (all) return answer(all.status, all.target, subject);
  for (const each of redirects) {
    const { target } = each;
    if (each.pattern) {
      const match = each.pattern.exec(subject.uri);
      if (match)
        return answer(each.status, target && escapeUrl(substitute(target, match)), subject);
      continue;
    }
    const length = prefixLength(subject.uri, each.prefix as string);
    const rest = escapePath(subject.uri.slice(length));
    if (length > 0) return answer(each.status, target && target + rest, subject);
  }
  return undefined;
}

function answer(
  status: number,
  target: string | undefined,
  subject: RedirectSubject,
): StatusAction {
  if (target === undefined || status < 300 || status >= 400) return { kind: "status", status };
  const url = target.startsWith("/") ? subject.self + target : target;
  if (!/^[a-z][a-z0-9+.-]*:/i.test(url)) return { kind: "status", status: 500 };
  const query = subject.query !== undefined && !url.includes("?") ? `?${subject.query}` : "";
  return { kind: "status", status, location: url + query };
}

/** Escapes a URL's path; its query and fragment are the configuration's own business. */
function escapeUrl(url: string): string {
  const end = url.search(/[?#]/);
  const path = end < 0 ? url : url.slice(0, end);
  const escaped = absoluteScheme(path) ? escapeAbsolute(path) : escapePath(path);
  return escaped + (end < 0 ? "" : url.slice(end));
}
