import http from "node:http";
import net from "node:net";
import { socketPath } from "../network/sockets.ts";
import { acceptHello } from "./accept.ts";
import { systemError } from "./errors.ts";
import { looksLikeHttp } from "./held.ts";
import { LOOPBACK } from "./outgoing.ts";
import type { Caller, PodNetwork } from "./pod-network.ts";

/** Where the hook on HTTP requests finds who called. */
export const caller = Symbol("micromesh.caller");
export type AcceptedSocket = net.Socket & { [caller]?: Caller };

type Listen = (this: net.Server, ...args: unknown[]) => net.Server;

/**
 * Makes every TCP server of this process listen in the cluster's network, at this pod's address.
 * @param onListening told the path of each socket that is created
 */
export function virtualiseIncoming(network: PodNetwork, onListening: (path: string) => void): void {
  const listen = net.Server.prototype.listen as Listen;
  const normalize = (
    net as unknown as {
      _normalizeArgs(args: unknown[]): [net.ListenOptions, (() => void) | null];
    }
  )._normalizeArgs;
  const bound = new Map<number, net.Server>();
  const { ip, sockets } = network.identity;

  net.Server.prototype.listen = function (this: net.Server, ...args: unknown[]) {
    const [options, listener] = normalize(args);
    const given = options as { path?: string; fd?: number; handle?: unknown; _handle?: unknown };
    if (given.path || given.fd !== undefined || given.handle || given._handle) {
      return listen.apply(this, args);
    }
    const host = options.host;
    const address = host ?? "0.0.0.0";
    const loopback = host === "localhost" || host === "::1" || (host?.startsWith("127.") ?? false);
    const anyAddress =
      host === undefined || ["0.0.0.0", "::", ip, network.identity.hostname].includes(host);
    const port = Number(options.port ?? 0) || network.sourcePort();
    if (!loopback && !anyAddress) return refuse(this, "EADDRNOTAVAIL", address, port);
    if (bound.has(port)) return refuse(this, "EADDRINUSE", address, port);
    bound.set(port, this);
    this.once("close", () => bound.delete(port));
    this.address = () => (this.listening ? { address, family: "IPv4", port } : null);
    interceptConnections(this, network, port);
    const path = socketPath(sockets, ip, port, loopback);
    if (listener) this.once("listening", listener);
    this.prependOnceListener("listening", () => onListening(path));
    return listen.call(this, { path, backlog: options.backlog });
  } as typeof net.Server.prototype.listen;
}

function refuse(
  server: net.Server,
  code: "EADDRNOTAVAIL" | "EADDRINUSE",
  address: string,
  port: number,
): net.Server {
  const error = systemError(code, "listen", { address, port });
  process.nextTick(() => server.emit("error", error));
  return server;
}

/** Holds each connection back until its hello has been read and the mesh has let it in. */
function interceptConnections(server: net.Server, network: PodNetwork, port: number): void {
  // Only these hand each request to the mesh's rules; on any other server a denied caller is closed.
  const judgesRequests = server instanceof http.Server;
  const emit = server.emit as (this: net.Server, event: string, ...args: unknown[]) => boolean;
  server.emit = function (this: net.Server, event: string, ...args: unknown[]) {
    if (event !== "connection") return emit.call(this, event, ...args);
    const socket = args[0] as AcceptedSocket;
    acceptHello(socket, (hello) => {
      present(socket, hello.ip === LOOPBACK ? LOOPBACK : network.identity.ip, port, hello);
      const fromOthers = hello.from !== network.key && !hello.bypassSidecar;
      if (fromOthers) socket.once("close", network.connections.add("in"));
      const { caller: who, inbound, l4Denied } = network.admit(hello, port);
      socket[caller] = who;
      const enter = () => emit.call(this, event, socket);
      if (inbound?.mtls.mode === "STRICT" && hello.principal === undefined) {
        breakAtFirstByte(socket);
      } else if (!l4Denied || (judgesRequests && network.protocol(port) === "http")) {
        // A denied HTTP connection is let in: each request is answered 403.
        enter();
      } else {
        atFirstBytes(socket, (bytes) => {
          if (
            judgesRequests &&
            network.protocol(port) === "auto" &&
            looksLikeHttp(bytes.toString("latin1"))
          ) {
            socket.unshift(bytes);
            enter();
            return;
          }
          const text = "an AuthorizationPolicy denies this TCP connection";
          network.report("denied", network.key, port, [{ text }], network.callerName(hello));
          socket.end();
        });
      }
    });
    return true;
  } as typeof server.emit;
}

/** The addresses that the application sees. */
function present(
  socket: net.Socket,
  address: string,
  port: number,
  hello: { ip: string; port: number },
): void {
  const internals = socket as net.Socket & { _peername: object; _getsockname(): object };
  internals._peername = { address: hello.ip, family: "IPv4", port: hello.port };
  internals._getsockname = () => ({ address, family: "IPv4", port });
}

function breakAtFirstByte(socket: net.Socket): void {
  atFirstBytes(socket, () => socket.destroy());
}

function atFirstBytes(socket: net.Socket, next: (bytes: Buffer) => void): void {
  socket.on("error", () => socket.destroy());
  socket.once("data", (bytes) => {
    socket.pause();
    next(bytes);
  });
}
