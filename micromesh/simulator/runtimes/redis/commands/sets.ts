/** Commands on sets. */
import type { Database } from "../keyspace/database.ts";
import { SetValue } from "../keyspace/values.ts";
import { Members, type Reply } from "../resp/replies.ts";
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
import { scanAll } from "./scanning.ts";

const keys = ONE_KEY;

export const sets: readonly Command[] = [
  {
    name: "sadd",
    arity: -3,
    flags: FAST_GROW,
    keys,
    run: ({ db }, key, ...members) => {
      const old = db.read(key, SetValue);
      const set = old ?? new SetValue();
      const added = members.filter((member) => set.add(member)).length;
      if (!old) db.put(key, set);
      else if (added > 0) db.changed(key);
      return added;
    },
  },
  {
    name: "srem",
    arity: -3,
    flags: FAST_WRITE,
    keys,
    run: ({ db }, key, ...members) => {
      const set = db.read(key, SetValue);
      const removed = members.filter((member) => set?.delete(member)).length;
      if (removed > 0) db.changed(key);
      return removed;
    },
  },
  {
    name: "smembers",
    arity: 2,
    flags: READ,
    keys,
    run: ({ db }, key) => new Members(membersOf(db, key)),
  },
  {
    name: "sismember",
    arity: 3,
    flags: FAST_READ,
    keys,
    run: ({ db }, key, member) => Number(membersOf(db, key).has(member)),
  },
  {
    name: "smismember",
    arity: -3,
    flags: FAST_READ,
    keys,
    run: ({ db }, key, ...members) => {
      const set = membersOf(db, key);
      return members.map((member) => Number(set.has(member)));
    },
  },
  {
    name: "scard",
    arity: 2,
    flags: FAST_READ,
    keys,
    run: ({ db }, key) => membersOf(db, key).size,
  },
  {
    name: "smove",
    arity: 4,
    flags: FAST_WRITE,
    keys: [1, 2, 1],
    run: ({ db }, source, target, member) => {
      const from = db.read(source, SetValue);
      if (!from) return 0;
      const to = db.read(target, SetValue);
      if (!from.members.has(member)) return 0;
      if (source === target) return 1;
      from.delete(member);
      db.changed(source);
      if (to) {
        if (to.add(member)) db.changed(target);
      } else db.put(target, SetValue.of([member]));
      return 1;
    },
  },
  ...(["inter", "union", "diff"] as const).flatMap((operation): Command[] => [
    {
      name: `s${operation}`,
      arity: -2,
      flags: READ,
      keys: ALL_KEYS,
      run: ({ db }, ...sources) => new Members(combine(db, operation, sources)),
    },
    {
      name: `s${operation}store`,
      arity: -3,
      flags: GROW,
      keys: ALL_KEYS,
      run: ({ db }, target, ...sources) => {
        const result = SetValue.of(combine(db, operation, sources));
        if (result.size > 0) db.put(target, result);
        else db.delete(target);
        return result.size;
      },
    },
  ]),
  {
    name: "sscan",
    arity: -3,
    flags: READ,
    keys,
    run: ({ db }, key, cursor, ...options): Reply =>
      scanAll(cursor, options, () => [...membersOf(db, key)].map((member) => [member] as const)),
  },
];

const NO_MEMBERS: ReadonlySet<string> = new Set();

function membersOf(db: Database, key: string): ReadonlySet<string> {
  return db.read(key, SetValue)?.members ?? NO_MEMBERS;
}

function combine(
  db: Database,
  operation: "inter" | "union" | "diff",
  sources: readonly string[],
): string[] {
  const [first = NO_MEMBERS, ...others] = sources.map((key) => membersOf(db, key));
  if (operation === "union") return [...new Set([first, ...others].flatMap((set) => [...set]))];
  const wanted = operation === "inter";
  return [...first].filter((member) =>
    wanted ? others.every((set) => set.has(member)) : !others.some((set) => set.has(member)),
  );
}
