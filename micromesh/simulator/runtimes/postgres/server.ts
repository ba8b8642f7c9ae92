/**
 * The native server behind our own TCP port. It listens on a Unix socket in a private directory
 * only; each connection that we accept is piped to it as it is. So the connections to and from the
 * container are made by this process alone.
 */
import type { Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Guarded, startGuarded } from "../native/guard.ts";
import { type Listener, listen } from "../native/listener.ts";
import { relay, takesConnections } from "../native/relay.ts";
import type { Account } from "./account.ts";
import { isReady, lockHolder } from "./data-directory.ts";
import { log } from "./log.ts";
import { StartProblem } from "./problem.ts";
import { isAlive, processesIn } from "./processes.ts";

/** Milliseconds between two looks whether the server takes connections yet. */
const RETRY = 10;
/** Milliseconds that a server is given to get ready before others hear of its start. */
const PATIENCE = 1000;

/** A native server to be started, or one that runs. */
export interface Place {
  /** Folder with `bin`. */
  readonly installation: string;
  /** The cluster's directory. */
  readonly data: string;
  /** Directory of its socket and of what else is its own; removed when the server has ended. */
  readonly directory: string;
  readonly port: number;
  readonly account: Account | undefined;
  readonly env: NodeJS.ProcessEnv;
}

export interface RunningServer {
  /** Its exit code: 0 after it was told to end. */
  readonly ended: Promise<number>;
  readonly running: () => boolean;
  /** Asks it to end as the image's stop signal does: it breaks off what clients do, and saves. */
  stop(): void;
}

/** Name of a server's socket. */
export function socketName(port: number): string {
  return `.s.PGSQL.${port}`;
}

/**
 * Starts a native server, which may still recover or wait for its lock then.
 * @param args its arguments as declared; what must hold here is added
 * @param authentication file with the rules for its Unix socket
 */
export function startServer(
  place: Place,
  args: readonly string[],
  authentication: string,
): RunningServer {
  const { installation, data, directory, account, env } = place;
  const set = (name: string, value: string) => ["-c", `${name}=${value}`];
  const all = [
    // Shared memory in the cluster's directory: a server that's killed leaves none elsewhere.
    ...set("dynamic_shared_memory_type", "mmap"),
    ...args,
    ...["-D", data],
    ...set("data_directory", data),
    ...set("listen_addresses", ""),
    ...set("unix_socket_directories", directory),
    ...set("unix_socket_permissions", "0700"),
    ...set("unix_socket_group", ""),
    ...set("hba_file", authentication),
    ...set("ssl", "off"),
  ];
  const program = join(installation, "bin", "postgres");
  // Its immediate shutdown ends its children as well, and leaves the cluster as a crash does.
  const options = { lastSignal: "QUIT", account, env } as const;
  const guarded: Guarded = startGuarded(program, all, directory, options);
  let running = true;
  const ended = guarded.ended.then((code) => {
    running = false;
    if (code > 128) endChildren(data);
    return code;
  });
  return { ended, running: () => running, stop: () => guarded.signal("INT") };
}

/**
 * Listens at the server's port until it has ended: from when it's ready or, where it takes longer to
 * recover, from when it can answer that it is starting up.
 * @param addresses `listen_addresses`
 * @returns its exit code; 1 where none of the addresses can be had
 */
export async function serve(
  { directory, port, data }: Place,
  server: RunningServer,
  addresses: string,
): Promise<number> {
  const path = join(directory, socketName(port));
  const begun = performance.now();
  const late = () => performance.now() - begun > PATIENCE;
  while (server.running() && !((isReady(data) || late()) && (await takesConnections(path)))) {
    await Promise.race([server.ended, sleep(RETRY)]);
  }
  if (!server.running()) return server.ended;
  const sockets = new Set<Socket>();
  const listeners = await listenAt(addresses, port, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    relay(socket, path);
  }).catch(async (error: unknown) => {
    server.stop();
    await server.ended;
    throw error;
  });
  const code = await server.ended;
  const freed = Promise.all(listeners.map((listener) => listener.close()));
  for (const socket of sockets) socket.destroy();
  await freed;
  return code;
}

/** @throws StartProblem where addresses are named and none can be had, as the server ends then */
async function listenAt(
  addresses: string,
  port: number,
  onConnection: (socket: Socket) => void,
): Promise<Listener[]> {
  const named = addresses.split(",").flatMap((text) => text.trim().replaceAll('"', "") || []);
  const all = named.some((name) => ["*", "0.0.0.0", "::"].includes(name));
  const listeners: Listener[] = [];
  for (const name of all ? ["*"] : named) {
    try {
      const bind = all ? [] : [name];
      listeners.push(await listen(port, bind, onConnection, { allowHalfOpen: true }));
      log("LOG", `listening on address "${name}", port ${port}`);
    } catch (error) {
      log("LOG", `could not bind address "${name}", port ${port}: ${(error as Error).message}`);
    }
  }
  if (named.length > 0 && listeners.length === 0) {
    throw new StartProblem("FATAL:  could not create any TCP/IP sockets");
  }
  return listeners;
}

/**
 * Ends what a killed server has left: in a container of its own all would have ended with it, but
 * here a busy query would go on, and the successor wait for it.
 */
function endChildren(data: string): void {
  const holder = lockHolder(data);
  // Another server that the directory belongs to, and that ours waited for.
  if (holder !== undefined && isAlive(holder)) return;
  for (const pid of processesIn(data) ?? []) {
    if (isAlive(pid)) process.kill(pid, "SIGKILL");
  }
}
