/**
 * The embedded Redis: a RESP2/RESP3 server with its data in memory and, if it's asked to, in an
 * append-only file. It behaves as Redis 7.0 does for the commands in `commands/table.ts`, and says
 * `unknown command` to the rest.
 */
import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { listen } from "../native/listener.ts";
import { refusal } from "./admission.ts";
import { createDispatcher } from "./dispatch.ts";
import { load } from "./loading.ts";
import type { PersistenceError } from "./persistence/directory.ts";
import { Persistence } from "./persistence/persistence.ts";
import { serve } from "./session.ts";
import { defaultSettings, type Settings } from "./settings/defaults.ts";
import { ServerState } from "./state.ts";

/** Milliseconds between two rounds of housekeeping (Redis' `hz 10`). */
const ROUND = 100;
/** Keys with a time to live looked at per round and database. */
const EXPIRY_BATCH = 1000;

export interface StartOptions {
  /** Redis' settings; defaults for the rest. */
  readonly settings?: Partial<Settings>;
  /** Unix time in milliseconds; the system's by default. */
  readonly now?: () => number;
  /** Closes the server when it's aborted, while it loads, too. */
  readonly signal?: AbortSignal;
}

export interface ServerHandle {
  /** The TCP port in use. */
  readonly port: number;
  /**
   * Settles when the server has closed: by `close()`, or by a client's SHUTDOWN. Rejects where its
   * log can't be written any more and no answer may be given without (PersistenceError).
   */
  readonly closed: Promise<void>;
  /** Accepts no more, disconnects everyone, frees the port and lets go of the log. */
  close(): Promise<void>;
}

/**
 * Starts an embedded server. It listens at once, and is there when its log has been read.
 * @param port 0 for any free one
 * @throws what listening throws: EADDRINUSE and the like; PersistenceError where the log can't be
 *   read or opened
 */
export async function start(port: number, options: StartOptions = {}): Promise<ServerHandle> {
  const settings = { ...defaultSettings(), ...options.settings, port };
  const server = new ServerState(
    settings,
    options.now ?? Date.now,
    randomBytes(20).toString("hex"),
  );
  const dispatcher = createDispatcher(server);
  const sockets = new Set<Socket>();
  let lastId = 0;

  const listener = await listen(port, settings.bind, (socket) => {
    const turnedAway = turnAway(socket, server);
    if (turnedAway !== undefined) {
      socket.on("error", () => {});
      socket.end(turnedAway);
      return;
    }
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    serve(socket, ++lastId, server, dispatcher);
  });
  server.port = listener.port;

  const rounds = setInterval(() => keepHouse(server), ROUND);
  rounds.unref();

  let closing: Promise<void> | undefined;
  let failure: PersistenceError | undefined;
  let settle: () => void = () => {};
  const closed = new Promise<void>((resolve, reject) => {
    settle = () => (failure ? reject(failure) : resolve());
  });
  // Whoever started the server may not be listening for its end.
  closed.catch(() => {});
  const close = () => {
    closing ??= (async () => {
      clearInterval(rounds);
      const freed = listener.close();
      for (const socket of sockets) socket.destroy();
      await persistence.close();
      await freed;
      settle();
    })();
    return closing;
  };
  const fail = (error: PersistenceError) => {
    failure = error;
    void close();
  };
  const persistence = new Persistence(server, fail);
  server.persistence = persistence;
  server.shutdown = () => void close();
  options.signal?.addEventListener("abort", server.shutdown, { once: true });
  if (options.signal?.aborted) server.shutdown();
  if (settings.appendOnly) {
    try {
      await load(server, persistence, dispatcher, () => closing !== undefined);
    } catch (error) {
      await close();
      throw error;
    }
  }
  return { port: listener.port, closed, close };
}

function turnAway(socket: Socket, server: ServerState): string | undefined {
  if (server.clients.size >= server.settings.maxClients) {
    return "-ERR max number of clients reached\r\n";
  }
  return refusal(socket.remoteAddress ?? "", server.settings);
}

function keepHouse(server: ServerState): void {
  if (server.loading) return;
  for (const db of server.databases) db.expireSome(EXPIRY_BATCH);
  server.changes.flush(false);
  server.persistence?.tick();
  const { timeout } = server.settings;
  if (timeout === 0) return;
  for (const client of server.clients.values()) {
    const subscriber = client.channels.size + client.patterns.size > 0;
    const idle = server.now() - client.lastCommandAt;
    if (!subscriber && idle > timeout * 1000) client.close("now");
  }
}
