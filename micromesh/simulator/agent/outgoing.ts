import net from "node:net";
import tls from "node:tls";
import type { Hello } from "../network/hello.ts";
import { encodeHello } from "../network/hello.ts";
import type { Target } from "../network/route.ts";
import { socketPath } from "../network/sockets.ts";
import { nameError, systemError } from "./errors.ts";
import { addressesIn } from "./learned-names.ts";
import type { PodNetwork } from "./pod-network.ts";
import type { Sidecar } from "./sidecar.ts";

/** Linux gives up a connection after tcp_syn_retries = 6 retransmissions: 1+2+4+…+64 s. */
const CONNECT_TIMEOUT_MS = 127_000;
/** glibc: two attempts of 5 s before a resolver that doesn't answer becomes EAI_AGAIN. */
export const RESOLVER_TIMEOUT_MS = 10_000;
/** musl takes no notice of a refusal: it waits for another answer, 5 s in all. */
export const REFUSED_TIMEOUT_MS = 5_000;
export const LOOPBACK = "127.0.0.1";
/** Istio's default for HTTP: two more attempts on connect-failure, on other endpoints first. */
const MESH_RETRIES = 2;

/** The parts of a net.Socket that its type leaves out. */
type Internals = net.Socket & {
  connecting: boolean;
  _handle: { close(): void } | null;
  _peername?: net.AddressInfo;
  _getsockname(): net.AddressInfo | object;
  _writeGeneric(writev: boolean, data: Buffer, encoding: string, done: () => void): void;
};
type Options = net.TcpSocketConnectOpts & { path?: string };

/**
 * Sends every outgoing connection of this process through the cluster's network. Connections to
 * Unix sockets stay what they are; names, Services, policies and the mesh decide all the others.
 */
export function virtualiseOutgoing(network: PodNetwork, sidecar: Sidecar): void {
  const connect = net.Socket.prototype.connect as (
    this: net.Socket,
    ...args: unknown[]
  ) => net.Socket;
  const normalize = (
    net as unknown as { _normalizeArgs(args: unknown[]): [Options, (() => void) | null] }
  )._normalizeArgs;

  net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
    const [options, listener] = Array.isArray(args[0]) ? args[0] : normalize(args);
    if (options.path || options.port === undefined) return connect.apply(this, args);
    if (listener) this.once("connect", listener);
    new Dialling(this as Internals, options, network, sidecar, connect).start();
    return this;
  } as typeof net.Socket.prototype.connect;

  // A TLS socket chooses its kind of handle when it's made, before it knows where it goes: give it
  // a connected socket of ours instead.
  const connectTls = tls.connect as (...args: unknown[]) => tls.TLSSocket;
  tls.connect = ((...args: unknown[]) => {
    const [options, listener] = normalize(args) as [tls.ConnectionOptions, (() => void) | null];
    if (options.socket || options.path) return connectTls(options, listener ?? undefined);
    const socket = net.connect(options as net.TcpNetConnectOpts);
    const servername = options.servername ?? (net.isIP(options.host ?? "") ? "" : options.host);
    return connectTls({ ...options, servername, socket }, listener ?? undefined);
  }) as typeof tls.connect;
}

/** One outgoing connection, from the name to the accepted socket. */
class Dialling {
  private readonly socket: Internals;
  private readonly options: Options;
  private readonly network: PodNetwork;
  private readonly sidecar: Sidecar;
  private readonly connect: (this: net.Socket, ...args: unknown[]) => net.Socket;

  constructor(
    socket: Internals,
    options: Options,
    network: PodNetwork,
    sidecar: Sidecar,
    connect: (this: net.Socket, ...args: unknown[]) => net.Socket,
  ) {
    this.socket = socket;
    this.options = options;
    this.network = network;
    this.sidecar = sidecar;
    this.connect = connect;
  }

  start(): void {
    const host = this.options.host ?? "localhost";
    const { port } = this.options;
    if (!Number.isInteger(Number(port)) || Number(port) < 0 || Number(port) > 65535) {
      // Node's own check and message.
      this.connect.call(this.socket, this.options);
      return;
    }
    this.socket.connecting = true;
    if (isOwn(host, this.network.identity)) this.toSelf(host);
    else if (net.isIP(host)) this.toAddress(host);
    else if (this.options.lookup) this.byLookup(host, this.options.lookup);
    else this.byName(host);
  }

  private byName(host: string): void {
    const answer = this.network.resolve(host);
    if (answer.kind === "addresses") {
      const address = answer.addresses[0] as string;
      process.nextTick(() => this.socket.emit("lookup", null, address, 4, host));
      this.toAddress(address);
    } else if (answer.kind === "external") {
      this.byLookup(answer.name, externalLookup, (found) => this.network.learn(answer, found));
    } else if (answer.kind === "unreachable") {
      this.failLater(nameError("EAI_AGAIN", "getaddrinfo", host), RESOLVER_TIMEOUT_MS);
    } else if (answer.kind === "refused") {
      this.failLater(nameError("EAI_AGAIN", "getaddrinfo", host), REFUSED_TIMEOUT_MS);
    } else this.fail(nameError("ENOTFOUND", "getaddrinfo", host));
  }

  private byLookup(
    host: string,
    lookup: net.LookupFunction,
    learn?: (addresses: string[]) => void,
  ): void {
    lookup(host, { family: this.options.family ?? 0, all: false }, (error, address, family) => {
      if (this.socket.destroyed) return;
      const first = addressesIn(address)[0];
      if (!error) learn?.(addressesIn(address));
      this.socket.emit("lookup", error, first, family, host);
      if (error) this.fail(error);
      else this.toAddress(first as string);
    });
  }

