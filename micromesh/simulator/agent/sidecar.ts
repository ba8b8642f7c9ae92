import net from "node:net";
import type { Hello } from "../network/hello.ts";
import { socketPath } from "../network/sockets.ts";
import { acceptHello } from "./accept.ts";
import { Held } from "./held.ts";
import type { Identity } from "./messages.ts";

/** A port number that no container can have. */
const PORT = 0;

/**
 * The place of a sidecar's own sockets. In a mesh an application connects to its own proxy, so a server
 * that can't be reached is no connection error for it. Here it connects to the server, and only where
 * that fails, or takes time, to its sidecar, which lives in the pod's own process.
 */
export class Sidecar {
  private readonly path: string;
  private readonly pending = new Map<number, (socket: net.Socket) => void>();
  private readonly listen: typeof net.Server.prototype.listen;
  private server?: net.Server;

  /** @param listen Node's own `net.Server.listen`, before it's virtualised */
  constructor(identity: Identity, listen: typeof net.Server.prototype.listen) {
    this.listen = listen;
    this.path = `${socketPath(identity.sockets, identity.ip, PORT)}-${process.pid}`;
  }

  /** Where `client`, the application's socket, is to connect for the sidecar to hold it. */
  hold(hello: Hello, client: net.Socket): { held: Held; hello: Hello; path: string } {
    this.start();
    const accepted = new Promise<net.Socket | undefined>((resolve) => {
      if (client.destroyed) return resolve(undefined);
      this.pending.set(hello.port, resolve);
      client.once("close", () => {
        this.pending.delete(hello.port);
        resolve(undefined);
      });
    });
    return { held: new Held(accepted), hello, path: this.path };
  }

  private start(): void {
    if (this.server) return;
    this.server = net.createServer({ allowHalfOpen: true }, (socket) =>
      acceptHello(socket, (hello) => {
        socket.on("error", () => socket.destroy());
        const accept = this.pending.get(hello.port);
        this.pending.delete(hello.port);
        if (accept) accept(socket);
        else socket.destroy();
      }),
    );
    (this.listen as (this: net.Server, options: object) => net.Server).call(this.server, {
      path: this.path,
    });
    this.server.unref();
  }
}
