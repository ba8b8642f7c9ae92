/** Commands on strings, but for counters. */
import type { Database } from "../keyspace/database.ts";
import { StringValue } from "../keyspace/values.ts";
import { integer } from "../numbers.ts";
import { OK, RedisError, type Reply } from "../resp/replies.ts";
import {
  ALL_KEYS,
  type Command,
  FAST_GROW,
  FAST_READ,
  FAST_WRITE,
  GROW,
  ONE_KEY,
  READ,
} from "./command.ts";
import { expiryTime } from "./expiry-time.ts";
import { getexOptions, setOptions } from "./string-options.ts";

/** Longest string value, in bytes (`proto-max-bulk-len`). */
const MAX_STRING = 512 * 1024 * 1024;

export const strings: readonly Command[] = [
  { name: "get", arity: 2, flags: FAST_READ, keys: ONE_KEY, run: ({ db }, key) => text(db, key) },
  {
    name: "set",
    arity: -3,
    flags: GROW,
    keys: ONE_KEY,
    run: ({ db, server }, key, value, ...options) => {
      const { condition, keepTtl, returnOld, expiry } = setOptions(options);
      const expiresAt = expiry && expiryTime(expiry.unit, expiry.amount, "set", server.now());
      const old = returnOld ? text(db, key) : null;
      const exists = db.get(key) !== undefined;
      if ((condition === "nx" && exists) || (condition === "xx" && !exists)) return old;
      db.put(key, new StringValue(value), keepTtl ? db.expiresAt(key) : expiresAt);
      return returnOld ? old : OK;
    },
  },
  {
    name: "setnx",
    arity: 3,
    flags: FAST_GROW,
    keys: ONE_KEY,
    run: ({ db }, key, value) => {
      if (db.get(key)) return 0;
      db.put(key, new StringValue(value));
      return 1;
    },
  },
  {
    name: "setex",
    arity: 4,
    flags: GROW,
    keys: ONE_KEY,
    run: ({ db, server }, key, seconds, value) => {
      db.put(key, new StringValue(value), expiryTime("ex", seconds, "setex", server.now()));
      return OK;
    },
  },
  {
    name: "psetex",
    arity: 4,
    flags: GROW,
    keys: ONE_KEY,
    run: ({ db, server }, key, milliseconds, value) => {
      db.put(key, new StringValue(value), expiryTime("px", milliseconds, "psetex", server.now()));
      return OK;
    },
  },
  {
    name: "getset",
    arity: 3,
    flags: FAST_GROW,
    keys: ONE_KEY,
    run: ({ db }, key, value) => {
      const old = text(db, key);
      db.put(key, new StringValue(value));
      return old;
    },
  },
  {
    name: "getdel",
    arity: 2,
    flags: FAST_WRITE,
    keys: ONE_KEY,
    run: ({ db }, key) => {
      const old = text(db, key);
      db.delete(key);
      return old;
    },
  },
  {
    name: "getex",
    arity: -2,
    flags: FAST_WRITE,
    keys: ONE_KEY,
    run: ({ db, server }, key, ...options) => {
      const { persist, expiry } = getexOptions(options);
      const value = text(db, key);
      if (value === null) return null;
      if (expiry) db.expire(key, expiryTime(expiry.unit, expiry.amount, "getex", server.now()));
      else if (persist && db.expiresAt(key) !== undefined) db.expire(key, undefined);
      return value;
    },
  },
  {
    name: "mget",
    arity: -2,
    flags: FAST_READ,
    keys: ALL_KEYS,
    run: ({ db }, ...keys) =>
      keys.map((key) => {
        const value = db.get(key);
        return value instanceof StringValue ? value.text : null;
      }),
  },
  {
    name: "mset",
    arity: -3,
    flags: GROW,
    keys: [1, -1, 2],
    run: ({ db }, ...pairs) => {
      if (pairs.length % 2) throw wrongArity("mset");
      for (const [key, value] of inPairs(pairs)) db.put(key, new StringValue(value));
      return OK;
    },
  },
  {
    name: "msetnx",
    arity: -3,
    flags: GROW,
    keys: [1, -1, 2],
    run: ({ db }, ...words) => {
      if (words.length % 2) throw wrongArity("msetnx");
      const pairs = inPairs(words);
      if (pairs.some(([key]) => db.get(key))) return 0;
      for (const [key, value] of pairs) db.put(key, new StringValue(value));
      return 1;
    },
  },
  {
    name: "append",
    arity: 3,
    flags: FAST_GROW,
    keys: ONE_KEY,
    run: ({ db }, key, suffix) =>
      replace(db, key, (text(db, key) ?? "") + fitting(db, key, suffix)),
  },
  {
    name: "strlen",
    arity: 2,
    flags: FAST_READ,
    keys: ONE_KEY,
    run: ({ db }, key) => text(db, key)?.length ?? 0,
  },
  { name: "getrange", arity: 4, flags: READ, keys: ONE_KEY, run: ({ db }, ...a) => range(db, a) },
  { name: "substr", arity: 4, flags: READ, keys: ONE_KEY, run: ({ db }, ...a) => range(db, a) },
  {
    name: "setrange",
    arity: 4,
    flags: GROW,
    keys: ONE_KEY,
    run: ({ db }, key, offsetText, patch) => {
      const offset = integer(offsetText);
      if (offset < 0) throw new RedisError("ERR offset is out of range");
      const old = text(db, key);
      if (patch === "") return old?.length ?? 0;
      if (offset + patch.length > MAX_STRING) throw tooLong();
      const padded = (old ?? "").padEnd(offset, "\0");
      return replace(
        db,
        key,
        padded.slice(0, offset) + patch + padded.slice(offset + patch.length),
      );
    },
  },
];

/**
 * The text of a string key, null where it isn't there.
 * @throws RedisError (WRONGTYPE)
 */
export function text(db: Database, key: string): string | null {
  return db.read(key, StringValue)?.text ?? null;
}

/** Words two by two. */
export function inPairs(words: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < words.length; i += 2) {
    pairs.push([words[i] as string, words[i + 1] as string]);
  }
  return pairs;
}

/** What Redis says to a number of words that the command's arity alone doesn't exclude. */
export function wrongArity(name: string): RedisError {
  return new RedisError(`ERR wrong number of arguments for '${name}' command`);
}

/** Replaces the text of a string key and keeps its time to live. @returns the new length */
export function replace(db: Database, key: string, value: string): number {
  db.put(key, new StringValue(value), db.expiresAt(key));
  return value.length;
}

function fitting(db: Database, key: string, suffix: string): string {
  if ((text(db, key)?.length ?? 0) + suffix.length > MAX_STRING) throw tooLong();
  return suffix;
}

function tooLong(): RedisError {
  return new RedisError("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
}

function range(db: Database, [key = "", from = "", to = ""]: readonly string[]): Reply {
  let start = integer(from);
  let end = integer(to);
  const value = text(db, key) ?? "";
  if (start < 0 && end < 0 && start > end) return "";
  start = Math.max(0, start < 0 ? start + value.length : start);
  end = Math.max(0, end < 0 ? end + value.length : end);
  return value.slice(start, end + 1);
}
