/** What is wrong with a config, in one line. */
import type * as z from "zod";

const MOST_CHARACTERS = 400;

/** The config is wrong; the message is one line: where, what it is, what it must be. */
export class ConfigError extends Error {
  override name = "ConfigError";

  /** @param text lines become one, of 400 characters at most */
  constructor(text: string) {
    super(oneLine(text));
  }
}

/** `routes[1].to is "d"; it must be …`; the issue must have its input. */
export function explain(issue: z.core.$ZodIssue): string {
  const { code, path, message, input } = issue;
  if (code === "unrecognized_keys") {
    return `${place([...path, issue.keys[0] as string])} is unknown; ${message}`;
  }
  if (code === "invalid_key") {
    const [own] = issue.issues;
    return `${place(path)}: the name is wrong; ${own?.message ?? message}`;
  }
  const is = input === undefined ? "isn't set" : `is ${shown(input)}`;
  return `${place(path)} ${is}; ${message}`;
}

/** `routes[1].to` */
function place(path: readonly PropertyKey[]): string {
  const text = path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("");
  return text.replace(/^\./, "") || "the config";
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function oneLine(text: string): string {
  // A line separator of any kind ends a line somewhere.
  return text.replace(/[\s\p{Cc}\u2028\u2029]+/gu, " ").slice(0, MOST_CHARACTERS);
}
