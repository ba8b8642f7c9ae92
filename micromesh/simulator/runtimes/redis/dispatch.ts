/**
 * From the words of a request to its reply: Redis' `processCommand`, with its checks in its order
 * (known command, arity, authentication, memory, subscriber's restrictions, transaction).
 */
import type { Command } from "./commands/command.ts";
import { subscriptions } from "./commands/pubsub.ts";
import { commandTable } from "./commands/table.ts";
import { effectOf } from "./persistence/effects.ts";
import { QUEUED, RedisError, type Reply, SILENCE } from "./resp/replies.ts";
import type { Client, ServerState } from "./state.ts";

/** Commands that act on the transaction itself instead of being queued. */
const NOT_QUEUED = new Set(["multi", "exec", "discard", "watch", "quit", "reset"]);
/** What a RESP2 subscriber may still send. */
const SUBSCRIBER_MAY = new Set([
  "ping",
  "subscribe",
  "unsubscribe",
  "psubscribe",
  "punsubscribe",
  "quit",
  "reset",
]);
/** How much of a request's words an error repeats, in bytes. */
const QUOTED = 128;
/** Keys looked at for each that is evicted. */
const EVICTION_SAMPLE = 16;

export interface Dispatcher {
  /** Carries out one request of a client. Every failure is a RedisError among the replies. */
  dispatch(client: Client, words: readonly string[]): Reply;
  /**
   * Carries out again what a log says, unchecked by what holds for clients.
   * @returns its reply, or undefined where there's no such command
   */
  replay(client: Client, words: readonly string[]): Reply | undefined;
}

export function createDispatcher(server: ServerState): Dispatcher {
  const { changes } = server;
  const call = (client: Client, command: Command, words: readonly string[]): Reply => {
    const { database } = client;
    const db = server.databases[database];
    if (!db) throw new Error(`client ${client.id} selects database ${database}`);
    server.commandsProcessed++;
    client.lastCommand = command.name;
    const before = changes.count;
    try {
      return command.run({ server, client, db }, ...words.slice(ownWords(command)));
    } catch (error) {
      if (error instanceof RedisError) return error;
      throw error;
    } finally {
      if (changes.log && changes.count !== before && command.flags.includes("write")) {
        changes.record({ database, words: effectOf(command.name, words, db) });
      }
    }
  };
  const table = commandTable(call);
  const perform = (client: Client, command: Command, words: readonly string[]): Reply => {
    if (!client.transaction || NOT_QUEUED.has(command.name)) return call(client, command, words);
    if (command.flags.includes("no_multi")) {
      throw new RedisError("ERR Command not allowed inside a transaction");
    }
    client.transaction.queue.push({ command, words });
    return QUEUED;
  };

  const dispatch = (client: Client, words: readonly string[]): Reply => {
    client.lastCommandAt = server.now();
    if (isHttp(words)) {
      client.close("now");
      return SILENCE;
    }
    try {
      const command = find(table, words);
      admit(server, client, command);
      return perform(client, command, words);
    } catch (error) {
      if (!(error instanceof RedisError)) throw error;
      if (client.transaction) client.transaction.broken = true;
      return error;
    } finally {
      changes.flush(true);
    }
  };

  const replay = (client: Client, words: readonly string[]): Reply | undefined => {
    let command: Command;
    try {
      command = find(table, words);
    } catch (error) {
      if (error instanceof RedisError) return undefined;
      throw error;
    }
    return perform(client, command, words);
  };
  return { dispatch, replay };
}

/** How many words a command's name takes. */
function ownWords({ name }: Command): number {
  return name.includes("|") ? 2 : 1;
}

/** A browser can be tricked into sending commands in an HTTP request, so Redis hangs up on those. */
function isHttp([name = ""]: readonly string[]): boolean {
  return /^(post|host:)$/i.test(name);
}

/** @throws RedisError where there's no such command, or not with so many words */
function find(table: ReadonlyMap<string, Command>, words: readonly string[]): Command {
  const [name = "", second = ""] = words;
  let command = table.get(name.toLowerCase());
  if (!command) {
    let quoted = "";
    for (const word of words.slice(1)) {
      if (quoted.length >= QUOTED) break;
      quoted += `'${word.slice(0, QUOTED - quoted.length)}' `;
    }
    throw new RedisError(
      `ERR unknown command '${name.slice(0, QUOTED)}', with args beginning with: ${quoted}`,
    );
  }
  if (command.subcommands && words.length > 1) {
    const subcommand = command.subcommands.get(second.toLowerCase());
    if (!subcommand) {
      throw new RedisError(
        `ERR unknown subcommand '${second.slice(0, QUOTED)}'. Try ${command.name.toUpperCase()} HELP.`,
      );
    }
    command = subcommand;
  }
  const { arity } = command;
  if (arity > 0 ? words.length !== arity : words.length < -arity) {
    throw new RedisError(`ERR wrong number of arguments for '${command.name}' command`);
  }
  return command;
}

/** @throws RedisError where the client may not run this command now */
function admit(server: ServerState, client: Client, command: Command): void {
  if (!client.authenticated && !command.flags.includes("no_auth")) {
    throw new RedisError("NOAUTH Authentication required.");
  }
  if (!server.loading && !freeMemory(server) && command.flags.includes("denyoom")) {
    throw new RedisError("OOM command not allowed when used memory > 'maxmemory'.");
  }
  const problem = server.persistence?.problem;
  if (problem !== undefined && (command.flags.includes("write") || command.name === "ping")) {
    throw new RedisError(`MISCONF Errors writing to the AOF file: ${problem}`);
  }
  if (client.protocol === 2 && subscriptions(client) > 0 && !SUBSCRIBER_MAY.has(command.name)) {
    throw new RedisError(
      `ERR Can't execute '${command.name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`,
    );
  }
  if (server.loading && !command.flags.includes("loading")) {
    throw new RedisError("LOADING Redis is loading the dataset in memory");
  }
}

/**
 * Evicts keys till memory is within `maxmemory`, as far as the policy allows.
 * @returns whether it is within
 */
function freeMemory(server: ServerState): boolean {
  const { maxMemory, maxMemoryPolicy } = server.settings;
  if (maxMemory === 0) return true;
  const volatileOnly = maxMemoryPolicy.startsWith("volatile-");
  while (server.usedMemory > maxMemory) {
    if (maxMemoryPolicy === "noeviction" || !evictOne(server, volatileOnly)) return false;
  }
  return true;
}

/** @returns whether there was a key to evict */
function evictOne(server: ServerState, volatileOnly: boolean): boolean {
  for (const [database, db] of server.databases.entries()) {
    const key = db.evictable(volatileOnly, EVICTION_SAMPLE);
    if (key === undefined) continue;
    db.delete(key);
    server.changes.record({ database, words: ["DEL", key] });
    server.changes.flush(false);
    server.keysEvicted++;
    return true;
  }
  return false;
}
