import net from "node:net";
import type { AppProtocol } from "../../resources/service-ports.ts";
import type { Hello } from "../network/hello.ts";
import { socketPath } from "../network/sockets.ts";
import { acceptHello } from "./accept.ts";
import { systemError } from "./errors.ts";
import type { Identity } from "./messages.ts";

/** Why the sidecar answers instead of the server. */
export type Failure = "no-endpoint" | "refused" | "timeout" | "plaintext-rejected";

/** Envoy's bodies for a 503 of its own making (seen with Envoy 1.40 below Istio). */
const BODIES = {
  "no-endpoint": "no healthy upstream",
  refused:
    "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: remote connection failure, transport failure reason: delayed connect error: Connection refused",
  timeout:
    "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: connection timeout",
};
/** Envoy's connect timeout as Istio sets it, and the number of attempts on HTTP. */
const CONNECT_TIMEOUT_MS = 10_000;
const HTTP_ATTEMPTS = 3;
/** A port number that no container can have. */
const PORT = 0;

interface Pending {
  failure: Failure;
  protocol: AppProtocol;
  client: net.Socket;
}

/**
 * The sidecar's voice. In a mesh an application connects to its own proxy, so a server that can't be
 * reached is no connection error for it: HTTP is answered with a 503, TCP is closed. The sidecar
 * lives in the pod's own process and only speaks where the server can't.
 */
export class Sidecar {
  private readonly path: string;
  private readonly pending = new Map<number, Pending>();
  private readonly listen: typeof net.Server.prototype.listen;
  private server?: net.Server;

  /** @param listen Node's own `net.Server.listen`, before it's virtualised */
  constructor(identity: Identity, listen: typeof net.Server.prototype.listen) {
    this.listen = listen;
    this.path = `${socketPath(identity.sockets, identity.ip, PORT)}-${process.pid}`;
  }

  /** The way to an answer of this kind; `client` is the application's socket. */
  answers(hello: Hello, failure: Failure, protocol: AppProtocol, client: net.Socket) {
    this.start();
    this.pending.set(hello.port, { failure, protocol, client });
    client.once("close", () => this.pending.delete(hello.port));
    return { hello, path: this.path };
  }

  private start(): void {
    if (this.server) return;
    this.server = net.createServer((socket) =>
      acceptHello(socket, (hello) => {
        const pending = this.pending.get(hello.port);
        if (pending) answer(socket, pending);
        else socket.destroy();
      }),
    );
    (this.listen as (this: net.Server, options: object) => net.Server).call(this.server, {
      path: this.path,
    });
    this.server.unref();
  }
}

function answer(socket: net.Socket, { failure, protocol, client }: Pending): void {
  let head = "";
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    head += chunk.toString("latin1");
    if (failure === "plaintext-rejected") {
      client.destroy(systemError("ECONNRESET", "read"));
      return;
    }
    const http = protocol === "http" || (protocol === "auto" && looksLikeHttp(head));
    if (!http) close(socket, failure === "timeout" ? CONNECT_TIMEOUT_MS : 0);
    else if (head.includes("\r\n\r\n")) respond(socket, failure);
  });
}

function respond(socket: net.Socket, failure: keyof typeof BODIES): void {
  const body = BODIES[failure];
  const text = [
    "HTTP/1.1 503 Service Unavailable",
    `content-length: ${body.length}`,
    "content-type: text/plain",
    `date: ${new Date().toUTCString()}`,
    "server: envoy",
    // Envoy keeps the connection; here the next request must find its way anew.
    "connection: close",
    "",
    body,
  ].join("\r\n");
  const delay = failure === "timeout" ? CONNECT_TIMEOUT_MS * HTTP_ATTEMPTS : 0;
  setTimeout(() => socket.end(text), delay);
}

function close(socket: net.Socket, delay: number): void {
  setTimeout(() => socket.end(), delay);
}

/** A request line, or the beginning of one. */
export function looksLikeHttp(head: string): boolean {
  return /^[A-Z]{1,20}( \S*( HTTP\/1\.|$)|$)/.test(head.split("\r\n")[0] ?? "");
}
