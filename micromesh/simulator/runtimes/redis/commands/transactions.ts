/** MULTI, EXEC, DISCARD, WATCH and UNWATCH. */
import { NULL_ARRAY, OK, RedisError, type Reply, SILENCE } from "../resp/replies.ts";
import { type Client, unwatchAll } from "../state.ts";
import { ALL_KEYS, type Call, type Command, type Flag } from "./command.ts";

const flags: readonly Flag[] = ["noscript", "loading", "stale", "fast"];

/** The rows of the table. @param call how one queued command is called */
export function transactions(
  call: (client: Client, command: Command, words: readonly string[]) => Reply,
): readonly Command[] {
  return [
    {
      name: "multi",
      arity: 1,
      flags,
      run: ({ client }) => {
        if (client.transaction) throw new RedisError("ERR MULTI calls can not be nested");
        client.transaction = { queue: [], broken: false };
        return OK;
      },
    },
    {
      name: "exec",
      arity: 1,
      flags,
      run: ({ client }) => {
        const { transaction } = client;
        if (!transaction) throw new RedisError("ERR EXEC without MULTI");
        const changed = watchedKeysChanged(client);
        client.transaction = undefined;
        unwatchAll(client);
        if (transaction.broken) {
          throw new RedisError("EXECABORT Transaction discarded because of previous errors.");
        }
        if (changed) return NULL_ARRAY;
        return transaction.queue.map(({ command, words }) => {
          const reply = call(client, command, words);
          return reply === SILENCE ? null : reply;
        });
      },
    },
    {
      name: "discard",
      arity: 1,
      flags,
      run: ({ client }) => {
        if (!client.transaction) throw new RedisError("ERR DISCARD without MULTI");
        client.transaction = undefined;
        unwatchAll(client);
        return OK;
      },
    },
    {
      name: "watch",
      arity: -2,
      flags,
      keys: ALL_KEYS,
      run: ({ client, db }, ...keys) => watch(client, db, keys),
    },
    {
      name: "unwatch",
      arity: 1,
      flags,
      run: ({ client }) => {
        unwatchAll(client);
        return OK;
      },
    },
  ];
}

function watch(client: Client, db: Call["db"], keys: readonly string[]): Reply {
  if (client.transaction) throw new RedisError("ERR WATCH inside MULTI is not allowed");
  for (const key of keys) {
    const id = `${client.database} ${key}`;
    if (client.watched.keys.has(id)) continue;
    // Asked for first: a key that has expired already mustn't count as changed later.
    db.get(key);
    db.watch(key, client.watched.watch);
    client.watched.keys.set(id, { database: db, key });
  }
  return OK;
}

function watchedKeysChanged({ watched }: Client): boolean {
  // Asking for a key lets an expired one vanish, which counts as a change.
  for (const { database, key } of watched.keys.values()) database.get(key);
  return watched.watch.dirty;
}
