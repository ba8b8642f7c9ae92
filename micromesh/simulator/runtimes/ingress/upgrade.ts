import http from "node:http";
import type { Duplex } from "node:stream";
import {
  classify,
  endToEnd,
  type ForwardFailure,
  headerLines,
  type Upstream,
} from "../reverse-proxy.ts";

/**
 * Passes an upgrade (a WebSocket's, say) through: the upstream's 101 goes to the client, then both
 * connections are joined till one of them ends. Any other answer is relayed as it is, and the
 * client's connection closed. Resolves when all is over, with the failure if there was no answer
 * to relay; the client's connection is still open then.
 */
export function passUpgrade(
  client: Duplex,
  head: Buffer,
  upstream: Upstream,
  connectTimeoutMs: number,
): Promise<ForwardFailure | undefined> {
  return new Promise((resolve) => {
    let connected = false;
    const outgoing = http.request({
      host: upstream.host,
      port: upstream.port,
      method: upstream.method,
      path: upstream.path,
      headers: upstream.headers.flat() as unknown as http.OutgoingHttpHeaders,
      agent: false,
      setHost: false,
    });
    const timer = setTimeout(() => {
      resolve({ kind: "connect-timeout", code: "", message: "no connection in time" });
      outgoing.destroy();
    }, connectTimeoutMs);
    const settle = (failure?: ForwardFailure) => {
      clearTimeout(timer);
      resolve(failure);
    };
    outgoing.on("socket", (socket) =>
      socket.once("connect", () => {
        connected = true;
        clearTimeout(timer);
      }),
    );
    client.on("error", () => outgoing.destroy());
    client.on("close", () => outgoing.destroy());
    outgoing.on("error", (error: NodeJS.ErrnoException) => settle(classify(error, connected)));
    outgoing.on("upgrade", (incoming, socket, first) => {
      client.write(statusAndHeaders(incoming, headerLines(incoming.rawHeaders)));
      if (first.length > 0) client.write(first);
      if (head.length > 0) socket.write(head);
      socket.on("error", () => client.destroy());
      socket.on("close", () => {
        client.destroy();
        settle();
      });
      client.on("close", () => socket.destroy());
      socket.pipe(client);
      client.pipe(socket);
    });
    outgoing.on("response", (incoming) => {
      const lines = endToEnd(headerLines(incoming.rawHeaders));
      client.write(statusAndHeaders(incoming, [...lines, ["Connection", "close"]]));
      incoming.pipe(client);
      incoming.on("close", () => settle());
    });
    outgoing.end();
  });
}

function statusAndHeaders(incoming: http.IncomingMessage, lines: [string, string][]): string {
  const status = `HTTP/1.1 ${incoming.statusCode} ${incoming.statusMessage}`;
  return `${[status, ...lines.map(([name, value]) => `${name}: ${value}`)].join("\r\n")}\r\n\r\n`;
}
