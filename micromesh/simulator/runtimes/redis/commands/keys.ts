/** Commands on keys of any type, but for those on their time to live. */
import { matchesGlob } from "../glob.ts";
import type { Database } from "../keyspace/database.ts";
import { StringValue, type Value } from "../keyspace/values.ts";
import { parse64 } from "../numbers.ts";
import { OK, RedisError, type Reply, Status } from "../resp/replies.ts";
import {
  ALL_KEYS,
  type Call,
  type Command,
  FAST_READ,
  FAST_WRITE,
  ONE_KEY,
  READ,
  WRITE,
} from "./command.ts";
import { parseCursor, parseScanOptions } from "./scanning.ts";

const keys = ONE_KEY;

export const keyCommands: readonly Command[] = [
  { name: "del", arity: -2, flags: WRITE, keys: ALL_KEYS, run: (call, ...all) => del(call, all) },
  {
    name: "unlink",
    arity: -2,
    flags: FAST_WRITE,
    keys: ALL_KEYS,
    run: (call, ...all) => del(call, all),
  },
  {
    name: "exists",
    arity: -2,
    flags: FAST_READ,
    keys: ALL_KEYS,
    run: ({ db }, ...all) => all.filter((key) => db.get(key)).length,
  },
  {
    name: "touch",
    arity: -2,
    flags: FAST_READ,
    keys: ALL_KEYS,
    run: ({ db }, ...all) => all.filter((key) => db.get(key)).length,
  },
  {
    name: "type",
    arity: 2,
    flags: FAST_READ,
    keys,
    run: ({ db }, key) => new Status(db.get(key)?.type ?? "none"),
  },
  {
    name: "keys",
    arity: 2,
    flags: READ,
    run: ({ db }, pattern) => [...db.keys()].filter((key) => matchesGlob(pattern, key)),
  },
  {
    name: "scan",
    arity: -2,
    flags: READ,
    run: ({ db }, cursorText, ...words) => {
      const cursor = parseCursor(cursorText);
      const { match, count, type } = parseScanOptions(words, true);
      const { next, keys: found } = db.scan(cursor, count);
      const wanted = found.filter(
        (key) => match(key) && (type === undefined || db.get(key)?.type === type),
      );
      return [String(next), wanted];
    },
  },
  {
    name: "randomkey",
    arity: 1,
    flags: READ,
    run: ({ db }) => {
      const all = [...db.keys()];
      return all[Math.floor(Math.random() * all.length)] ?? null;
    },
  },
  {
    name: "rename",
    arity: 3,
    flags: WRITE,
    keys: [1, 2, 1],
    run: ({ db }, from, to) => {
      rename(db, from, to);
      return OK;
    },
  },
  {
    name: "renamenx",
    arity: 3,
    flags: FAST_WRITE,
    keys: [1, 2, 1],
    run: ({ db }, from, to) => {
      valueAt(db, from);
      if (db.get(to)) return 0;
      rename(db, from, to);
      return 1;
    },
  },
  {
    name: "move",
    arity: 3,
    flags: FAST_WRITE,
    keys,
    run: ({ db, server }, key, index) => {
      const number = parse64(index);
      const target = number === undefined ? undefined : server.databases[Number(number)];
      if (number === undefined) throw new RedisError("ERR value is not an integer or out of range");
      if (!target) throw new RedisError("ERR DB index is out of range");
      if (target === db) {
        throw new RedisError("ERR source and destination objects are the same");
      }
      const value = db.get(key);
      if (!value || target.get(key)) return 0;
      target.put(key, value, db.expiresAt(key));
      db.delete(key);
      return 1;
    },
  },
  {
    name: "object",
    arity: -2,
    flags: READ,
    subcommands: new Map([
      [
        "encoding",
        {
          name: "object|encoding",
          arity: 3,
          flags: READ,
          keys: [2, 2, 1],
          run: ({ db }, key): Reply => {
            const value = db.get(key);
            return value ? encoding(value) : null;
          },
        },
      ],
      [
        "refcount",
        {
          name: "object|refcount",
          arity: 3,
          flags: READ,
          keys: [2, 2, 1],
          run: ({ db }, key): Reply => (db.get(key) ? 1 : null),
        },
      ],
    ]),
    run: () => null,
  },
];

function del({ db }: Call, keys: readonly string[]): number {
  return keys.filter((key) => db.delete(key)).length;
}

function valueAt(db: Database, key: string): Value {
  const value = db.get(key);
  if (!value) throw new RedisError("ERR no such key");
  return value;
}

function rename(db: Database, from: string, to: string): void {
  const value = valueAt(db, from);
  if (from === to) return;
  const expiresAt = db.expiresAt(from);
  db.delete(from);
  db.delete(to);
  db.put(to, value, expiresAt);
}

/** The encoding that Redis 7.0 gives such a value by its default limits. */
function encoding(value: Value): string {
  if (value instanceof StringValue) {
    if (parse64(value.text) !== undefined) return "int";
    return value.text.length <= 44 ? "embstr" : "raw";
  }
  const small = (items: Iterable<string>, most: number) =>
    value.size <= most && [...items].every((item) => item.length <= 64);
  switch (value.type) {
    case "list":
      return "quicklist";
    case "hash":
      return small([...value.fields].flat(), 128) ? "listpack" : "hashtable";
    case "zset":
      return small(
        value.slice().map(({ member }) => member),
        128,
      )
        ? "listpack"
        : "skiplist";
    case "set": {
      const integers = [...value.members].every((member) => parse64(member) !== undefined);
      return integers && value.size <= 512 ? "intset" : "hashtable";
    }
  }
}
