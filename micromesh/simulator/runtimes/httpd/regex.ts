/**
 * PCRE patterns as ECMAScript ones. Apache compiles with PCRE; the two agree on nearly all that
 * configurations use. Translated here: POSIX classes, `\A` `\z` `\Z` `\h` `\a` `\e` `\Q..\E`, `(?P<n>)`,
 * comments, a leading `(?i)`, a `]` that opens a class, and the sets behind `.` and `\s` (PCRE works on
 * bytes, so neither knows Unicode). Refused, because there is no equal: atomic groups, possessive
 * quantifiers, recursion, conditionals, branch reset, verbs, `\K` `\G` `\R` `\X`, inline flags half way.
 */
export class PatternError extends Error {}

const POSIX: Record<string, string> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  blank: " \\t",
  cntrl: "\\x00-\\x1f\\x7f",
  digit: "0-9",
  graph: "\\x21-\\x7e",
  lower: "a-z",
  print: "\\x20-\\x7e",
  punct: "!-\\/:-@\\[-`{-~",
  space: "\\t\\n\\v\\f\\r ",
  upper: "A-Z",
  word: "\\w",
  xdigit: "0-9A-Fa-f",
};
const SPACE = "\\t\\n\\v\\f\\r ";

/** @throws PatternError in one line, with the pattern and what's wrong. */
export function compilePattern(pattern: string, options: { ignoreCase?: boolean } = {}): RegExp {
  let flags = options.ignoreCase ? "i" : "";
  let source = pattern;
  const leading = /^\(\?([ims]+)\)/.exec(pattern);
  if (leading) {
    source = pattern.slice(leading[0].length);
    for (const flag of leading[1] as string) if (!flags.includes(flag)) flags += flag;
  }
  const translated = translate(source, flags.includes("s"), pattern);
  try {
    return new RegExp(translated, flags.replace("s", ""));
  } catch (error) {
    const reason = (error as Error).message.split(": ").at(-1);
    throw new PatternError(`'${pattern}': ${reason}`);
  }
}

function translate(source: string, dotAll: boolean, whole: string): string {
  const refuse = (what: string): never => {
    throw new PatternError(`'${whole}': ${what} has no equal in this regex engine`);
  };
  let out = "";
  for (let at = 0; at < source.length; at++) {
    const char = source[at] as string;
    const rest = source.slice(at);
    if (char === "\\") {
      const next = source[at + 1] ?? "";
      if (next === "Q") {
        const end = source.indexOf("\\E", at + 2);
        const literal = source.slice(at + 2, end < 0 ? undefined : end);
        out += literal.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
        at = end < 0 ? source.length : end + 1;
        continue;
      }
      const escaped = translateEscape(rest, refuse);
      out += escaped.text;
      at += escaped.length - 1;
    } else if (char === "[") {
      const set = translateClass(rest, whole);
      out += set.text;
      at += set.length - 1;
    } else if (char === ".") out += dotAll ? "[\\s\\S]" : "[^\\n]";
    else if (rest.startsWith("(?P<")) {
      out += "(?<";
      at += 3;
    } else if (rest.startsWith("(?#")) {
      const end = source.indexOf(")", at);
      at = end < 0 ? source.length : end;
    } else if (rest.startsWith("(*")) refuse("a verb such as (*...)");
    else if (/^\(\?(?:>|\||R|P[=>]|&|\(|[+-]?\d)/.test(rest)) refuse(rest.slice(0, 4));
    else if (/^\(\?[a-z-]+[):]/.test(rest) && !rest.startsWith("(?:"))
      refuse(`a flag half way (${rest.slice(0, 4)})`);
    else if (/^(?:[*+?]|\{\d+(?:,\d*)?\})\+/.test(rest)) refuse("a possessive quantifier");
    else out += char;
  }
  return out;
}

function translateEscape(
  rest: string,
  refuse: (what: string) => never,
): { text: string; length: number } {
  const next = rest[1];
  switch (next) {
    case undefined:
      return refuse("a backslash at the end");
    case "A":
      return { text: "^", length: 2 };
    case "z":
    case "Z":
      return { text: "$", length: 2 };
    case "h":
      return { text: "[ \\t]", length: 2 };
    case "H":
      return { text: "[^ \\t]", length: 2 };
    case "a":
      return { text: "\\x07", length: 2 };
    case "e":
      return { text: "\\x1b", length: 2 };
    case "s":
      return { text: `[${SPACE}]`, length: 2 };
    case "S":
      return { text: `[^${SPACE}]`, length: 2 };
    case "K":
    case "G":
    case "R":
    case "X":
    case "p":
    case "P":
    case "C":
    case "g":
      return refuse(`\\${next}`);
  }
  const braced = /^\\x\{([0-9a-fA-F]{1,4})\}/.exec(rest);
  if (braced)
    return { text: `\\u${(braced[1] as string).padStart(4, "0")}`, length: braced[0].length };
  return { text: `\\${next}`, length: 2 };
}

/** `[...]`, whose first `]` may be a member, and which may hold `[:alpha:]`. */
function translateClass(rest: string, whole: string): { text: string; length: number } {
  let at = 1;
  let out = "[";
  if (rest[at] === "^") {
    out += "^";
    at++;
  }
  if (rest[at] === "]") {
    out += "\\]";
    at++;
  }
  for (; at < rest.length && rest[at] !== "]"; at++) {
    const posix = /^\[:(\^?)([a-z]+):\]/.exec(rest.slice(at));
    if (posix) {
      const set = POSIX[posix[2] as string];
      if (!set || posix[1]) throw new PatternError(`'${whole}': unknown POSIX class ${posix[0]}`);
      out += set;
      at += posix[0].length - 1;
    } else if (rest[at] === "\\") {
      const next = rest[++at] ?? "";
      out += next === "s" ? SPACE : next === "h" ? " \\t" : next === "e" ? "\\x1b" : `\\${next}`;
    } else out += rest[at] === "[" ? "\\[" : rest[at];
  }
  if (at >= rest.length)
    throw new PatternError(`'${whole}': missing terminating ] for character class`);
  return { text: `${out}]`, length: at + 1 };
}
