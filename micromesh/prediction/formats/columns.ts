/** Text in a terminal's columns. */

/**
 * Without what a terminal would obey instead of show: names and reasons quote what somebody wrote, and
 * escape sequences or marks that turn the direction of writing could hide what stands there.
 */
export function plain(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, "");
}

/** The columns that a text takes: 2 for what East Asian Width calls wide, 0 for combining marks. */
export function columns(text: string): number {
  let sum = 0;
  for (const character of text) sum += columnsOf(character);
  return sum;
}

// The blocks whose characters are wide in Unicode's EastAsianWidth.txt, as ranges of whole scripts.
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

function columnsOf(character: string): number {
  if (character <= "\u02ff") return 1;
  if (/\p{M}/u.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Cuts a text to at most `width` columns, with `…` where something is missing. */
export function clip(text: string, width: number): string {
  if (columns(text) <= width) return text;
  return width < 1 ? "" : `${take(text, width - 1)}…`;
}

/** Fills a text with blanks up to `width` columns. */
export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - columns(text)));
}

/**
 * Breaks a text into lines of at most `width` columns: the first after `first`, the others after as
 * many blanks as `first` is wide, or as `indent` says. A word is cut only where it's longer than a line.
 */
export function hang(
  first: string,
  text: string,
  width: number,
  indent = columns(first),
): string[] {
  const lines: string[] = [];
  let line = first;
  let used = columns(first);
  let empty = true;
  const margin = Math.min(indent, Math.max(0, width - 1));
  const next = () => {
    lines.push(line.trimEnd());
    line = " ".repeat(margin);
    used = margin;
    empty = true;
  };
  for (const whole of plain(text).split(" ")) {
    let word = whole;
    if (word === "") continue;
    if (!empty && used + 1 + columns(word) > width) next();
    if (!empty) {
      line += " ";
      used++;
    }
    while (used + columns(word) > width) {
      const part = take(word, width - used);
      line += part;
      word = word.slice(part.length);
      if (word === "") break;
      next();
      // A wide character in a terminal of one column: nothing could make it fit.
      if (columnsOf(String.fromCodePoint(word.codePointAt(0) ?? 0)) > width - margin) return lines;
    }
    line += word;
    used += columns(word);
    empty = false;
  }
  if (line.trim() !== "") lines.push(line.trimEnd());
  return lines;
}

function take(text: string, width: number): string {
  let sum = 0;
  let end = 0;
  for (const character of text) {
    sum += columnsOf(character);
    if (sum > width) break;
    end += character.length;
  }
  return text.slice(0, end);
}
