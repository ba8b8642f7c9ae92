/** Text in columns of a fixed width, counted in characters (code points). */

/** Filled with spaces to `width`. */
export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - [...text].length));
}

/** At most `width` characters, the last of them `…` if something is missing. */
export function cut(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join("")}…`;
}

/** Lines of at most `width`, broken between words, and inside those that are longer than a line. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line: string[] = [];
  for (const word of text.split(" ").filter(Boolean)) {
    let rest = [...word];
    if (line.length > 0 && line.length + 1 + rest.length > width) {
      lines.push(line.join(""));
      line = [];
    }
    if (line.length > 0) line.push(" ");
    for (; rest.length > width; rest = rest.slice(width)) lines.push(rest.slice(0, width).join(""));
    line.push(...rest);
  }
  if (line.length > 0 || lines.length === 0) lines.push(line.join(""));
  return lines;
}
