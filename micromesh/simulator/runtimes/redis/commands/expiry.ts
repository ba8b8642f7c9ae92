/** Commands on keys' time to live. */
import { fits64, integer64 } from "../numbers.ts";
import { RedisError } from "../resp/replies.ts";
import { type Call, type Command, FAST_READ, FAST_WRITE, ONE_KEY } from "./command.ts";

const keys = ONE_KEY;

export const expiry: readonly Command[] = [
  ...(["expire", "pexpire", "expireat", "pexpireat"] as const).map(
    (name): Command => ({
      name,
      arity: -3,
      flags: FAST_WRITE,
      keys,
      run: (call, key, amount, ...words) => expire(call, name, key, amount, words),
    }),
  ),
  ...(["ttl", "pttl", "expiretime", "pexpiretime"] as const).map(
    (name): Command => ({
      name,
      arity: 2,
      flags: FAST_READ,
      keys,
      run: (call, key) => timeLeft(call, name, key),
    }),
  ),
  {
    name: "persist",
    arity: 2,
    flags: FAST_WRITE,
    keys,
    run: ({ db }, key) => {
      if (db.expiresAt(key) === undefined) return 0;
      db.expire(key, undefined);
      return 1;
    },
  },
];

function expire(
  { db, server }: Call,
  name: "expire" | "pexpire" | "expireat" | "pexpireat",
  key: string,
  amount: string,
  words: readonly string[],
): number {
  const options = new Set(words.map((word) => word.toLowerCase()));
  for (const option of options) {
    if (!["nx", "xx", "gt", "lt"].includes(option)) {
      throw new RedisError(
        `ERR Unsupported option ${words.find((w) => w.toLowerCase() === option)}`,
      );
    }
  }
  const [nx, xx, gt, lt] = ["nx", "xx", "gt", "lt"].map((option) => options.has(option));
  if (nx && (xx || gt || lt)) {
    throw new RedisError("ERR NX and XX, GT or LT options at the same time are not compatible");
  }
  if (gt && lt) {
    throw new RedisError("ERR GT and LT options at the same time are not compatible");
  }
  const value = integer64(amount);
  const milliseconds = value * (name.startsWith("p") ? 1n : 1000n);
  const at = milliseconds + (name.endsWith("at") ? 0n : BigInt(server.now()));
  if (!fits64(milliseconds) || !fits64(at)) {
    throw new RedisError(`ERR invalid expire time in '${name}' command`);
  }
  if (!db.get(key)) return 0;
  const before = db.expiresAt(key);
  if (nx && before !== undefined) return 0;
  if (xx && before === undefined) return 0;
  // A key that never expires counts as one that expires later than any time.
  if (gt && (before === undefined || Number(at) <= before)) return 0;
  if (lt && before !== undefined && Number(at) >= before) return 0;
  db.expire(key, Number(at));
  return 1;
}

function timeLeft(
  { db, server }: Call,
  name: "ttl" | "pttl" | "expiretime" | "pexpiretime",
  key: string,
): number {
  if (!db.get(key)) return -2;
  const at = db.expiresAt(key);
  if (at === undefined) return -1;
  const milliseconds = name.endsWith("time") ? at : Math.max(0, at - server.now());
  return name.startsWith("p") ? milliseconds : Math.floor((milliseconds + 500) / 1000);
}
