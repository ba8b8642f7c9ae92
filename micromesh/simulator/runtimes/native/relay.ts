/** The way from our own port to a native program's Unix socket. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream";

/** Longest path of a Unix socket, in bytes (macOS; Linux has 108). */
const MAX_SOCKET_PATH = 103;

/**
 * Makes a directory for a program's socket and what else is its own.
 * @param prefix of its name
 * @param socket name of the socket in it, which the path must leave room for
 */
export function privateDirectory(prefix: string, socket: string): string {
  // Native code needs the machine's own path.
  const directory = realpathSync(mkdtempSync(join(tmpdir(), prefix)));
  if (Buffer.byteLength(join(directory, socket)) <= MAX_SOCKET_PATH) return directory;
  rmSync(directory, { recursive: true });
  return realpathSync(mkdtempSync(`/tmp/${prefix}`));
}

/** Pipes a client to the socket at a path: half-closes kept, a break of one side breaks the other. */
export function relay(client: Socket, path: string): void {
  const server = connect({ path, allowHalfOpen: true });
  const ended = (error: NodeJS.ErrnoException | null | undefined) => {
    if (!error) return;
    client.destroy();
    server.destroy();
  };
  pipeline(client, server, ended);
  pipeline(server, client, ended);
}

/** Whether something accepts connections at a path. */
export function takesConnections(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
