/** What the image was told to run, by the rules of its entrypoint and of `postgres` itself. */
import { basename } from "node:path";
import { StartProblem } from "./problem.ts";

/** Options of `postgres` that take a value (its manual page). */
const WITH_VALUE = "BCcDdfhkNprStvW";
/** Settings that options stand for. */
const SHORT: Readonly<Record<string, string>> = { D: "data_directory" };
/** After these it does something else than to serve, without a cluster. */
const TELLING = ["-?", "--help", "-V", "--version", "--describe-config"];

/**
 * The arguments for `postgres`.
 * @param words the container's command and arguments: `postgres ...`, or options alone, to which the
 *   entrypoint adds `postgres`; none: `postgres`
 * @throws StartProblem where another program is asked for
 */
export function serverArguments(words: readonly string[]): readonly string[] {
  const [first, ...rest] = words;
  if (first === undefined) return [];
  if (basename(first) === "docker-entrypoint.sh") return serverArguments(rest);
  if (first.startsWith("-")) return words;
  if (basename(first) === "postgres") return rest;
  throw new StartProblem(
    `the image's command is '${words.join(" ")}': the PostgreSQL runtime runs postgres only; ` +
      "remove the command, or begin it with postgres",
  );
}

/** Whether they only ask what there is. */
export function onlyTells(args: readonly string[]): boolean {
  return args.some((word) => TELLING.includes(word));
}

/** A setting in the arguments, and a way to write it with another value. */
export interface Setting {
  /** As in `postgresql.conf`: `max_connections`. */
  readonly name: string;
  readonly value: string;
  /** Where it begins in the arguments, and how many of them it takes. */
  readonly at: number;
  readonly length: number;
}

/** The settings that arguments give by `-c name=value`, `-cname=value`, `--name=value` and `-D`. */
export function settingsIn(args: readonly string[]): Setting[] {
  const found: Setting[] = [];
  for (let at = 0; at < args.length; ) {
    const word = args[at] as string;
    const long = /^--([^=]+)=(.*)$/s.exec(word);
    if (long) {
      found.push({ name: named(long[1]), value: long[2] ?? "", at, length: 1 });
      at++;
      continue;
    }
    const letter = word.startsWith("-") ? (word[1] ?? "") : "";
    const takesValue = letter !== "" && WITH_VALUE.includes(letter);
    const apart = takesValue && word.length === 2;
    const value = apart ? (args[at + 1] ?? "") : word.slice(2);
    const length = apart ? 2 : 1;
    const short = SHORT[letter];
    const [, name, given] = /^([^=]+)=(.*)$/s.exec(letter === "c" ? value : "") ?? [];
    if (short) found.push({ name: short, value, at, length });
    else if (name) found.push({ name: named(name), value: given ?? "", at, length });
    at += length;
  }
  return found;
}

/** The arguments with each setting's value changed to what `change` gives for it. */
export function withValues(
  args: readonly string[],
  change: (setting: Setting) => string,
): string[] {
  const result: string[] = [...args];
  for (const setting of settingsIn(args).reverse()) {
    const value = change(setting);
    if (value === setting.value) continue;
    result.splice(setting.at, setting.length, "-c", `${setting.name}=${value}`);
  }
  return result;
}

/** A dash in a name given at the command line stands for an underscore; case plays no part. */
function named(text = ""): string {
  return text.replaceAll("-", "_").toLowerCase();
}
