import type { HeaderLines } from "../reverse-proxy.ts";
import type { CookieMapping, ReverseMapping, Scope } from "./config.ts";

/** Headers whose URLs ProxyPassReverse rewrites. */
const LOCATIONS = new Set(["location", "content-location", "uri"]);

/**
 * The backend's headers in the front's terms: ProxyPassReverse on Location, Content-Location and
 * URI, ProxyPassReverseCookiePath and -Domain on Set-Cookie. `self` is `http://host[:port]`.
 */
export function reverseHeaders(lines: HeaderLines, scope: Scope, self: string): HeaderLines {
  return lines.map(([name, value]) => {
    const key = name.toLowerCase();
    if (LOCATIONS.has(key)) return [name, reverseLocation(value, scope.reverse, self)];
    if (key === "set-cookie") return [name, reverseCookie(value, scope)];
    return [name, value];
  });
}

/** ap_proxy_location_reverse_map: the first mapping whose URL begins the value, case aside. */
export function reverseLocation(
  url: string,
  mappings: readonly ReverseMapping[],
  self: string,
): string {
  for (const { path, url: real } of mappings) {
    // A mapping that is a path only compares with the URL's path, whatever its host.
    const part = real.startsWith("/")
      ? (/^[\s\S]*?:\/\/[^/]*(\/[\s\S]*)$/.exec(url)?.[1] ?? url)
      : url;
    if (real === "" || !part.toLowerCase().startsWith(real.toLowerCase())) continue;
    const mapped = path + part.slice(real.length);
    return /^[a-z][a-z0-9+.-]*:\/\//i.test(mapped) ? mapped : self + mapped;
  }
  return url;
}

function reverseCookie(cookie: string, scope: Scope): string {
  return cookie
    .split(";")
    .map((part) => {
      const found = /^(\s*)(path|domain)=([\s\S]*)$/i.exec(part);
      if (!found) return part;
      const value = found[3] as string;
      const mapped =
        (found[2] as string).toLowerCase() === "path"
          ? mapCookie(value, scope.cookiePaths, (text, from) => text.startsWith(from))
          : mapCookie(value, scope.cookieDomains, (text, from) =>
              text.toLowerCase().startsWith(from.toLowerCase()),
            );
      return mapped === undefined ? part : `${found[1]}${found[2]}=${mapped}`;
    })
    .join(";");
}

/** The whole value is replaced, not only what matched, as in mod_proxy. */
function mapCookie(
  value: string,
  mappings: readonly CookieMapping[],
  begins: (value: string, from: string) => boolean,
): string | undefined {
  return mappings.find(({ from }) => begins(value, from))?.to;
}
