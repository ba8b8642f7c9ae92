import type { ProxyTarget } from "./proxy-mapping.ts";
import type { StatusAction } from "./redirects.ts";
import type { RewriteOutcome } from "./rewrite.ts";
import type { RewriteState } from "./rewrite-state.ts";
import { escapeAbsolute, escapePath, hasControls } from "./uri.ts";

/**
 * What a rewrite comes to where every context treats it alike: a status, a redirect, a proxied
 * request. Undefined if nothing was rewritten, or to a path.
 */
export function settleRewrite(
  outcome: RewriteOutcome,
  state: RewriteState,
  queryBefore: string | undefined,
  proxyLoaded: boolean,
): StatusAction | { kind: "proxy"; target: ProxyTarget } | undefined {
  if (outcome.kind === "unchanged") return undefined;
  if (outcome.kind === "status") return { kind: "status", status: outcome.status };
  const escapes = outcome.kind === "redirect" && !outcome.noEscape;
  // "Rewritten query string contains control characters or spaces" (AH10410).
  if (state.query !== undefined && !escapes && hasControls(state.query))
    return { kind: "status", status: 403 };
  if (outcome.kind === "proxy") {
    if (!proxyLoaded) return { kind: "status", status: 403 };
    const query = outcome.noEscape && state.query !== undefined ? `?${state.query}` : "";
    const url = state.filename.slice("proxy:".length) + query;
    return { kind: "proxy", target: { url, noCanon: outcome.noEscape } };
  }
  if (outcome.kind !== "redirect") return undefined;
  let location = outcome.noEscape ? state.filename : escapeAbsolute(state.filename);
  if (state.query !== undefined) {
    // A query that the rules left alone was encoded by the client.
    const asIs = outcome.noEscape || state.query === queryBefore;
    location += `?${asIs ? state.query : escapePath(state.query)}`;
  }
  return { kind: "status", status: outcome.status, location };
}

/** A redirect out of a section: its path gives way to RewriteBase where there is one. */
export function onBase(
  action: StatusAction,
  section: { directory: string; base?: string },
): StatusAction {
  const found = /^([a-z0-9]+:\/\/[^/]*)(\/.*)$/is.exec(action.location ?? "");
  if (!section.base || !found) return action;
  const path = replacePrefix(found[2] as string, section.directory, section.base);
  return { ...action, location: found[1] + path };
}

/** The URL-path for a path that a section's rules made: by RewriteBase, else by DocumentRoot. */
export function urlPathOf(
  filename: string,
  section: { directory: string; base?: string },
  documentRoot: string,
): string {
  if (section.base) return replacePrefix(filename, section.directory, section.base);
  const root = documentRoot.replace(/\/$/, "");
  return root !== "" && filename.startsWith(`${root}/`) ? filename.slice(root.length) : filename;
}

function replacePrefix(path: string, from: string, to: string): string {
  if (!path.startsWith(from)) return path;
  return `${to.endsWith("/") ? to : `${to}/`}${path.slice(from.length)}`;
}

/**
 * prefix_stat: a rewritten path is taken for one of the file system if its first component is
 * there, and the rule itself wrote it or it lies below DocumentRoot.
 */
export function isFilePath(
  state: RewriteState,
  documentRoot: string,
  exists: (path: string) => boolean,
): boolean {
  if (state.reduced) return false;
  const first = /^\/[^/]*/.exec(state.filename)?.[0] ?? "/";
  const meant = state.lastSubstitution?.startsWith(first) === true;
  return exists(first) && (meant || state.filename.startsWith(documentRoot));
}
