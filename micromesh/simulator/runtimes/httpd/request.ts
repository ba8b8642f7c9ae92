import type { HttpdConfig, ListenAddress, Server } from "./config.ts";
import { globPattern } from "./glob.ts";

/** A request as it arrived. */
export interface ClientRequest {
  method: string;
  /** The request target as sent. */
  target: string;
  /** `HTTP/1.1`. */
  protocol: string;
  header(name: string): string | undefined;
  remoteAddress: string;
  remotePort: number;
  localAddress: string;
  localPort: number;
}

/** The parts of the request target, not decoded. */
export interface Target {
  path: string;
  query: string | undefined;
  /** `Host`, or the authority of an absolute target, which wins (RFC 9112, 3.2.2). */
  host: string | undefined;
  port: number | undefined;
}

export function parseTarget(request: ClientRequest): Target {
  const absolute = /^http:\/\/([^/?#]*)([\s\S]*)$/i.exec(request.target);
  const authority = absolute?.[1] ?? request.header("host");
  const local = (absolute ? absolute[2] || "/" : request.target).replace(/#[\s\S]*$/, "");
  const mark = local.indexOf("?");
  const named = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(authority ?? "");
  return {
    path: (mark < 0 ? local : local.slice(0, mark)) || "/",
    query: mark < 0 ? undefined : local.slice(mark + 1),
    host: named?.[1] ? named[1].toLowerCase().replace(/\.$/, "") : undefined,
    port: named?.[2] ? Number(named[2]) : undefined,
  };
}

/**
 * The virtual host that answers: among those of the address, the first whose ServerName or
 * ServerAlias is the host asked for, else the first of them, else the main server. A host that
 * names the address itself goes before those with `*`.
 */
export function selectServer(
  config: HttpdConfig,
  local: { address: string; port: number },
  host: string | undefined,
): Server {
  const takes = (address: ListenAddress) => address.port === 0 || address.port === local.port;
  const exact = config.virtualHosts.filter((each) =>
    each.addresses.some((address) => takes(address) && address.host === local.address),
  );
  const wild = config.virtualHosts.filter((each) =>
    each.addresses.some((address) => takes(address) && address.host === undefined),
  );
  const candidates = exact.length > 0 ? exact : wild;
  const named = candidates.find((each) => host !== undefined && answersTo(each, host));
  return named ?? candidates[0] ?? config.main;
}

/** Whether a server is called `host`, by ServerName or ServerAlias (`*` and `?` allowed there). */
export function answersTo(server: Server, host: string): boolean {
  return (
    server.name?.toLowerCase() === host.toLowerCase() ||
    server.aliases.some((alias) => globPattern(alias, "i").test(host))
  );
}

/** A server's own name; `fallback` where the configuration gives none. */
export interface SelfName {
  name: string;
  port: number;
}

/** ap_get_server_name and ap_get_server_port: the client's words, unless UseCanonicalName is on. */
export function selfName(
  server: Server,
  target: Target,
  canonical: boolean,
  fallback: string,
): SelfName {
  const own = server.name ?? fallback;
  if (canonical) return { name: own, port: server.port ?? target.port ?? 80 };
  return { name: target.host ?? own, port: target.port ?? server.port ?? 80 };
}

/** `http://name[:port]`. */
export function selfUrl(self: SelfName): string {
  return `http://${self.name}${self.port === 80 ? "" : `:${self.port}`}`;
}
