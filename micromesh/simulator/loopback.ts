import { once } from "node:events";
import net from "node:net";

/** A port of this machine's loopback that can be shut for a while. */
export interface LoopbackListener {
  /** The last one that it listened on. */
  readonly port: number;
  readonly isOpen: boolean;
  /**
   * Listens again, on this port of 127.0.0.1 or with 0 on any.
   * @throws NodeJS.ErrnoException `EADDRINUSE` where it's taken, `EACCES` where it isn't allowed
   */
  open(port: number): Promise<void>;
  /** New clients are refused from now on; those who are there stay. */
  shut(): void;
  /** Ends it, and every client's connection. */
  close(): Promise<void>;
}

/**
 * Listens on 127.0.0.1.
 * @param port 0 for any
 * @param onClient gets each client; it may end its side first
 * @throws NodeJS.ErrnoException as {@link LoopbackListener.open}
 */
export async function listen(
  port: number,
  onClient: (client: net.Socket) => void,
): Promise<LoopbackListener> {
  const clients = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true }, (client) => {
    clients.add(client);
    client.once("close", () => clients.delete(client));
    onClient(client);
  });
  let last = 0;
  const open = async (wanted: number) => {
    server.listen(wanted, "127.0.0.1");
    await once(server, "listening");
    last = (server.address() as net.AddressInfo).port;
  };
  await open(port);
  return {
    get port() {
      return last;
    },
    get isOpen() {
      return server.listening;
    },
    open,
    shut: () => void server.close(),
    close: async () => {
      const closed = server.listening || clients.size > 0 ? once(server, "close") : undefined;
      for (const client of clients) client.destroy();
      if (server.listening) server.close();
      await closed;
    },
  };
}
