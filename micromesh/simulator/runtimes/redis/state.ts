/** What the commands act on: the server's state and one client's, without any socket. */

import type { Command } from "./commands/command.ts";
import { Database, type Watch } from "./keyspace/database.ts";
import { Changes } from "./persistence/changes.ts";
import type { Persistence } from "./persistence/persistence.ts";
import type { Protocol, Reply } from "./resp/replies.ts";
import type { Settings } from "./settings/defaults.ts";
import { Turns } from "./turns.ts";

/** One connected client, as commands see it. */
export interface Client {
  readonly id: number;
  /** `address:port` of the client, and of the server as the client reached it. */
  readonly address: string;
  readonly localAddress: string;
  readonly connectedAt: number;
  lastCommandAt: number;
  lastCommand: string;
  name: string;
  database: number;
  protocol: Protocol;
  authenticated: boolean;
  /** CLIENT REPLY: replies now, never, or not for the next command. */
  replies: "on" | "off" | "skip-next" | "skip";
  transaction: Transaction | undefined;
  readonly watched: WatchedKeys;
  readonly channels: Set<string>;
  readonly patterns: Set<string>;
  /** Sends something that isn't the answer to the command under way. */
  send(reply: Reply): void;
  /** Disconnects: after what has been sent has gone out, or at once. */
  close(how: "after replies" | "now"): void;
}

/** Commands queued since MULTI. */
export interface Transaction {
  readonly queue: { readonly command: Command; readonly words: readonly string[] }[];
  /** A command couldn't be queued, so EXEC must fail. */
  broken: boolean;
}

/** The keys that a client watches. */
export interface WatchedKeys {
  readonly watch: Watch;
  readonly keys: Map<string, { readonly database: Database; readonly key: string }>;
}

/** Fresh client state. Only the connection itself adds how to send and close. */
export function newClient(
  identity: Pick<Client, "id" | "address" | "localAddress" | "send" | "close">,
  now: number,
  authenticated: boolean,
): Client {
  return {
    ...identity,
    connectedAt: now,
    lastCommandAt: now,
    lastCommand: "NULL",
    name: "",
    database: 0,
    protocol: 2,
    authenticated,
    replies: "on",
    transaction: undefined,
    watched: { watch: { dirty: false }, keys: new Map() },
    channels: new Set(),
    patterns: new Set(),
  };
}

/** Everything that clients share. */
export class ServerState {
  readonly settings: Settings;
  readonly now: () => number;
  readonly databases: readonly Database[];
  readonly clients = new Map<number, Client>();
  readonly channels = new Map<string, Set<Client>>();
  readonly patterns = new Map<string, Set<Client>>();
  readonly startedAt: number;
  readonly runId: string;
  /** The TCP port, for INFO; known once the server listens. */
  port = 0;
  commandsProcessed = 0;
  connectionsReceived = 0;
  keysEvicted = 0;
  /** While true, only commands that need no data are carried out for clients. */
  loading: { readonly startedAt: number; readonly total: number; done: number } | undefined;
  readonly changes = new Changes();
  readonly turns = new Turns();
  /** What keeps the changes; set by whoever runs the server. */
  persistence: Persistence | undefined;
  /** Ends the server; set by whoever runs it. */
  shutdown: () => void = () => {};

  constructor(settings: Settings, now: () => number, runId: string) {
    this.settings = settings;
    this.now = now;
    this.runId = runId;
    this.startedAt = now();
    const { changes } = this;
    this.databases = Array.from({ length: settings.databases }, (_, database) => {
      const changed = () => {
        changes.count++;
      };
      const expired = (key: string) => changes.record({ database, words: ["DEL", key] });
      return new Database(now, { changed, expired });
    });
  }

  /** Estimated memory that all keys take, in bytes. */
  get usedMemory(): number {
    return this.databases.reduce((sum, database) => sum + database.bytes, 0);
  }
}

/** Forgets the keys that a client watches. */
export function unwatchAll({ watched }: Client): void {
  for (const { database, key } of watched.keys.values()) database.unwatch(key, watched.watch);
  watched.keys.clear();
  watched.watch.dirty = false;
}
