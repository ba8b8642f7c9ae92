/** Commands on sorted sets. Ranges by member (BYLEX) aren't implemented. */
import type { Database } from "../keyspace/database.ts";
import { SortedSetValue } from "../keyspace/sorted-set.ts";
import { integer } from "../numbers.ts";
import { Double, RedisError, type Reply } from "../resp/replies.ts";
import { type Command, FAST_GROW, FAST_READ, FAST_WRITE, ONE_KEY, READ, WRITE } from "./command.ts";
import { bounds } from "./lists.ts";
import { scanAll } from "./scanning.ts";
import { add } from "./sorted-set-add.ts";
import { parseScores, rangeByScore, rangeCommand, withScores } from "./sorted-set-range.ts";

const keys = ONE_KEY;

export const sortedSets: readonly Command[] = [
  {
    name: "zadd",
    arity: -4,
    flags: FAST_GROW,
    keys,
    run: ({ db }, key, ...words) => add(db, key, words),
  },
  {
    name: "zincrby",
    arity: 4,
    flags: FAST_GROW,
    keys,
    run: ({ db }, key, by, member) => add(db, key, ["incr", by, member]),
  },
  {
    name: "zrem",
    arity: -3,
    flags: FAST_WRITE,
    keys,
    run: ({ db }, key, ...members) => remove(db, key, () => members),
  },
  {
    name: "zcard",
    arity: 2,
    flags: FAST_READ,
    keys,
    run: ({ db }, key) => setAt(db, key)?.size ?? 0,
  },
  {
    name: "zscore",
    arity: 3,
    flags: FAST_READ,
    keys,
    run: ({ db }, key, member) => score(setAt(db, key), member),
  },
  {
    name: "zmscore",
    arity: -3,
    flags: FAST_READ,
    keys,
    run: ({ db }, key, ...members) => {
      const set = setAt(db, key);
      return members.map((member) => score(set, member));
    },
  },
  {
    name: "zrank",
    arity: 3,
    flags: FAST_READ,
    keys,
    run: ({ db }, key, member) => setAt(db, key)?.rank(member) ?? null,
  },
  {
    name: "zrevrank",
    arity: 3,
    flags: FAST_READ,
    keys,
    run: ({ db }, key, member) => {
      const set = setAt(db, key);
      const rank = set?.rank(member);
      return set === undefined || rank === undefined ? null : set.size - 1 - rank;
    },
  },
  {
    name: "zcount",
    arity: 4,
    flags: FAST_READ,
    keys,
    run: ({ db }, key, min, max) => {
      const scores = parseScores(min, max);
      return rangeByScore(setAt(db, key), scores).length;
    },
  },
  ...rangeCommand,
  {
    name: "zremrangebyrank",
    arity: 4,
    flags: WRITE,
    keys,
    run: ({ db }, key, from, to) => {
      const [start, end] = [integer(from), integer(to)];
      return remove(db, key, (set) =>
        set.slice(...bounds(start, end, set.size)).map(({ member }) => member),
      );
    },
  },
  {
    name: "zremrangebyscore",
    arity: 4,
    flags: WRITE,
    keys,
    run: ({ db }, key, min, max) => {
      const scores = parseScores(min, max);
      return remove(db, key, (set) => rangeByScore(set, scores).map(({ member }) => member));
    },
  },
  ...(["min", "max"] as const).map(
    (end): Command => ({
      name: `zpop${end}`,
      arity: -2,
      flags: FAST_WRITE,
      keys,
      run: ({ db, client }, key, ...counts) => {
        if (counts.length > 1) throw new RedisError("ERR syntax error");
        const count = counts[0] === undefined ? 1 : positive(counts[0]);
        const set = setAt(db, key);
        if (!set) return [];
        const popped =
          end === "min" ? set.slice(0, count) : set.slice(Math.max(0, set.size - count)).reverse();
        for (const { member } of popped) set.delete(member);
        if (popped.length > 0) db.changed(key);
        // Without a count there's one pair at most, and RESP3 doesn't nest it.
        return withScores(popped, client.protocol === 3 && counts.length > 0);
      },
    }),
  ),
  {
    name: "zscan",
    arity: -3,
    flags: READ,
    keys,
    run: ({ db }, key, cursor, ...options): Reply =>
      scanAll(cursor, options, () =>
        // Scores are text here, in RESP3 too.
        (setAt(db, key)?.slice() ?? []).map((one) => [one.member, scanScore(one.score)] as const),
      ),
  },
];

function setAt(db: Database, key: string): SortedSetValue | undefined {
  return db.read(key, SortedSetValue);
}

function score(set: SortedSetValue | undefined, member: string): Reply {
  const value = set?.score(member);
  return value === undefined ? null : new Double(value);
}

function scanScore(value: number): string {
  if (Number.isFinite(value)) return value.toString();
  return value > 0 ? "inf" : "-inf";
}

function remove(
  db: Database,
  key: string,
  choose: (set: SortedSetValue) => readonly string[],
): number {
  const set = setAt(db, key);
  if (!set) return 0;
  const removed = choose(set).filter((member) => set.delete(member)).length;
  if (removed > 0) db.changed(key);
  return removed;
}

function positive(text: string): number {
  const message = "ERR value is out of range, must be positive";
  const value = integer(text, message);
  if (value < 0) throw new RedisError(message);
  return value;
}
