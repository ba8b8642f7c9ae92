/** When something expires, from what a command says. */
import { fits64, integer64 } from "../numbers.ts";
import { RedisError } from "../resp/replies.ts";

/**
 * Unix time in milliseconds for an amount of seconds (`ex`) or milliseconds (`px`) from now, or for
 * a time (`exat`, `pxat`).
 * @throws RedisError where it's no positive integer, or beyond 64 bits
 */
export function expiryTime(
  unit: "ex" | "px" | "exat" | "pxat",
  amount: string,
  command: string,
  now: number,
): number {
  const value = integer64(amount);
  const milliseconds = value * (unit.startsWith("e") ? 1000n : 1n);
  const at = unit.endsWith("at") ? milliseconds : milliseconds + BigInt(now);
  if (value <= 0n || !fits64(milliseconds) || !fits64(at)) {
    throw new RedisError(`ERR invalid expire time in '${command}' command`);
  }
  return Number(at);
}
