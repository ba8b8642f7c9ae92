import net, { type AddressInfo, type ServerOpts, type Socket } from "node:net";

export interface TestServer {
  port: number;
  close(): Promise<void>;
}

/** A TCP server on a free loopback port that does as `onSocket` says with each connection. */
export async function tcpServer(
  onSocket: (socket: Socket) => void,
  options: ServerOpts = {},
): Promise<TestServer> {
  const open = new Set<Socket>();
  const server = net.createServer(options, (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => {});
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** A loopback port that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = await tcpServer(() => {});
  await server.close();
  return server.port;
}
