import { endToEnd, type HeaderLines, headerValue } from "../reverse-proxy.ts";

/** Headers that Traefik sets itself, and drops from clients it has no reason to trust. */
const MANAGED = new Set(
  (
    "x-forwarded-proto x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-scheme " +
    "x-forwarded-server x-forwarded-uri x-forwarded-method x-forwarded-prefix " +
    "x-forwarded-tls-client-cert x-forwarded-tls-client-cert-info x-scheme x-real-ip"
  ).split(" "),
);

export interface ForwardedFacts {
  clientAddress: string;
  /** This ingress controller's own host name. */
  hostname: string;
  websocket: boolean;
}

/**
 * The headers for the backend, as Traefik's forwardedheaders and its reverse proxy leave them: no
 * client is trusted (`forwardedHeaders.insecure` is off), Host passes through, hop-by-hop headers
 * go, but for a WebSocket's upgrade.
 */
export function forwardedHeaders(lines: HeaderLines, facts: ForwardedFacts): HeaderLines {
  const host = headerValue(lines, "host") ?? "";
  const upgrade = headerValue(lines, "upgrade");
  const own = (name: string) => MANAGED.has(name.toLowerCase().replaceAll("_", "-"));
  const out: HeaderLines = endToEnd(lines).filter(([name]) => !own(name));
  // X-headers of Traefik's own can't be removed by a client's Connection header: they come after.
  out.push(["X-Forwarded-For", facts.clientAddress]);
  out.push(["X-Forwarded-Host", host]);
  out.push(["X-Forwarded-Port", /:(\d+)$/.exec(host)?.[1] ?? "80"]);
  out.push(["X-Forwarded-Proto", facts.websocket ? "ws" : "http"]);
  out.push(["X-Forwarded-Server", facts.hostname]);
  out.push(["X-Real-Ip", facts.clientAddress]);
  if (headerValue(lines, "transfer-encoding")) out.push(["Transfer-Encoding", "chunked"]);
  if (upgrade !== undefined && facts.websocket) {
    out.push(["Connection", "Upgrade"]);
    out.push(["Upgrade", upgrade]);
  }
  return out;
}

/** Whether a request asks for a WebSocket. */
export function isWebSocket(lines: HeaderLines): boolean {
  const has = (name: string, token: string) =>
    lines.some(
      ([key, value]) =>
        key.toLowerCase() === name &&
        value.split(",").some((each) => each.trim().toLowerCase() === token),
    );
  return has("connection", "upgrade") && has("upgrade", "websocket");
}
