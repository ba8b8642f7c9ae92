/**
 * Replies as data, and their form on the wire in RESP2 and RESP3.
 * Source of the rules: the Redis serialization protocol specification (redis.io, "RESP").
 *
 * Text is kept as "byte strings": JavaScript strings whose every UTF-16 unit is one byte (latin1),
 * so that keys and values are binary safe and still work as Map keys.
 */

/** What a command answers: strings are bulk strings, numbers integers, null the null reply. */
export type Reply =
  | string
  | number
  | bigint
  | null
  | readonly Reply[]
  | Status
  | RedisError
  | Double
  | Pairs
  | Members
  | Verbatim
  | Push
  | NullArray
  | Several
  | Silence;

/** A simple string such as `OK`. */
export class Status {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** An error reply. The message starts with its code (`ERR`, `WRONGTYPE`); commands may throw it. */
export class RedisError extends Error {
  override readonly name = "RedisError";
}

/** A floating point number: a bulk string in RESP2, `,` in RESP3. */
export class Double {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** A map: a flat array of keys and values in RESP2, `%` in RESP3. */
export class Pairs {
  readonly pairs: readonly (readonly [Reply, Reply])[];
  constructor(pairs: Iterable<readonly [Reply, Reply]>) {
    this.pairs = [...pairs];
  }
}

/** A set: an array in RESP2, `~` in RESP3. */
export class Members {
  readonly members: readonly Reply[];
  constructor(members: Iterable<Reply>) {
    this.members = [...members];
  }
}

/** Text for people: a bulk string in RESP2, `=txt:` in RESP3. */
export class Verbatim {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** An out-of-band message: an array in RESP2, `>` in RESP3. */
export class Push {
  readonly items: readonly Reply[];
  constructor(items: readonly Reply[]) {
    this.items = items;
  }
}

/** The null that stands for an array: `*-1` in RESP2, where plain null is `$-1`. */
export class NullArray {
  readonly kind = "null array";
}

/** Replies written one after another, as SUBSCRIBE does for its channels. */
export class Several {
  readonly replies: readonly Reply[];
  constructor(replies: readonly Reply[]) {
    this.replies = replies;
  }
}

/** No reply at all. */
export class Silence {
  readonly kind = "silence";
}

export const OK = new Status("OK");
export const QUEUED = new Status("QUEUED");
export const NULL_ARRAY = new NullArray();
export const SILENCE = new Silence();

/** The protocol version that a client has chosen with HELLO. */
export type Protocol = 2 | 3;

/** The bytes of a reply, as a byte string. */
export function encode(reply: Reply, protocol: Protocol): string {
  if (typeof reply === "string") return `$${reply.length}\r\n${reply}\r\n`;
  if (typeof reply === "number" || typeof reply === "bigint") return `:${reply}\r\n`;
  if (reply === null) return protocol === 3 ? "_\r\n" : "$-1\r\n";
  if (reply instanceof Status) return `+${oneLine(reply.text)}\r\n`;
  if (reply instanceof RedisError) return `-${oneLine(reply.message)}\r\n`;
  if (reply instanceof Double) {
    const text = formatDouble(reply.value);
    return protocol === 3 ? `,${text}\r\n` : encode(text, protocol);
  }
  if (reply instanceof Pairs) {
    const { pairs } = reply;
    let text = protocol === 3 ? `%${pairs.length}\r\n` : `*${pairs.length * 2}\r\n`;
    for (const [key, value] of pairs) text += encode(key, protocol) + encode(value, protocol);
    return text;
  }
  if (reply instanceof Members)
    return sequence(protocol === 3 ? "~" : "*", reply.members, protocol);
  if (reply instanceof Verbatim) {
    if (protocol === 2) return encode(reply.text, protocol);
    return `=${reply.text.length + 4}\r\ntxt:${reply.text}\r\n`;
  }
  if (reply instanceof Push) return sequence(protocol === 3 ? ">" : "*", reply.items, protocol);
  if (reply instanceof NullArray) return protocol === 3 ? "_\r\n" : "*-1\r\n";
  if (reply instanceof Several) return reply.replies.map((one) => encode(one, protocol)).join("");
  if (reply instanceof Silence) return "";
  return sequence("*", reply, protocol);
}

function sequence(mark: string, items: readonly Reply[], protocol: Protocol): string {
  let text = `${mark}${items.length}\r\n`;
  for (const item of items) text += encode(item, protocol);
  return text;
}

/** A status or error is one line: Redis replaces line ends inside it by spaces. */
function oneLine(text: string): string {
  return text.replace(/[\r\n]/g, " ");
}

/** A double as Redis 7.0 prints it: C's `%.17g`, and `inf`. */
export function formatDouble(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "inf";
  if (value === Number.NEGATIVE_INFINITY) return "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", exponentText = "0"] = value.toExponential(16).split("e");
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 17) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${withoutTrailingZeros(mantissa)}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  return withoutTrailingZeros(value.toFixed(Math.max(0, 16 - exponent)));
}

function withoutTrailingZeros(digits: string): string {
  return digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
}
