/** What SCAN, HSCAN, SSCAN and ZSCAN share. */
import { matchesGlob } from "../glob.ts";
import { integer } from "../numbers.ts";
import { RedisError, type Reply } from "../resp/replies.ts";

/** The options of a SCAN. */
export interface ScanOptions {
  readonly match: (name: string) => boolean;
  /** How many elements to look at, 10 by default. */
  readonly count: number;
  /** The type of keys wanted, in lower case; SCAN only. */
  readonly type: string | undefined;
}

/**
 * Reads a cursor: an unsigned integer.
 * @throws RedisError
 */
export function parseCursor(text: string): number {
  if (!/^\d{1,20}$/.test(text)) throw new RedisError("ERR invalid cursor");
  return Number(text);
}

/**
 * Reads MATCH, COUNT and, where keys are scanned, TYPE.
 * @throws RedisError
 */
export function parseScanOptions(words: readonly string[], withType = false): ScanOptions {
  let pattern = "*";
  let count = 10;
  let type: string | undefined;
  for (let i = 0; i < words.length; i += 2) {
    const word = (words[i] as string).toLowerCase();
    const value = words[i + 1];
    if (value === undefined) throw new RedisError("ERR syntax error");
    if (word === "match") pattern = value;
    else if (word === "count") {
      count = integer(value);
      if (count < 1) throw new RedisError("ERR syntax error");
    } else if (word === "type" && withType) type = value.toLowerCase();
    else throw new RedisError("ERR syntax error");
  }
  const match = pattern === "*" ? () => true : (name: string) => matchesGlob(pattern, name);
  return { match, count, type };
}

/**
 * Answers HSCAN, SSCAN or ZSCAN with every element at once and cursor 0, which SCAN's contract
 * allows and Redis itself does for small collections.
 * @param elements what is there, as [name, value] or [name]; called after the arguments are read
 */
export function scanAll(
  cursor: string,
  words: readonly string[],
  elements: () => Iterable<readonly [string, ...Reply[]]>,
): Reply {
  parseCursor(cursor);
  const all = elements();
  const { match } = parseScanOptions(words);
  const found: Reply[] = [];
  for (const element of all) if (match(element[0])) for (const part of element) found.push(part);
  return ["0", found];
}
