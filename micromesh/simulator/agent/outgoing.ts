import net from "node:net";
import tls from "node:tls";
import { randomBalancer } from "../../traffic/index.ts";
import type { Route, Target } from "../network/route.ts";
import { socketPath } from "../network/sockets.ts";
import { Delivery } from "./delivery.ts";
import { nameError, systemError } from "./errors.ts";
import { addressesIn } from "./learned-names.ts";
import { MeshDial } from "./mesh-dial.ts";
import type { PodNetwork } from "./pod-network.ts";
import type { Sidecar } from "./sidecar.ts";
import { type Connect, type Internals, Way } from "./way.ts";

/** Linux gives up a connection after tcp_syn_retries = 6 retransmissions: 1+2+4+…+64 s. */
const CONNECT_TIMEOUT_MS = 127_000;
/** glibc: two attempts of 5 s before a resolver that doesn't answer becomes EAI_AGAIN. */
export const RESOLVER_TIMEOUT_MS = 10_000;
/** musl takes no notice of a refusal or a failure: it waits for another answer, 5 s in all. */
export const REFUSED_TIMEOUT_MS = 5_000;
export const LOOPBACK = "127.0.0.1";
/** kube-proxy's choice in iptables mode. */
const kubeProxy = randomBalancer();

type Options = net.TcpSocketConnectOpts & { path?: string };

/**
 * Sends every outgoing connection of this process through the cluster's network. Connections to
 * Unix sockets stay what they are; names, Services, policies and the mesh decide all the others.
 */
export function virtualiseOutgoing(network: PodNetwork, sidecar: Sidecar): void {
  const connect = net.Socket.prototype.connect as Connect;
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
  private readonly connect: Connect;

  constructor(
    socket: Internals,
    options: Options,
    network: PodNetwork,
    sidecar: Sidecar,
    connect: Connect,
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
    else this.toOthers(host);
  }

  private toOthers(host: string): void {
    const { socket, network } = this;
    socket.once("connect", () => socket.once("close", network.connections.add("out")));
    if (net.isIP(host)) this.toAddress(host);
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
    } else if (answer.kind === "refused" || answer.kind === "server-failure") {
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
    } else if (this.network.meshed) {
      const { network, sidecar, socket } = this;
      const protocol = route.kind === "dropped" ? "auto" : route.protocol;
      const delivery = new Delivery(this.way(ip), network, sidecar, protocol);
      new MeshDial({ ip, port }, route, delivery, network, socket).start();
    } else if (route.kind === "pods") {
      this.toPods(ip, route);
    } else if (route.kind === "refused") {
      this.fail(this.refusal(ip));
    } else this.dropped(ip);
  }

  /** Without a sidecar: kube-proxy chooses the pod, and what comes of it is final. */
  private toPods(ip: string, { targets, protocol }: Route & { kind: "pods" }): void {
    const target = kubeProxy.pick(targets) as Target;
    if (!this.network.enter(target)) {
      this.dropped(ip);
      return;
    }
    const way = this.way(ip);
    const delivery = new Delivery(way, this.network, this.sidecar, protocol);
    delivery.to(target).then(
      ({ server }) => server && delivery.lead(server),
      () => way.fail(this.refusal(ip)),
    );
  }

  /** Within a pod, containers share the network: no policy and no sidecar on loopback. */
  private toSelf(host: string): void {
    const { sockets, ip, hostname } = this.network.identity;
    const port = Number(this.options.port);
    const path = socketPath(sockets, ip, port);
    const hello = this.network.hello();
    // The kernel takes the source address from where it goes: a listener on loopback is found there only.
    if (host === ip || host === hostname) {
      const way = this.way(ip);
      way.to({ hello, path }).catch(() => way.fail(this.refusal(ip)));
    } else {
      const way = this.way(LOOPBACK);
      const from = { ...hello, ip: LOOPBACK };
      way
        .to({ hello: from, path })
        .catch(() => way.to({ hello: from, path: socketPath(sockets, ip, port, true) }))
        .catch(() => way.fail(this.refusal(LOOPBACK)));
    }
  }

  private way(remote: string): Way {
    const local = remote === LOOPBACK ? LOOPBACK : this.network.identity.ip;
    const ends = { local, remote, port: Number(this.options.port) };
    return new Way(this.socket, this.connect, ends);
  }

  private refusal(address: string): Error {
    return systemError("ECONNREFUSED", "connect", { address, port: Number(this.options.port) });
  }

  private dropped(address: string): void {
    const port = Number(this.options.port);
    this.failLater(systemError("ETIMEDOUT", "connect", { address, port }), CONNECT_TIMEOUT_MS);
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
