import { endToEnd, type HeaderLines, headerValue } from "../reverse-proxy.ts";
import type { Scope, Server } from "./config.ts";
import type { Backend } from "./proxy-mapping.ts";
import type { SelfName } from "./request.ts";

/** What the backend is told of the client, besides its own headers. */
export interface Introduction {
  remoteAddress: string;
  /** The server's own name, for X-Forwarded-Server. */
  serverName: string;
  self: SelfName;
  protocol: string;
  /** Whether the connection may be used again. */
  reuse: boolean;
  /** `Apache/2.4.x`, for `ProxyVia Full`. */
  banner: string;
}

/**
 * The headers for the backend: ap_proxy_create_hdrbrgd. Hop-by-hop headers go, Host is
 * the backend's unless ProxyPreserveHost, X-Forwarded-For, -Host and -Server are appended to.
 */
export function backendHeaders(
  lines: HeaderLines,
  backend: Backend,
  server: Server,
  scope: Scope,
  introduction: Introduction,
): HeaderLines {
  const asked = headerValue(lines, "host");
  const host = scope.preserveHost ? (asked ?? introduction.serverName) : backend.authority;
  let out = endToEnd(lines).filter(([name]) => !/^host$/i.test(name));
  if (server.via === "block") out = out.filter(([name]) => !/^via$/i.test(name));
  out = withVia(out, server, introduction);
  if (scope.addHeaders !== false) {
    out = merged(out, "X-Forwarded-For", introduction.remoteAddress);
    if (asked !== undefined) out = merged(out, "X-Forwarded-Host", asked);
    out = merged(out, "X-Forwarded-Server", introduction.serverName);
  }
  // A body whose length isn't announced is sent on as it comes.
  if (headerValue(lines, "transfer-encoding")) out.push(["Transfer-Encoding", "chunked"]);
  return [["Host", host], ...out, ["Connection", introduction.reuse ? "Keep-Alive" : "close"]];
}

/** The backend's headers with this server's entry in Via, as ProxyVia says. */
export function withVia(
  lines: HeaderLines,
  server: Server,
  introduction: Introduction,
): HeaderLines {
  if (server.via === "off" || server.via === "block") return lines;
  return merged(lines, "Via", via(server, introduction));
}

/** apr_table_merge: one line of that name, the new value behind what was there. */
function merged(lines: HeaderLines, name: string, value: string): HeaderLines {
  const key = name.toLowerCase();
  const before = lines.filter(([each]) => each.toLowerCase() === key);
  const rest = lines.filter(([each]) => each.toLowerCase() !== key);
  return [...rest, [before[0]?.[0] ?? name, [...before.map(([, each]) => each), value].join(", ")]];
}

/** This server's entry for Via; `protocol` is that of the message which came in (RFC 9110, 7.6.3). */
function via(server: Server, introduction: Introduction): string {
  const { self, protocol, banner } = introduction;
  const port = self.port === 80 ? "" : `:${self.port}`;
  const named = `${protocol.replace("HTTP/", "")} ${introduction.serverName}${port}`;
  return server.via === "full" ? `${named} (${banner})` : named;
}
