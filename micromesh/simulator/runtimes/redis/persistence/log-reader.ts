/** Reading commands out of the bytes of an append-only file. Pure. */

export type LogItem =
  | { readonly kind: "command"; readonly words: string[]; readonly end: number }
  /** A line that begins with `#`: a note such as a time stamp. */
  | { readonly kind: "note"; readonly end: number }
  /** What is there may be the beginning of a command. */
  | { readonly kind: "partial" }
  | { readonly kind: "malformed" };

const PARTIAL: LogItem = { kind: "partial" };
const MALFORMED: LogItem = { kind: "malformed" };
const [LF, CR, HASH, STAR, DOLLAR] = [0x0a, 0x0d, 0x23, 0x2a, 0x24];
/** Longest line that announces a number, in bytes (the buffer that Redis reads lines into). */
const MAX_LINE = 128;

/** What begins at a place in the log. */
export function readLogItem(bytes: Buffer, from: number): LogItem {
  if (from >= bytes.length) return PARTIAL;
  if (bytes[from] === HASH) {
    const end = bytes.indexOf(LF, from);
    return end < 0 ? PARTIAL : { kind: "note", end: end + 1 };
  }
  const count = readNumber(bytes, from, STAR);
  if (!("value" in count)) return count;
  if (count.value < 1) return MALFORMED;
  const words: string[] = [];
  let at = count.end;
  while (words.length < count.value) {
    const length = readNumber(bytes, at, DOLLAR);
    if (!("value" in length)) return length;
    const stop = length.end + length.value;
    if (stop + 2 > bytes.length) return PARTIAL;
    if (bytes[stop] !== CR || bytes[stop + 1] !== LF) return MALFORMED;
    words.push(bytes.toString("latin1", length.end, stop));
    at = stop + 2;
  }
  return { kind: "command", words, end: at };
}

function readNumber(bytes: Buffer, from: number, mark: number): LogItem | Numbered {
  if (from >= bytes.length) return PARTIAL;
  if (bytes[from] !== mark) return MALFORMED;
  const end = bytes.indexOf(LF, from);
  if (end < 0) return bytes.length - from > MAX_LINE ? MALFORMED : PARTIAL;
  if (end - from > MAX_LINE) return MALFORMED;
  const digits = bytes.toString("latin1", from + 1, end);
  return /^\d{1,15}\r?$/.test(digits)
    ? { value: Number.parseInt(digits, 10), end: end + 1 }
    : MALFORMED;
}

interface Numbered {
  readonly value: number;
  readonly end: number;
}
