/** Listening at a port as a server would: on all addresses, or on those that it is told. */
import { once } from "node:events";
import { createServer, type ListenOptions, type Server, type Socket } from "node:net";

export interface Listener {
  /** The port in use: the one asked for, or the one found where 0 was. */
  readonly port: number;
  /** Accepts no more. Connections that are there stay. */
  close(): Promise<void>;
}

/**
 * Listens on a port.
 * @param port 0 for any free one
 * @param bind addresses; none: all of them. `*` and `::*` are all of IPv4 and of IPv6. One with a
 *   `-` before it is left out where the system doesn't have it.
 * @throws what `listen` throws (EADDRINUSE, EADDRNOTAVAIL), with nothing left open
 */
export async function listen(
  port: number,
  bind: readonly string[],
  onConnection: (socket: Socket) => void,
  options: { readonly allowHalfOpen?: boolean } = {},
): Promise<Listener> {
  const servers: Server[] = [];
  const close = async () => {
    const closed = servers.map((server) => once(server, "close"));
    for (const server of servers) server.close();
    await Promise.all(closed);
  };
  let found = port;
  for (const address of bind.length > 0 ? bind : [""]) {
    const server = createServer({ noDelay: true, ...options }, onConnection);
    try {
      server.listen({ port: found, ...hostOf(address) });
      await once(server, "listening");
      servers.push(server);
      found = boundPort(server);
    } catch (error) {
      if (address.startsWith("-") && isMissingAddress(error)) continue;
      await close();
      throw error;
    }
  }
  if (servers.length === 0) throw new Error(`none of the addresses '${bind.join(" ")}' is there`);
  return { port: found, close };
}

function hostOf(address: string): ListenOptions {
  const host = address.replace(/^-/, "");
  if (host === "") return {};
  if (host === "*") return { host: "0.0.0.0" };
  if (host === "::*") return { host: "::", ipv6Only: true };
  return { host };
}

function boundPort(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

function isMissingAddress(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT";
}
