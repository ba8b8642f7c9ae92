/** ZRANGE and the older commands that it replaced, by rank and by score. */
import { type Scored, SortedSetValue } from "../keyspace/sorted-set.ts";
import { integer, parseDouble } from "../numbers.ts";
import { Double, RedisError, type Reply } from "../resp/replies.ts";
import { type Call, type Command, ONE_KEY, READ } from "./command.ts";
import { bounds } from "./lists.ts";

/** A range of scores; a bound can be exclusive. */
export interface Scores {
  readonly min: number;
  readonly max: number;
  readonly minExclusive: boolean;
  readonly maxExclusive: boolean;
}

interface RangeOptions {
  byScore: boolean;
  reverse: boolean;
  scores: boolean;
  offset: number;
  count: number;
  limited: boolean;
}

const SYNTAX = "ERR syntax error";

/** The rows of the command table. */
export const rangeCommand: readonly Command[] = [
  ["zrange", {}],
  ["zrevrange", { reverse: true }],
  ["zrangebyscore", { byScore: true }],
  ["zrevrangebyscore", { byScore: true, reverse: true }],
].map(([name, preset]) => ({
  name: name as string,
  arity: -4,
  flags: READ,
  keys: ONE_KEY,
  run: (call, key, from, to, ...words) =>
    range(
      call,
      key,
      from,
      to,
      parseOptions(name as string, preset as Partial<RangeOptions>, words),
    ),
}));

/**
 * Reads a range of scores: numbers, `-inf`, `+inf`, `(` before an exclusive bound.
 * @throws RedisError
 */
export function parseScores(min: string, max: string): Scores {
  const bound = (text: string): number => {
    // Unlike scores, bounds go to strtod unchecked: spaces before them don't matter, and none is 0.
    const digits = (text.startsWith("(") ? text.slice(1) : text).replace(/^[\t-\r ]+/, "");
    const value = text === "" || text === "(" ? 0 : parseDouble(digits);
    if (value === undefined) throw new RedisError("ERR min or max is not a float");
    return value;
  };
  return {
    min: bound(min),
    max: bound(max),
    minExclusive: min.startsWith("("),
    maxExclusive: max.startsWith("("),
  };
}

/** The members whose scores are in the range, lowest first. */
export function rangeByScore(set: SortedSetValue | undefined, scores: Scores): Scored[] {
  if (!set) return [];
  const { min, max, minExclusive, maxExclusive } = scores;
  const from = set.countBefore(({ score }) => (minExclusive ? score > min : score >= min));
  const to = set.countBefore(({ score }) => (maxExclusive ? score >= max : score > max));
  return set.slice(from, Math.max(from, to));
}

/** Members and scores: in turn, or as pairs where RESP3 nests them. */
export function withScores(entries: readonly Scored[], nested: boolean): Reply {
  const pairs = entries.map(({ member, score }): Reply[] => [member, new Double(score)]);
  return nested ? pairs : pairs.flat();
}

function range(call: Call, key: string, from: string, to: string, options: RangeOptions): Reply {
  const { byScore, reverse, scores } = options;
  let entries: Scored[];
  if (byScore) {
    const wanted = reverse ? parseScores(to, from) : parseScores(from, to);
    entries = rangeByScore(call.db.read(key, SortedSetValue), wanted);
    if (reverse) entries.reverse();
    const { offset, count } = options;
    if (offset < 0) entries = [];
    else entries = entries.slice(offset, count < 0 ? undefined : offset + count);
  } else {
    const [start, end] = [integer(from), integer(to)];
    const all = call.db.read(key, SortedSetValue);
    const [low, high] = bounds(start, end, all?.size ?? 0);
    if (!all) entries = [];
    else if (reverse) entries = all.slice(all.size - high, all.size - low).reverse();
    else entries = all.slice(low, high);
  }
  if (scores) return withScores(entries, call.client.protocol === 3);
  return entries.map(({ member }) => member);
}

function parseOptions(
  name: string,
  preset: Partial<RangeOptions>,
  words: readonly string[],
): RangeOptions {
  const options: RangeOptions = {
    byScore: false,
    reverse: false,
    scores: false,
    offset: 0,
    count: -1,
    limited: false,
    ...preset,
  };
  for (let i = 0; i < words.length; i++) {
    const word = (words[i] as string).toLowerCase();
    if (word === "withscores") options.scores = true;
    else if (word === "limit" && i + 2 < words.length) {
      options.offset = integer(words[++i] as string);
      options.count = integer(words[++i] as string);
      options.limited = true;
    } else if (word === "rev" && name === "zrange" && !options.reverse) options.reverse = true;
    else if (word === "byscore" && name === "zrange" && !options.byScore) options.byScore = true;
    else throw new RedisError(SYNTAX);
  }
  if (options.limited && !options.byScore) {
    throw new RedisError(
      "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
    );
  }
  return options;
}
