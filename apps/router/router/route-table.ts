/** Which route a request takes, by its path, and what path the service sees. */

/** As much of a route as decides. */
export interface Routed {
  /** A prefix that ends at a segment's border; "/" matches all. */
  path: string;
  /** What the prefix is replaced by. */
  rewrite: string;
}

export interface Match<R> {
  route: R;
  /** Path and query for the service: all that comes behind the prefix is as it was written. */
  target: string;
}

/** @returns finds the route with the longest path that matches; undefined if there is none */
export type RouteTable<R> = (requestTarget: string) => Match<R> | undefined;

/**
 * Routes by path. To be compared, a path has its unreserved characters decoded (RFC 3986, section
 * 6.2.2.2): `/%6eginx` is `/nginx`, but `/a%2Fb` isn't `/a/b`. Steps like `..` mean nothing here.
 */
export function routeTable<R extends Routed>(routes: readonly R[]): RouteTable<R> {
  // The one that matches all is the prefix of no segment.
  const byPrefix = new Map(routes.map((route) => [route.path === "/" ? "" : route.path, route]));
  const deepest = Math.max(0, ...routes.map(({ path }) => depthOf(path)));
  return (requestTarget) => {
    const target = withoutHost(requestTarget);
    if (!target.startsWith("/")) return undefined;
    const borders = bordersOf(target, deepest);
    for (let depth = borders.length - 1; depth >= 0; depth--) {
      const border = borders[depth] as number;
      const route = byPrefix.get(decoded(target.slice(0, border)));
      if (route) return { route, target: joined(route.rewrite, target.slice(border)) };
    }
    return undefined;
  };
}

/** `http://host/path`, as clients send it to proxies (RFC 9112, section 3.2.2), without the host. */
function withoutHost(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, "");
  return path.length < target.length && !path.startsWith("/") ? `/${path}` : path;
}

const depthOf = (path: string) => (path === "/" ? 0 : path.split("/").length - 1);

/** Where a prefix of 0, 1, 2 … segments ends, up to `deepest`. */
function bordersOf(target: string, deepest: number): number[] {
  const end = target.search(/[?#]|$/);
  const borders = [0];
  for (let at = 0; at < end && borders.length <= deepest; ) {
    const slash = target.indexOf("/", at + 1);
    at = slash === -1 || slash > end ? end : slash;
    borders.push(at);
  }
  return borders;
}

function decoded(path: string): string {
  return path.replace(/%[0-9a-f]{2}/gi, (written) => {
    const character = String.fromCharCode(Number.parseInt(written.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : written;
  });
}

function joined(rewrite: string, rest: string): string {
  if (rewrite !== "/") return rewrite + rest;
  return rest.startsWith("/") ? rest : `/${rest}`;
}
