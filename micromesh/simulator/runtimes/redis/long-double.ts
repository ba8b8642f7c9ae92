/**
 * The `long double` arithmetic of INCRBYFLOAT and HINCRBYFLOAT: an 80-bit extended float has a
 * mantissa of 64 bits, so 0.1 + 0.2 prints as 0.3 in Redis where 53 bits print
 * 0.30000000000000004. Values are exact binary fractions here, rounded to 64 bits (half to even)
 * after each step, as the x87 unit does.
 */

/** mantissa × 2^exponent, |mantissa| < 2^64. */
export interface LongDouble {
  readonly mantissa: bigint;
  readonly exponent: number;
}

const BITS = 64;
/** Most decimal digits or exponent accepted: keeps hostile input from costing a long division. */
const MAX_LENGTH = 5000;
const MAX_EXPONENT = 4932;
const MAX_BINARY_EXPONENT = 16384;

/**
 * Reads decimal text.
 * @returns undefined where it's no finite number in the range of a long double
 */
export function parseLongDouble(text: string): LongDouble | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const hex = /^([+-]?)0x([0-9a-f]*)\.?([0-9a-f]*)(?:p([+-]?\d+))?$/i.exec(text);
  if (hex) return parseHex(hex);
  const match = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text);
  if (!match) return undefined;
  const [, sign, whole = "", fraction = "", exponentText = "0"] = match;
  if (whole === "" && fraction === "") return undefined;
  const digits = BigInt(whole + fraction);
  if (digits === 0n) return { mantissa: 0n, exponent: 0 };
  const power = Number(exponentText) - fraction.length;
  const magnitude = power + (whole + fraction).replace(/^0+/, "").length;
  if (magnitude > MAX_EXPONENT || magnitude < -MAX_EXPONENT) return undefined;
  const value =
    power >= 0
      ? quotient(digits * 10n ** BigInt(power), 1n)
      : quotient(digits, 10n ** BigInt(-power));
  return sign === "-" ? { ...value, mantissa: -value.mantissa } : value;
}

function parseHex([, sign, whole = "", fraction = "", power = "0"]: RegExpExecArray) {
  const exponent = Number(power) - 4 * fraction.length;
  if (whole + fraction === "" || Math.abs(exponent) > MAX_BINARY_EXPONENT) return undefined;
  const mantissa = BigInt(`0x${whole}${fraction}`);
  return rounded(sign === "-" ? -mantissa : mantissa, exponent);
}

/** The rounded sum. */
export function addLongDoubles(a: LongDouble, b: LongDouble): LongDouble {
  const exponent = Math.min(a.exponent, b.exponent);
  const sum =
    (a.mantissa << BigInt(a.exponent - exponent)) + (b.mantissa << BigInt(b.exponent - exponent));
  return rounded(sum, exponent);
}

/** Fixed notation with up to 17 decimals and no trailing zeros: C's `%.17Lf`, trimmed. */
export function formatLongDouble({ mantissa, exponent }: LongDouble): string {
  const scale = 10n ** 17n;
  const magnitude = mantissa < 0n ? -mantissa : mantissa;
  const scaled =
    exponent >= 0
      ? (magnitude << BigInt(exponent)) * scale
      : divideHalfEven(magnitude * scale, 1n << BigInt(-exponent));
  const fraction = (scaled % scale).toString().padStart(17, "0").replace(/0+$/, "");
  const text = `${scaled / scale}${fraction ? `.${fraction}` : ""}`;
  return mantissa < 0n && text !== "0" ? `-${text}` : text;
}

/** a / b rounded to 64 bits, for positive a and b. */
function quotient(a: bigint, b: bigint): LongDouble {
  const shift = Math.max(0, BITS + 1 - (bitLength(a) - bitLength(b)));
  const whole = (a << BigInt(shift)) / b;
  // A remainder is kept as one sticky bit below, so that rounding half to even stays right.
  const sticky = (a << BigInt(shift)) % b === 0n ? 0n : 1n;
  return rounded((whole << 1n) | sticky, -shift - 1);
}

function rounded(value: bigint, exponent: number): LongDouble {
  const negative = value < 0n;
  let mantissa = negative ? -value : value;
  const excess = bitLength(mantissa) - BITS;
  if (excess <= 0) return { mantissa: value, exponent };
  mantissa = divideHalfEven(mantissa, 1n << BigInt(excess));
  return { mantissa: negative ? -mantissa : mantissa, exponent: exponent + excess };
}

function divideHalfEven(a: bigint, b: bigint): bigint {
  const whole = a / b;
  const twice = (a % b) * 2n;
  if (twice > b || (twice === b && whole % 2n === 1n)) return whole + 1n;
  return whole;
}

function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}
