/** A Corefile as words: what is parted by white space, or stands in double quotes; `#` begins a comment. */
export interface Token {
  text: string;
  /** Path of the file that it stands in. */
  file: string;
  /** From 1. */
  line: number;
  /** Where its text ends in the file, as an index. */
  end: number;
}

/** Where something stands, as messages name it: `/etc/coredns/Corefile line 3`. */
export interface Place {
  file: string;
  line: number;
}

/** CoreDNS wouldn't start with such a Corefile; a running one keeps the Corefile that it has. */
export class CorefileError extends Error {
  override name = "CorefileError";
  readonly place: Place;
  /** What is wrong, without the place. */
  readonly problem: string;

  constructor({ file, line }: Place, problem: string) {
    super(`${file} line ${line}: ${problem}`);
    this.place = { file, line };
    this.problem = problem;
  }
}

/**
 * The words of a Corefile, as CoreDNS' lexer reads them: within quotes only a quote may be escaped, a quote
 * within a word is part of it, and a comment begins at any `#` outside of quotes.
 */
export function tokensOf(text: string, file: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let i = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (i < text.length) {
    const character = text[i] as string;
    if (character === "#") {
      while (i < text.length && text[i] !== "\n") i++;
    } else if (/\s/.test(character)) {
      if (character === "\n") line++;
      i++;
    } else {
      const { word, end } = character === '"' ? quoted(text, i + 1) : bare(text, i);
      tokens.push({ text: word, file, line, end });
      line += text.slice(i, end).split("\n").length - 1;
      i = end;
    }
  }
  return tokens;
}

function bare(text: string, start: number): { word: string; end: number } {
  let end = start;
  while (end < text.length && !/[\s#]/.test(text[end] as string)) end++;
  return { word: text.slice(start, end), end };
}

/** Quotes that don't end go to the end of the text. */
function quoted(text: string, start: number): { word: string; end: number } {
  let word = "";
  for (let i = start; i < text.length; i++) {
    if (text[i] === '"') return { word, end: i + 1 };
    if (text[i] === "\\" && text[i + 1] === '"') i++;
    word += text[i];
  }
  return { word, end: text.length };
}
