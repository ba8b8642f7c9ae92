/**
 * A text as one word of a POSIX shell, whatever is in it.
 * @throws Error where it holds a NUL, which no word can
 */
export function quote(text: string): string {
  if (text.includes("\0")) throw new Error("a value for a shell holds a NUL character");
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Values as assignments to shell variables of the same names, one after another. */
export function assignments(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${quote(value)}\n`)
    .join("");
}
