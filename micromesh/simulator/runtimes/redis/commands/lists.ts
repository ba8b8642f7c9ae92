/** Commands on lists. Blocking ones (BLPOP and its kin) aren't implemented. */
import type { Database } from "../keyspace/database.ts";
import { ListValue } from "../keyspace/values.ts";
import { integer } from "../numbers.ts";
import { NULL_ARRAY, OK, RedisError, type Reply } from "../resp/replies.ts";
import {
  type Command,
  FAST_GROW,
  FAST_READ,
  FAST_WRITE,
  GROW,
  ONE_KEY,
  READ,
  WRITE,
} from "./command.ts";
import { wrongArity } from "./strings.ts";

type End = "left" | "right";
const keys = ONE_KEY;

export const lists: readonly Command[] = [
  ...(["left", "right"] as const).flatMap((end): Command[] => [
    {
      name: `${end.charAt(0)}push`,
      arity: -3,
      flags: FAST_GROW,
      keys,
      run: ({ db }, key, ...items) => push(db, key, end, items),
    },
    {
      name: `${end.charAt(0)}pushx`,
      arity: -3,
      flags: FAST_GROW,
      keys,
      run: ({ db }, key, ...items) => (listAt(db, key) ? push(db, key, end, items) : 0),
    },
    {
      name: `${end.charAt(0)}pop`,
      arity: -2,
      flags: FAST_WRITE,
      keys,
      run: ({ db }, key, ...counts) => pop(db, key, end, counts),
    },
  ]),
  {
    name: "llen",
    arity: 2,
    flags: FAST_READ,
    keys,
    run: ({ db }, key) => listAt(db, key)?.size ?? 0,
  },
  {
    name: "lrange",
    arity: 4,
    flags: READ,
    keys,
    run: ({ db }, key, from, to) => {
      const [start, end] = [integer(from), integer(to)];
      const list = listAt(db, key);
      return list ? list.slice(...bounds(start, end, list.size)) : [];
    },
  },
  {
    name: "lindex",
    arity: 3,
    flags: READ,
    keys,
    run: ({ db }, key, index) => {
      const list = listAt(db, key);
      return list?.at(fromEnd(integer(index), list.size)) ?? null;
    },
  },
  {
    name: "lset",
    arity: 4,
    flags: GROW,
    keys,
    run: ({ db }, key, indexText, item) => {
      const list = listAt(db, key);
      if (!list) throw new RedisError("ERR no such key");
      const index = fromEnd(integer(indexText), list.size);
      if (index < 0 || index >= list.size) throw new RedisError("ERR index out of range");
      list.set(index, item);
      db.changed(key);
      return OK;
    },
  },
  {
    name: "ltrim",
    arity: 4,
    flags: WRITE,
    keys,
    run: ({ db }, key, from, to) => {
      const [start, end] = [integer(from), integer(to)];
      const list = listAt(db, key);
      if (list) rewrite(db, key, list.slice(...bounds(start, end, list.size)));
      return OK;
    },
  },
  {
    name: "lrem",
    arity: 4,
    flags: WRITE,
    keys,
    run: ({ db }, key, countText, item) => {
      const count = integer(countText);
      const items = listAt(db, key)?.slice() ?? [];
      if (count < 0) items.reverse();
      let left = count === 0 ? items.length : Math.abs(count);
      const kept = items.filter((one) => one !== item || left-- <= 0);
      const removed = items.length - kept.length;
      if (removed > 0) rewrite(db, key, count < 0 ? kept.reverse() : kept);
      return removed;
    },
  },
  {
    name: "linsert",
    arity: 5,
    flags: GROW,
    keys,
    run: ({ db }, key, where, pivot, item) => {
      const side = where.toLowerCase();
      if (side !== "before" && side !== "after") throw new RedisError("ERR syntax error");
      const list = listAt(db, key);
      if (!list) return 0;
      const items = list.slice();
      const at = items.indexOf(pivot);
      if (at < 0) return -1;
      items.splice(side === "before" ? at : at + 1, 0, item);
      rewrite(db, key, items);
      return items.length;
    },
  },
  {
    name: "rpoplpush",
    arity: 3,
    flags: GROW,
    keys: [1, 2, 1],
    run: ({ db }, source, target) => move(db, source, target, "right", "left"),
  },
  {
    name: "lmove",
    arity: 5,
    flags: GROW,
    keys: [1, 2, 1],
    run: ({ db }, source, target, from, to) => move(db, source, target, endOf(from), endOf(to)),
  },
];

function listAt(db: Database, key: string): ListValue | undefined {
  return db.read(key, ListValue);
}

function push(db: Database, key: string, end: End, items: readonly string[]): number {
  const old = listAt(db, key);
  const list = old ?? new ListValue();
  for (const item of items) list.push(end, item);
  if (old) db.changed(key);
  else db.put(key, list);
  return list.size;
}

function pop(db: Database, key: string, end: End, counts: readonly string[]): Reply {
  if (counts.length > 1) throw wrongArity(`${end.charAt(0)}pop`);
  const [countText] = counts;
  const count = countText === undefined ? undefined : positive(countText);
  const list = listAt(db, key);
  if (!list) return count === undefined ? null : NULL_ARRAY;
  const popped: string[] = [];
  while (popped.length < (count ?? 1) && list.size > 0) popped.push(list.pop(end) as string);
  if (popped.length > 0) db.changed(key);
  return count === undefined ? (popped[0] ?? null) : popped;
}

function positive(text: string): number {
  const message = "ERR value is out of range, must be positive";
  const value = integer(text, message);
  if (value < 0) throw new RedisError(message);
  return value;
}

function move(db: Database, source: string, target: string, from: End, to: End): Reply {
  const list = listAt(db, source);
  if (!list) return null;
  listAt(db, target);
  const item = list.pop(from) as string;
  // Pushed before the source may vanish: source and target can be the same key.
  push(db, target, to, [item]);
  db.changed(source);
  return item;
}

function endOf(word: string): End {
  const end = word.toLowerCase();
  if (end !== "left" && end !== "right") throw new RedisError("ERR syntax error");
  return end;
}

function rewrite(db: Database, key: string, items: readonly string[]): void {
  db.put(key, ListValue.of(items), db.expiresAt(key));
}

function fromEnd(index: number, size: number): number {
  return index < 0 ? index + size : index;
}

/** Redis' inclusive range, negative from the end, as the bounds of `slice`. */
export function bounds(start: number, end: number, size: number): [number, number] {
  const from = Math.max(0, fromEnd(start, size));
  const to = Math.min(size, fromEnd(end, size) + 1);
  return from < to ? [from, to] : [0, 0];
}
