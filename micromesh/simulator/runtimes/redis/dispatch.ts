/**
 * From the words of a request to its reply: Redis' `processCommand`, with its checks in its order
 * (known command, arity, authentication, memory, subscriber's restrictions, transaction).
 */
import type { Command } from "./commands/command.ts";
import { subscriptions } from "./commands/pubsub.ts";
import { commandTable } from "./commands/table.ts";
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
}

export function createDispatcher(server: ServerState): Dispatcher {
  const call = (client: Client, command: Command, args: string[]): Reply => {
    const db = server.databases[client.database];
    if (!db) throw new Error(`client ${client.id} selects database ${client.database}`);
    server.commandsProcessed++;
    client.lastCommand = command.name;
    try {
      return command.run({ server, client, db }, ...args);
    } catch (error) {
      if (error instanceof RedisError) return error;
      throw error;
    }
  };
  const table = commandTable(call);

  const dispatch = (client: Client, words: readonly string[]): Reply => {
    client.lastCommandAt = server.now();
    if (isHttp(words)) {
      client.close("now");
      return SILENCE;
    }
    try {
      const { command, args } = find(table, words);
      admit(server, client, command);
      if (client.transaction && !NOT_QUEUED.has(command.name)) {
        if (command.flags.includes("no_multi")) {
          throw new RedisError("ERR Command not allowed inside a transaction");
        }
        client.transaction.queue.push({ command, args });
        return QUEUED;
      }
      return call(client, command, args);
    } catch (error) {
      if (!(error instanceof RedisError)) throw error;
      if (client.transaction) client.transaction.broken = true;
      return error;
    }
  };
  return { dispatch };
}

/** A browser can be tricked into sending commands in an HTTP request, so Redis hangs up on those. */
function isHttp([name = ""]: readonly string[]): boolean {
  return /^(post|host:)$/i.test(name);
}

/** @throws RedisError where there's no such command, or not with so many words */
function find(
  table: ReadonlyMap<string, Command>,
  words: readonly string[],
): { command: Command; args: string[] } {
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
  let own = 1;
  if (command.subcommands && words.length > 1) {
    const subcommand = command.subcommands.get(second.toLowerCase());
    if (!subcommand) {
      throw new RedisError(
        `ERR unknown subcommand '${second.slice(0, QUOTED)}'. Try ${command.name.toUpperCase()} HELP.`,
      );
    }
    command = subcommand;
    own = 2;
  }
  const { arity } = command;
  if (arity > 0 ? words.length !== arity : words.length < -arity) {
    throw new RedisError(`ERR wrong number of arguments for '${command.name}' command`);
  }
  return { command, args: words.slice(own) };
}

/** @throws RedisError where the client may not run this command now */
function admit(server: ServerState, client: Client, command: Command): void {
  if (!client.authenticated && !command.flags.includes("no_auth")) {
    throw new RedisError("NOAUTH Authentication required.");
  }
  if (!freeMemory(server) && command.flags.includes("denyoom")) {
    throw new RedisError("OOM command not allowed when used memory > 'maxmemory'.");
  }
  if (client.protocol === 2 && subscriptions(client) > 0 && !SUBSCRIBER_MAY.has(command.name)) {
    throw new RedisError(
      `ERR Can't execute '${command.name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`,
    );
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
  for (const db of server.databases) {
    const key = db.evictable(volatileOnly, EVICTION_SAMPLE);
    if (key === undefined) continue;
    db.delete(key);
    server.keysEvicted++;
    return true;
  }
  return false;
}
