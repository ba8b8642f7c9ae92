/**
 * HTTP rules of Cilium policies. Cilium hands them to Envoy as header matchers, in which a regular
 * expression must match the whole value, in RE2's syntax, and the path includes the query.
 */
import { RE2JS } from "re2js";
import { readLabel } from "./labels.ts";
import type { HttpRequest } from "./model.ts";

export interface HttpRuleSpec {
  path?: string | null;
  method?: string | null;
  host?: string | null;
  /** `X-Name: value` for a value, `X-Name` for presence. */
  headers?: string[] | null;
  headerMatches?: { name: string; value?: string | null; mismatch?: string | null }[] | null;
}

type Test = (request: HttpRequest) => boolean;

/** Compiles a valid rule: all that it asks must hold; an empty one admits every request. */
export function compileHttpRule(spec: HttpRuleSpec): Test {
  const tests: Test[] = [];
  const whole = (pattern: string | null | undefined, read: (request: HttpRequest) => string) => {
    if (!pattern) return;
    const expression = RE2JS.compile(pattern);
    tests.push((request) => expression.matches(read(request)));
  };
  whole(spec.path, ({ path }) => path);
  whole(spec.method, ({ method }) => method);
  whole(spec.host, ({ host }) => host);
  for (const header of spec.headers ?? []) {
    const space = header.indexOf(" ");
    const name = space < 0 ? header : header.slice(0, space).replace(/:+$/, "");
    tests.push(headerTest(name, space < 0 ? "" : header.slice(space + 1)));
  }
  for (const { name, value, mismatch } of spec.headerMatches ?? []) {
    // The other actions log, add, remove or replace the header, and let the request pass.
    if (!mismatch) tests.push(headerTest(name, value ?? ""));
  }
  return (request) => tests.every((test) => test(request));
}

/** In words, e.g. `GET /count/.*`. */
export function httpRuleText(spec: HttpRuleSpec): string {
  const headers = [
    ...(spec.headers ?? []),
    ...(spec.headerMatches ?? []).map(({ name, value }) => (value ? `${name}: ${value}` : name)),
  ];
  const words = [
    spec.method || "any method",
    spec.path || "any path",
    ...(spec.host ? [`of host ${spec.host}`] : []),
    ...headers.map((header) => `with ${header}`),
  ];
  return words.join(" ");
}

/** An empty value asks for presence only. */
function headerTest(name: string, value: string): Test {
  const key = name.toLowerCase();
  return ({ headers }) => {
    const found = readLabel(headers, key);
    return found !== undefined && (value === "" || found === value);
  };
}

/** Why RE2 doesn't take the pattern; undefined where it does. */
export function patternError(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
