/**
 * What `redis-server` is told: directives from its configuration file and from its command line,
 * read as Redis 7 reads them (config.c, `loadServerConfigFromString`; server.c, `main`).
 */
import { splitWords } from "../resp/words.ts";

export interface Directive {
  /** In lower case. */
  readonly name: string;
  readonly values: readonly string[];
  /** Where it was found, for error messages: `/etc/redis.conf:3`, or `command line`. */
  readonly source: string;
}

/** The arguments or the configuration can't be understood; the message is one line for people. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/** How to read a text file as a byte string. It may throw, as `readFileSync` does. */
export type ReadText = (path: string) => string;

/** Deepest chain of files that include one another. */
const MAX_DEPTH = 16;

/**
 * All directives of a command line, in order; a later one overrides an earlier one.
 * @param args what follows `redis-server`: `[file] [--name value ...]...`
 * @throws ConfigurationError
 */
export function readDirectives(args: readonly string[], readText: ReadText): Directive[] {
  const [file, ...afterFile] = args;
  if (file === undefined || file.startsWith("-")) return readOptions(args);
  return [...readFile(file, readText, "command line", 0), ...readOptions(afterFile)];
}

/**
 * The value of a directive that is there once at most in effect.
 * @returns the values given last, or undefined
 */
export function lastValues(
  directives: readonly Directive[],
  name: string,
): readonly string[] | undefined {
  return directives.findLast((directive) => directive.name === name)?.values;
}

/** Directives as the text of a configuration file. */
export function formatDirectives(directives: readonly Directive[]): string {
  return directives
    .map(({ name, values }) => `${[name, ...values.map(quote)].join(" ")}\n`)
    .join("");
}

function readFile(path: string, readText: ReadText, from: string, depth: number): Directive[] {
  if (depth > MAX_DEPTH) {
    throw new ConfigurationError(`${from}: include ${path} is too deep: files include one another`);
  }
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(`${from}: can't read the configuration file ${path}: ${reason}`);
  }
  return text.split("\n").flatMap((line, index) => {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) return [];
    const source = `${path}:${index + 1}`;
    const directive = readLine(trimmed, source);
    if (directive.name !== "include") return [directive];
    return directive.values.flatMap((included) => readFile(included, readText, source, depth + 1));
  });
}

function readLine(line: string, source: string): Directive {
  const words = splitWords(line);
  if (!words) throw new ConfigurationError(`${source}: '${line}': quotes aren't balanced`);
  const [name = "", ...values] = words;
  return { name: name.toLowerCase(), values, source };
}

/** Reads `--name value ...`. The word after a name is its value even where it starts with `--`. */
function readOptions(args: readonly string[]): Directive[] {
  const source = "command line";
  const directives: { name: string; values: string[]; source: string }[] = [];
  let expectsValue = false;
  for (const [index, word] of args.entries()) {
    const last = directives.at(-1);
    if (word.startsWith("--") && !expectsValue) {
      // `--port 6380` may be one word, too.
      const { name, values } = readLine(word.slice(2), source);
      directives.push({ name, values: [...values], source });
      expectsValue = values.length === 0;
      // `--save` alone means `--save ""`.
      if (name === "save" && expectsValue && (args[index + 1]?.startsWith("--") ?? true)) {
        directives.at(-1)?.values.push("");
        expectsValue = false;
      }
    } else if (last) {
      last.values.push(word);
      expectsValue = false;
    } else {
      throw new ConfigurationError(`${source}: '${word}': write --name value`);
    }
  }
  return directives;
}

function quote(value: string): string {
  const escaped = value.replace(/["\\]|[^ -~]/g, (c) => {
    if (c === '"' || c === "\\") return `\\${c}`;
    return `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return `"${escaped}"`;
}
