/** The way from our own port to a native program's Unix socket. */
import { once } from "node:events";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream";
import { ConstantBackoff, handleWhen, retry } from "cockatiel";

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

/** A socket's queue that is full: Linux says EAGAIN, macOS ECONNREFUSED. */
const QUEUE_FULL = ["EAGAIN", "ECONNREFUSED"];

/**
 * A place in a full queue is asked for again, for as long as the client is there: over TCP, where the
 * kernel sends a SYN again, clients wait for one and notice nothing.
 */
const untilAccepted = retry(
  handleWhen(({ code }: NodeJS.ErrnoException) => QUEUE_FULL.includes(code ?? "")),
  { maxAttempts: Number.POSITIVE_INFINITY, backoff: new ConstantBackoff(10) },
);

/**
 * Pipes a client to the socket at a path: half-closes kept, a break of one side breaks the other. Whoever
 * gave the client destroys it when the program has ended.
 */
export function relay(client: Socket, path: string): void {
  const gone = new AbortController();
  const leave = () => gone.abort();
  client.once("close", leave).on("error", leave);
  untilAccepted
    .execute(() => connected(path), gone.signal)
    .then((server) => {
      const ended = (error: NodeJS.ErrnoException | null | undefined) => {
        if (!error) return;
        client.destroy();
        server.destroy();
      };
      pipeline(client, server, ended);
      pipeline(server, client, ended);
    })
    .catch(() => client.destroy());
}

async function connected(path: string): Promise<Socket> {
  const socket = connect({ path, allowHalfOpen: true });
  await once(socket, "connect");
  return socket;
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
