import type http from "node:http";
import type { ClientRequest } from "./request.ts";

/** What Node read, as the rest of httpd takes it. */
export function clientRequest(incoming: http.IncomingMessage): ClientRequest {
  const { socket, headers } = incoming;
  const target = incoming.url ?? "/";
  // An absolute request target names the host, whatever Host says (RFC 9112, 3.2.2).
  const named = /^http:\/\/([^/?#]*)/i.exec(target)?.[1];
  return {
    method: incoming.method ?? "GET",
    target,
    protocol: `HTTP/${incoming.httpVersion}`,
    header: (name) => {
      const key = name.toLowerCase();
      if (key === "host" && named !== undefined) return named;
      const value = headers[key];
      return Array.isArray(value) ? value.join(", ") : value;
    },
    remoteAddress: plain(socket.remoteAddress),
    remotePort: socket.remotePort ?? 0,
    localAddress: plain(socket.localAddress),
    localPort: socket.localPort ?? 0,
  };
}

/** An IPv4 address that came over an IPv6 socket, as IPv4. */
export function plain(address: string | undefined): string {
  return (address ?? "").replace(/^::ffff:/i, "");
}
