/**
 * What the log says of a command that has changed something: the command itself, or its effect where
 * carrying it out again at another time would give something else. Pure; the rules and the spelling
 * are those of Redis 7.0, so that the bytes are, too.
 */
import type { Database } from "../keyspace/database.ts";
import { HashValue, StringValue } from "../keyspace/values.ts";

/** Something to be carried out again in a database. */
export interface Effect {
  readonly database: number;
  readonly words: readonly string[];
}

type Rewrite = (db: Database, words: readonly string[]) => readonly string[];

const del = (key: string) => ["DEL", key];

/** A key's time to live as a point in time; a key that it has ended already is deleted. */
const expiry: Rewrite = (db, [name = "", key = "", amount = "", ...options]) => {
  const at = db.deadline(key);
  if (at === undefined) return del(key);
  const absolute = /^pexpireat$/i.test(name);
  return [absolute ? name : "PEXPIREAT", key, absolute ? amount : String(at), ...options];
};

const set: Rewrite = (db, words) => {
  const [name = "", key = "", value = "", ...options] = words;
  const keeps = options.some((option) => /^keepttl$/i.test(option));
  const at = db.deadline(key);
  if (at !== undefined && !keeps) return ["SET", key, value, "PXAT", String(at)];
  return [name, key, value, ...options.filter((option) => !/^get$/i.test(option))];
};

const setWithExpiry: Rewrite = (db, [, key = "", , value = ""]) => [
  ...["SET", key, value, "PXAT"],
  String(db.deadline(key)),
];

const REWRITES: Readonly<Record<string, Rewrite>> = {
  set,
  getset: (_, [, key = "", value = ""]) => ["SET", key, value],
  setex: setWithExpiry,
  psetex: setWithExpiry,
  expire: expiry,
  pexpire: expiry,
  expireat: expiry,
  pexpireat: expiry,
  getex: (db, [, key = "", option = ""]) => {
    if (/^persist$/i.test(option)) return ["PERSIST", key];
    const at = db.deadline(key);
    return at === undefined ? del(key) : ["PEXPIREAT", key, String(at)];
  },
  getdel: (_, [, key = ""]) => del(key),
  // Sums of floating point numbers could come out otherwise elsewhere.
  incrbyfloat: (db, [, key = ""]) => {
    const value = db.peek(key);
    return ["SET", key, value instanceof StringValue ? value.text : "", "KEEPTTL"];
  },
  hincrbyfloat: (db, [, key = "", field = ""]) => {
    const value = db.peek(key);
    return ["HSET", key, field, (value instanceof HashValue && value.fields.get(field)) || ""];
  },
};

/**
 * @param name the command's name in lower case
 * @param words the whole request
 * @param db the database as the command has left it
 */
export function effectOf(name: string, words: readonly string[], db: Database): readonly string[] {
  return (Object.hasOwn(REWRITES, name) && REWRITES[name]?.(db, words)) || words;
}
