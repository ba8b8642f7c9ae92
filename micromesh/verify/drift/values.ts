/** Values of fields, in short. */
import { cut } from "../columns.ts";
import { printable } from "../words.ts";

/** Characters that are told of a value, at most. */
const LONGEST = 60;

/** E.g. `3`, `true`, `{"app":"redis"}`, `2 items`; a text is cut where it's long. */
export function inShort(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (Array.isArray(value) && text.length > LONGEST) return items(value.length);
  return text === "" ? '""' : cut(printable(text), LONGEST);
}

function items(number: number): string {
  return `${number} ${number === 1 ? "item" : "items"}`;
}

/** Two different texts in short; of those with several lines, the first that differs. */
export function textDrift(declared: string, found: string): { declared: string; found: string } {
  const [wanted, there] = [declared.split("\n"), found.split("\n")];
  if (wanted.length === 1 && there.length === 1) {
    const start = commonStart(declared, found);
    return { declared: around(declared, start), found: around(found, start) };
  }
  const line = wanted.findIndex((text, i) => text !== there[i]);
  const at = line < 0 ? wanted.length : line;
  const told = (lines: string[]) =>
    lines[at] === undefined
      ? `ends before line ${at + 1}`
      : `line ${at + 1}: ${inShort(lines[at])}`;
  return { declared: told(wanted), found: told(there) };
}

function commonStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

/** The text, or of a long one what stands around a place. */
function around(text: string, place: number): string {
  if (text.length <= LONGEST) return inShort(text);
  const start = Math.max(0, place - LONGEST / 3);
  return inShort(start === 0 ? text : `…${text.slice(start)}`);
}