  private toAddress(ip: string): void {
    const port = Number(this.options.port);
    if (isOwn(ip, this.network.identity)) {
      this.toSelf(ip);
      return;
    }
    const route = this.network.route(ip, port);
    if (route.kind === "external") {
      this.connect.call(this.socket, { ...this.options, host: ip });
    } else if (route.kind === "pod") {
      this.toPods(ip, [route.target, ...route.alternatives], route.protocol);
    } else if (this.network.meshed) {
      // A meshed application talks to its own sidecar: it is the sidecar that can't get through.
      const service = route.kind === "refused" && route.service !== undefined;
      const protocol = route.kind === "refused" ? route.protocol : "auto";
      const failure = route.kind === "dropped" ? "timeout" : service ? "no-endpoint" : "refused";
      this.open(ip, this.sidecar.answers(this.network.hello(), failure, protocol, this.socket));
    } else if (route.kind === "refused") {
      this.fail(systemError("ECONNREFUSED", "connect", { address: ip, port }));
    } else {
      this.failLater(
        systemError("ETIMEDOUT", "connect", { address: ip, port }),
        CONNECT_TIMEOUT_MS,
      );
    }
  }

  private toPods(ip: string, targets: Target[], protocol: "http" | "tcp" | "auto"): void {
    const [target, ...others] = targets as [Target, ...Target[]];
    const { hello, plaintextRejected } = this.network.greet(target);
    if (plaintextRejected) {
      // The server's sidecar wants TLS and breaks the connection at the first plaintext byte.
      this.network.report("denied", `${target.pod.namespace}/${target.pod.name}`, target.port, [
        { text: `strict mTLS: ${this.plaintext()}` },
      ]);
      this.open(ip, this.sidecar.answers(hello, "plaintext-rejected", protocol, this.socket));
      return;
    }
    const path = (t: Target) => socketPath(this.network.identity.sockets, t.ip, t.port);
    const retries = this.network.meshed && protocol !== "tcp" ? others.slice(0, MESH_RETRIES) : [];
    this.open(ip, { hello, path: path(target) }, retries.map(path), protocol);
  }

  private plaintext(): string {
    return this.network.meshed
      ? "the caller's sidecar knows pods by their Services alone, so to a bare address it speaks plaintext"
      : "the caller has no sidecar, so it speaks plaintext";
  }

  /** Within a pod, containers share the network: no policy and no sidecar on loopback. */
  private toSelf(host: string): void {
    const { sockets, ip, hostname } = this.network.identity;
    const port = Number(this.options.port);
    const path = socketPath(sockets, ip, port);
    const hello = this.network.hello();
    // The kernel takes the source address from where it goes: a listener on loopback is found there only.
    if (host === ip || host === hostname) this.open(ip, { hello, path });
    else {
      const at = { hello: { ...hello, ip: LOOPBACK }, path };
      this.open(LOOPBACK, at, [socketPath(sockets, ip, port, true)]);
    }
  }

  /** Connects to the first path that accepts. Paths are sockets of pods, which refuse when stale. */
  private open(
    address: string,
    at: { hello: Hello; path: string },
    otherPaths: string[] = [],
    protocol?: "http" | "tcp" | "auto",
  ): void {
    const { socket, network } = this;
    const port = Number(this.options.port);
    const others = [...otherPaths];
    socket._peername = { address, family: "IPv4", port };
    const local = {
      address: address === LOOPBACK ? address : network.identity.ip,
      family: "IPv4",
      port: at.hello.port,
    };
    socket._getsockname = () => local;
    // At the moment of connection, ahead of everything that the application has queued.
    socket.prependOnceListener("connect", () =>
      socket._writeGeneric(false, encodeHello(at.hello), "buffer", () => {}),
    );
    let answeredBySidecar = protocol === undefined || !network.meshed;
    const destroy = socket.destroy;
    socket.destroy = (error?: Error) => {
      let reason = error;
      if ((error as NodeJS.ErrnoException | undefined)?.syscall === "connect") {
        const next = others.shift();
        if (next !== undefined) return this.redial(next);
        if (!answeredBySidecar) {
          answeredBySidecar = true;
          return this.redial(
            this.sidecar.answers(at.hello, "refused", protocol ?? "auto", socket).path,
          );
        }
        reason = systemError("ECONNREFUSED", "connect", { address, port });
      }
      socket.destroy = destroy;
      return socket.destroy(reason);
    };
    this.connect.call(socket, { path: at.path });
  }

  /** Another try on the same socket; what it has to send is still waiting for its "connect". */
  private redial(path: string): Internals {
    this.socket._handle?.close();
    this.socket._handle = null;
    return this.connect.call(this.socket, { path }) as Internals;
  }

  private fail(error: Error): void {
    process.nextTick(() => this.socket.destroy(error));
  }

  private failLater(error: Error, ms: number): void {
    const timer = setTimeout(() => this.socket.destroy(error), ms);
    this.socket.once("close", () => clearTimeout(timer));
  }
}

/** Resolves names of the world; replaced by the resolver's own once it's virtualised. */
let externalLookup: net.LookupFunction;
export function resolveExternalBy(lookup: net.LookupFunction): void {
  externalLookup = lookup;
}

function isOwn(host: string, identity: { ip: string; hostname: string }): boolean {
  return (
    host === "localhost" ||
    host === "::1" ||
    host === "0.0.0.0" ||
    host === "::" ||
    host.startsWith("127.") ||
    host === identity.ip ||
    host === identity.hostname
  );
}
