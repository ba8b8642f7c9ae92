import { compilePattern, PatternError } from "./regex.ts";
import { ConfigError } from "./source.ts";
import type { Directive } from "./syntax.ts";

/** Reading a directive's arguments; every failure is httpd's own line at the directive's place. */

export function fail(directive: Directive, message: string): never {
  throw new ConfigError(message, directive.file, directive.line);
}

/** Checks the count and says what httpd says of a wrong one. */
export function takes(directive: Directive, least: number, most: number, what: string): string[] {
  const count = directive.args.length;
  if (count < least || count > most) {
    const how =
      most === Number.POSITIVE_INFINITY
        ? `requires at least ${amount(least)}`
        : least === most
          ? `takes ${amount(least)}`
          : `takes ${least === 1 && most === 2 ? "1-2 arguments" : `${least}-${most} arguments`}`;
    fail(directive, `${directive.name} ${how}${what ? `, ${what}` : ""}`);
  }
  return directive.args;
}

function amount(count: number): string {
  const names = ["no arguments", "one argument", "two arguments", "three arguments"];
  return names[count] ?? `${count} arguments`;
}

export function onOff(directive: Directive): boolean {
  const [value] = takes(directive, 1, 1, "");
  if (/^on$/i.test(value ?? "")) return true;
  if (/^off$/i.test(value ?? "")) return false;
  return fail(directive, `${directive.name} must be On or Off`);
}

export function oneOf<T extends string>(directive: Directive, allowed: readonly T[]): T {
  const [value = ""] = takes(directive, 1, 1, "");
  const found = allowed.find((each) => each.toLowerCase() === value.toLowerCase());
  return found ?? fail(directive, `${directive.name} must be one of: ${allowed.join(" | ")}`);
}

/** ap_timeout_parameter_parse: seconds unless a unit (ms, s, mi, h) follows; in milliseconds. */
export function duration(text: string): number | undefined {
  const found = /^(\d+)(ms|s|mi|min|h)?$/i.exec(text);
  if (!found) return undefined;
  const units: Record<string, number> = { ms: 1, s: 1000, mi: 60_000, min: 60_000, h: 3_600_000 };
  return Number(found[1]) * (units[(found[2] ?? "s").toLowerCase()] as number);
}

export function durationOf(directive: Directive): number {
  const [text = ""] = takes(directive, 1, 1, "");
  return duration(text) ?? fail(directive, `${directive.name} has wrong format`);
}

export function pattern(directive: Directive, text: string, ignoreCase = false): RegExp {
  try {
    return compilePattern(text, { ignoreCase });
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return fail(directive, `${directive.name}: regular expression ${error.message}`);
  }
}

/** `env=NAME`, `env=!NAME`. */
export function envClause(
  directive: Directive,
  text: string | undefined,
): { name: string; set: boolean } | undefined {
  if (text === undefined) return undefined;
  const found = /^env=(!?)(.+)$/i.exec(text);
  if (!found && /^expr=/i.test(text))
    fail(directive, `${directive.name}: expr= is not supported here; use env=NAME`);
  if (!found) fail(directive, `Unknown parameter: ${text}`);
  return { name: found[2] as string, set: found[1] === "" };
}
