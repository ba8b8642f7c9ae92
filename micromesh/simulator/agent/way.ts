import net from "node:net";
import type { Hello } from "../network/hello.ts";
import { encodeHello } from "../network/hello.ts";

/** The parts of a net.Socket that its type leaves out. */
export type Internals = net.Socket & {
  connecting: boolean;
  _handle: { close(): void } | null;
  _peername?: net.AddressInfo;
  _getsockname(): net.AddressInfo | object;
  _writeGeneric(writev: boolean, data: Buffer, encoding: string, done: () => void): void;
};

export type Connect = (this: net.Socket, ...args: unknown[]) => net.Socket;

/** The way of an application's socket to the socket of a pod, or to one that its sidecar holds. */
export class Way {
  readonly socket: Internals;
  private readonly connect: Connect;
  private hello?: Hello;
  private onConnect?: () => void;
  private onRefused?: (error: Error) => void;

  /**
   * @param connect Node's own `net.Socket.connect`, before it's virtualised
   * @param ends the addresses that the application sees, and the port that it asked for
   */
  constructor(
    socket: Internals,
    connect: Connect,
    ends: { local: string; remote: string; port: number },
  ) {
    this.socket = socket;
    this.connect = connect;
    socket._peername = { address: ends.remote, family: "IPv4", port: ends.port };
    socket._getsockname = () => ({ address: ends.local, family: "IPv4", port: this.hello?.port });
    // At the moment of connection, ahead of everything that the application has queued.
    socket.prependOnceListener("connect", () => {
      if (this.hello) socket._writeGeneric(false, encodeHello(this.hello), "buffer", () => {});
      this.onConnect?.();
    });
    const destroy = socket.destroy;
    socket.destroy = (error?: Error) => {
      const { onRefused } = this;
      if (onRefused && (error as NodeJS.ErrnoException | undefined)?.syscall === "connect") {
        this.onRefused = undefined;
        socket._handle?.close();
        socket._handle = null;
        // What the application has to send goes on waiting for its "connect".
        socket.connecting = true;
        onRefused(error as Error);
        return socket;
      }
      socket.destroy = destroy;
      return socket.destroy(error);
    };
  }

  /**
   * One try; after a failure there may be others. Never settled if the application gives up first.
   *
   * @param path a socket of a pod, which refuses when it's stale
   * @throws Node's own error of the connection
   */
  to({ hello, path }: { hello: Hello; path: string }): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.socket.destroyed) return;
      this.hello = hello;
      this.onConnect = resolve;
      this.onRefused = reject;
      this.connect.call(this.socket, { path });
    });
  }

  /** Tells the application that there is none. */
  fail(error: Error): void {
    this.socket.destroy(error);
  }
}

/** A connection of the sidecar's own to a socket of a pod. @throws Node's own error of the connection */
export function connectTo({ hello, path }: { hello: Hello; path: string }): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ path, allowHalfOpen: true });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      socket.write(encodeHello(hello));
      resolve(socket);
    });
  });
}
