import type { HeaderLines } from "../reverse-proxy.ts";
import type { HeaderEdit } from "./config.ts";
import { substitute } from "./proxy-mapping.ts";

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** What a header edit may refer to. */
export interface EditContext {
  env: ReadonlyMap<string, string>;
  /** Of the client, for `echo`. */
  requestHeaders: HeaderLines;
  /** Microseconds since 1970 at which the request arrived, for `%t`. */
  startedMicros: number;
  /** Microseconds it has taken so far, for `%D`. */
  elapsedMicros: number;
}

/** mod_headers over a list of headers: `Header` and `RequestHeader` in the order they stand. */
export function editHeaders(
  lines: HeaderLines,
  edits: readonly HeaderEdit[],
  context: EditContext,
): HeaderLines {
  let out: HeaderLines = lines.map(([name, value]) => [name, value]);
  for (const edit of edits) {
    if (edit.condition && context.env.has(edit.condition.name) !== edit.condition.set) continue;
    out = editOne(out, edit, context);
  }
  return out;
}

function editOne(lines: HeaderLines, edit: HeaderEdit, context: EditContext): HeaderLines {
  const present = lines.some(([name]) => same(name, edit.name));
  const without = () => lines.filter(([name]) => !same(name, edit.name));
  const value = formatValue(edit.value, context);
  switch (edit.action) {
    case "set":
      return replaceFirst(lines, edit.name, value);
    case "setifempty":
      return present ? lines : [...lines, [edit.name, value]];
    case "add":
      return [...lines, [edit.name, value]];
    case "append":
      return appendTo(lines, edit.name, value);
    case "merge":
      return tokens(lines, edit.name).includes(value) ? lines : appendTo(lines, edit.name, value);
    case "unset":
      return without();
    case "echo":
      return [...lines, ...context.requestHeaders.filter(([name]) => edit.pattern?.test(name))];
    case "edit":
    case "edit*":
      return lines.map(([name, before]) =>
        same(name, edit.name) ? [name, editValue(before, edit)] : [name, before],
      );
  }
}

/** The first of that name gets the value, the others go. */
function replaceFirst(lines: HeaderLines, wanted: string, value: string): HeaderLines {
  let done = false;
  const out: HeaderLines = [];
  for (const [name, before] of lines) {
    if (!same(name, wanted)) out.push([name, before]);
    else if (!done) {
      done = true;
      out.push([wanted, value]);
    }
  }
  return done ? out : [...out, [wanted, value]];
}

/** All values of that name in one line, the new one last. */
function appendTo(lines: HeaderLines, wanted: string, value: string): HeaderLines {
  const before = lines.filter(([name]) => same(name, wanted)).map(([, each]) => each);
  return replaceFirst(lines, wanted, [...before, value].join(", "));
}

function tokens(lines: HeaderLines, wanted: string): string[] {
  return lines
    .filter(([name]) => same(name, wanted))
    .flatMap(([, value]) => value.split(",").map((each) => each.trim()));
}

function editValue(before: string, edit: HeaderEdit): string {
  const pattern = edit.pattern as RegExp;
  if (edit.action === "edit") {
    const match = pattern.exec(before);
    if (!match) return before;
    const head = before.slice(0, match.index);
    return head + substitute(edit.value, match) + before.slice(match.index + match[0].length);
  }
  const everywhere = new RegExp(pattern.source, `${pattern.flags}g`);
  return [...before.matchAll(everywhere)].reduceRight(
    (text, match) =>
      text.slice(0, match.index) +
      substitute(edit.value, match as unknown as RegExpExecArray) +
      text.slice(match.index + match[0].length),
    before,
  );
}

/** `%{NAME}e`, `%t`, `%D`, `%%`; SSL variables are empty without TLS. */
function formatValue(text: string, context: EditContext): string {
  return text.replace(/%(?:\{([^}]*)\})?([a-zA-Z%])/g, (whole, name: string | undefined, key) => {
    if (key === "%") return "%";
    if (key === "e" && name !== undefined) return context.env.get(name) ?? "(null)";
    if (key === "s" && name !== undefined) return "(null)";
    if (key === "t") return `t=${context.startedMicros}`;
    if (key === "D") return `D=${context.elapsedMicros}`;
    return whole;
  });
}
