/**
 * Splitting a line into words as Redis does for inline commands and for its configuration file
 * (`sdssplitargs`): words are separated by white space; "double quotes" know \n \r \t \b \a \xHH and
 * \c for any other c; 'single quotes' know \' only; a closing quote must end its word.
 */

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  b: "\b",
  a: "\x07",
};
const SPACE = /[\s\0]/;

/** The words of a line, or undefined where quotes aren't balanced. */
export function splitWords(line: string): string[] | undefined {
  const words: string[] = [];
  let at = 0;
  for (;;) {
    while (at < line.length && SPACE.test(line.charAt(at))) at++;
    if (at >= line.length) return words;
    let word = "";
    while (at < line.length && !SPACE.test(line.charAt(at))) {
      const quote = line.charAt(at);
      if (quote !== '"' && quote !== "'") {
        word += quote;
        at++;
        continue;
      }
      const quoted = quote === '"' ? doubleQuoted(line, at + 1) : singleQuoted(line, at + 1);
      if (!quoted) return undefined;
      if (quoted.next < line.length && !SPACE.test(line.charAt(quoted.next))) return undefined;
      word += quoted.text;
      at = quoted.next;
    }
    words.push(word);
  }
}

interface Quoted {
  readonly text: string;
  readonly next: number;
}

function doubleQuoted(line: string, from: number): Quoted | undefined {
  let text = "";
  for (let at = from; at < line.length; at++) {
    const c = line.charAt(at);
    if (c === '"') return { text, next: at + 1 };
    if (c !== "\\") {
      text += c;
      continue;
    }
    const hex = /^x([0-9a-fA-F]{2})/.exec(line.slice(at + 1, at + 4));
    if (hex?.[1]) {
      text += String.fromCharCode(Number.parseInt(hex[1], 16));
      at += 3;
    } else if (at + 1 < line.length) {
      at++;
      text += ESCAPES[line.charAt(at)] ?? line.charAt(at);
    }
  }
  return undefined;
}

function singleQuoted(line: string, from: number): Quoted | undefined {
  let text = "";
  for (let at = from; at < line.length; at++) {
    const c = line.charAt(at);
    if (c === "'") return { text, next: at + 1 };
    if (c === "\\" && line.charAt(at + 1) === "'") at++;
    text += line.charAt(at);
  }
  return undefined;
}
