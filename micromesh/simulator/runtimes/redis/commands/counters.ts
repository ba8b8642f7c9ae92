/** Commands that count in strings. */
import type { Database } from "../keyspace/database.ts";
import {
  addLongDoubles,
  formatLongDouble,
  type LongDouble,
  parseLongDouble,
} from "../long-double.ts";
import { fits64, integer64 } from "../numbers.ts";
import { RedisError } from "../resp/replies.ts";
import { type Command, FAST_GROW, ONE_KEY } from "./command.ts";
import { replace, text } from "./strings.ts";

const MIN = -(2n ** 63n);

export const counters: readonly Command[] = [
  {
    name: "incr",
    arity: 2,
    flags: FAST_GROW,
    keys: ONE_KEY,
    run: ({ db }, key) => increase(db, key, 1n),
  },
  {
    name: "decr",
    arity: 2,
    flags: FAST_GROW,
    keys: ONE_KEY,
    run: ({ db }, key) => increase(db, key, -1n),
  },
  {
    name: "incrby",
    arity: 3,
    flags: FAST_GROW,
    keys: ONE_KEY,
    run: ({ db }, key, by) => increase(db, key, integer64(by)),
  },
  {
    name: "decrby",
    arity: 3,
    flags: FAST_GROW,
    keys: ONE_KEY,
    run: ({ db }, key, by) => {
      const amount = integer64(by);
      if (amount === MIN) throw new RedisError("ERR decrement would overflow");
      return increase(db, key, -amount);
    },
  },
  {
    name: "incrbyfloat",
    arity: 3,
    flags: FAST_GROW,
    keys: ONE_KEY,
    run: ({ db }, key, by) => {
      const sum = sumOfFloats(readFloat(text(db, key) ?? "0"), readFloat(by));
      replace(db, key, sum);
      return sum;
    },
  },
];

/**
 * Adds integers.
 * @throws RedisError where the sum is beyond 64 bits
 */
export function sumOfIntegers(a: bigint, b: bigint): bigint {
  const sum = a + b;
  if (!fits64(sum)) throw new RedisError("ERR increment or decrement would overflow");
  return sum;
}

/**
 * Reads a decimal number in the precision of a long double.
 * @returns `infinite` for the infinities, which Redis reads too
 * @throws RedisError with the given message where it isn't a number
 */
export function readFloat(
  text: string,
  message = "ERR value is not a valid float",
): LongDouble | "infinite" {
  if (/^[+-]?inf(inity)?$/i.test(text)) return "infinite";
  const value = parseLongDouble(text);
  if (!value) throw new RedisError(message);
  return value;
}

/**
 * Adds numbers and gives the sum as Redis prints it.
 * @throws RedisError where one isn't finite
 */
export function sumOfFloats(a: LongDouble | "infinite", b: LongDouble | "infinite"): string {
  if (a === "infinite" || b === "infinite") {
    throw new RedisError("ERR increment would produce NaN or Infinity");
  }
  return formatLongDouble(addLongDoubles(a, b));
}

function increase(db: Database, key: string, by: bigint): bigint {
  const sum = sumOfIntegers(integer64(text(db, key) ?? "0"), by);
  replace(db, key, sum.toString());
  return sum;
}
