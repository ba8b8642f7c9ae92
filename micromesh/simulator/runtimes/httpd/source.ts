/** A mistake in the configuration, in the words httpd uses for it. */
export class ConfigError extends Error {
  readonly file: string;
  readonly line: number;
  /** Errors found while reading (sections, LoadModule, Include) are reported in another frame. */
  readonly reading: boolean;

  constructor(message: string, file: string, line: number, reading = false) {
    super(message);
    this.name = "ConfigError";
    this.file = file;
    this.line = line;
    this.reading = reading;
  }

  /** The lines that `httpd` prints on stderr before it exits with 1. */
  report(program = "httpd"): string {
    return this.reading
      ? `${program}: Syntax error on line ${this.line} of ${this.file}: ${this.message}`
      : `AH00526: Syntax error on line ${this.line} of ${this.file}:\n${this.message}`;
  }
}

export interface SourceLine {
  text: string;
  /** Number of its last physical line: that's the one httpd names in errors. */
  line: number;
}

/**
 * The logical lines of a configuration file: continued ones (backslash at the end) joined, blank
 * ones and comments (`#` as the first character only) left out, white space trimmed.
 */
export function sourceLines(text: string): SourceLine[] {
  const lines: SourceLine[] = [];
  let pending = "";
  text.split("\n").forEach((physical, index) => {
    const line = physical.endsWith("\r") ? physical.slice(0, -1) : physical;
    if (line.endsWith("\\")) {
      pending += line.slice(0, -1);
      return;
    }
    const joined = (pending + line).trim();
    pending = "";
    if (joined !== "" && !joined.startsWith("#")) lines.push({ text: joined, line: index + 1 });
  });
  if (pending.trim() !== "") lines.push({ text: pending.trim(), line: text.split("\n").length });
  return lines;
}

/**
 * Takes one word off the front, as ap_getword_conf does: quotes of either kind group, a backslash
 * in quotes escapes the quote or itself, elsewhere only itself.
 */
export function takeWord(text: string): { word: string; rest: string } {
  const start = text.trimStart();
  const quote = start[0] === '"' || start[0] === "'" ? start[0] : "";
  let end = quote ? 1 : 0;
  let word = "";
  for (; end < start.length; end++) {
    const char = start[end] as string;
    if (char === "\\" && (start[end + 1] === "\\" || (quote && start[end + 1] === quote))) {
      word += start[++end];
    } else if (quote ? char === quote : /\s/.test(char)) break;
    else word += char;
  }
  return { word, rest: start.slice(quote ? end + 1 : end).trimStart() };
}

/** All words of a directive's arguments. */
export function words(text: string): string[] {
  const found: string[] = [];
  let rest = text.trimStart();
  while (rest !== "") {
    const taken = takeWord(rest);
    found.push(taken.word);
    rest = taken.rest;
  }
  return found;
}

/**
 * Replaces `${NAME}`: names set with Define first, then the environment. Unknown ones stay as
 * they are, and `undefinedName` is told (httpd warns, AH00111). `${map:key}` belongs to mod_rewrite.
 */
export function interpolate(
  text: string,
  lookup: (name: string) => string | undefined,
  undefinedName: (name: string) => void = () => {},
): string {
  return text.replace(/\$\{([^}:\s]+)\}/g, (whole, name: string) => {
    const value = lookup(name);
    if (value === undefined) undefinedName(name);
    return value ?? whole;
  });
}
