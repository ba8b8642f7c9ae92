/** Commands on hashes. */
import type { Database } from "../keyspace/database.ts";
import { HashValue } from "../keyspace/values.ts";
import { integer64 } from "../numbers.ts";
import { OK, Pairs, RedisError, type Reply } from "../resp/replies.ts";
import { type Command, FAST_GROW, FAST_READ, FAST_WRITE, ONE_KEY, READ } from "./command.ts";
import { readFloat, sumOfFloats, sumOfIntegers } from "./counters.ts";
import { scanAll } from "./scanning.ts";
import { inPairs, wrongArity } from "./strings.ts";

const keys = ONE_KEY;

export const hashes: readonly Command[] = [
  {
    name: "hset",
    arity: -4,
    flags: FAST_GROW,
    keys,
    run: ({ db }, key, ...words) => setFields(db, "hset", key, words),
  },
  {
    name: "hmset",
    arity: -4,
    flags: FAST_GROW,
    keys,
    run: ({ db }, key, ...words) => {
      setFields(db, "hmset", key, words);
      return OK;
    },
  },
  {
    name: "hsetnx",
    arity: 4,
    flags: FAST_GROW,
    keys,
    run: ({ db }, key, field, value) => {
      if (fieldsOf(db, key).has(field)) return 0;
      return change(db, key, (hash) => Number(hash.set(field, value)));
    },
  },
  {
    name: "hget",
    arity: 3,
    flags: FAST_READ,
    keys,
    run: ({ db }, key, field) => fieldsOf(db, key).get(field) ?? null,
  },
  {
    name: "hmget",
    arity: -3,
    flags: FAST_READ,
    keys,
    run: ({ db }, key, ...names) => {
      const fields = fieldsOf(db, key);
      return names.map((name) => fields.get(name) ?? null);
    },
  },
  {
    name: "hgetall",
    arity: 2,
    flags: READ,
    keys,
    run: ({ db }, key) => new Pairs(fieldsOf(db, key)),
  },
  {
    name: "hdel",
    arity: -3,
    flags: FAST_WRITE,
    keys,
    run: ({ db }, key, ...names) => {
      const hash = db.read(key, HashValue);
      if (!hash) return 0;
      const deleted = names.filter((name) => hash.delete(name)).length;
      if (deleted > 0) db.changed(key);
      return deleted;
    },
  },
  {
    name: "hincrby",
    arity: 4,
    flags: FAST_GROW,
    keys,
    run: ({ db }, key, field, by) => {
      const amount = integer64(by);
      const old = fieldsOf(db, key).get(field) ?? "0";
      const sum = sumOfIntegers(integer64(old, "ERR hash value is not an integer"), amount);
      return change(db, key, (hash) => {
        hash.set(field, sum.toString());
        return sum;
      });
    },
  },
  {
    name: "hincrbyfloat",
    arity: 4,
    flags: FAST_GROW,
    keys,
    run: ({ db }, key, field, by) => {
      const amount = readFloat(by);
      if (amount === "infinite") throw new RedisError("ERR value is NaN or Infinity");
      const old = fieldsOf(db, key).get(field) ?? "0";
      const sum = sumOfFloats(readFloat(old, "ERR hash value is not a float"), amount);
      return change(db, key, (hash) => {
        hash.set(field, sum);
        return sum;
      });
    },
  },
  {
    name: "hexists",
    arity: 3,
    flags: FAST_READ,
    keys,
    run: ({ db }, key, field) => Number(fieldsOf(db, key).has(field)),
  },
  {
    name: "hkeys",
    arity: 2,
    flags: READ,
    keys,
    run: ({ db }, key) => [...fieldsOf(db, key).keys()],
  },
  {
    name: "hvals",
    arity: 2,
    flags: READ,
    keys,
    run: ({ db }, key) => [...fieldsOf(db, key).values()],
  },
  {
    name: "hlen",
    arity: 2,
    flags: FAST_READ,
    keys,
    run: ({ db }, key) => fieldsOf(db, key).size,
  },
  {
    name: "hstrlen",
    arity: 3,
    flags: FAST_READ,
    keys,
    run: ({ db }, key, field) => fieldsOf(db, key).get(field)?.length ?? 0,
  },
  {
    name: "hscan",
    arity: -3,
    flags: READ,
    keys,
    run: ({ db }, key, cursor, ...options) => scanAll(cursor, options, () => fieldsOf(db, key)),
  },
];

const NO_FIELDS: ReadonlyMap<string, string> = new Map();

function fieldsOf(db: Database, key: string): ReadonlyMap<string, string> {
  return db.read(key, HashValue)?.fields ?? NO_FIELDS;
}

function setFields(db: Database, name: string, key: string, words: readonly string[]): number {
  if (words.length % 2) throw wrongArity(name);
  return change(db, key, (hash) => {
    let added = 0;
    for (const [field, value] of inPairs(words)) added += Number(hash.set(field, value));
    return added;
  });
}

/** Changes the hash at a key, made if need be. */
function change<T extends Reply>(db: Database, key: string, edit: (hash: HashValue) => T): T {
  const old = db.read(key, HashValue);
  const hash = old ?? new HashValue();
  const answer = edit(hash);
  if (old) db.changed(key);
  else db.put(key, hash);
  return answer;
}
