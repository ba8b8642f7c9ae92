/** Numbers as Redis reads them from text, strictly. */
import { RedisError } from "./resp/replies.ts";

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;

/** Whether a value fits a signed 64-bit integer. */
export function fits64(value: bigint): boolean {
  return value >= MIN && value <= MAX;
}

/** A signed 64-bit integer without `+`, spaces or leading zeros (`string2ll`), or undefined. */
export function parse64(text: string): bigint | undefined {
  if (!/^(0|-?[1-9]\d{0,18})$/.test(text)) return undefined;
  const value = BigInt(text);
  return fits64(value) ? value : undefined;
}

/**
 * A 64-bit integer argument.
 * @throws RedisError with the given message where it isn't one
 */
export function integer64(
  text: string,
  message = "ERR value is not an integer or out of range",
): bigint {
  const value = parse64(text);
  if (value === undefined) throw new RedisError(message);
  return value;
}

/**
 * An integer argument as a number. Beyond 2^53 it's rounded, which is harmless where this is used:
 * for indexes and counts, compared with sizes far below.
 */
export function integer(text: string, message?: string): number {
  return Number(integer64(text, message));
}

/**
 * A double as C's `strtod` reads it, or undefined. NaN isn't one, nor is what overflows.
 * Hexadecimal (`0x1.8p3`) is read too, up to 53 bits exactly.
 */
export function parseDouble(text: string): number | undefined {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text);
  if (infinite) return infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const hex = /^([+-]?)0x([0-9a-f]*)\.?([0-9a-f]*)(?:p([+-]?\d+))?$/i.exec(text);
  if (!hex) return undefined;
  const [, sign, whole = "", fraction = "", power = "0"] = hex;
  if (whole + fraction === "") return undefined;
  const magnitude =
    Number.parseInt(whole + fraction, 16) * 2 ** (Number(power) - 4 * fraction.length);
  return sign === "-" ? -magnitude : magnitude;
}

/**
 * A double argument.
 * @throws RedisError with the given message where it isn't one
 */
export function double(text: string, message = "ERR value is not a valid float"): number {
  const value = parseDouble(text);
  if (value === undefined) throw new RedisError(message);
  return value;
}
