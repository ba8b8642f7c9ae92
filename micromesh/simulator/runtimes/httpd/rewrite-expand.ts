import type { RewriteFlags } from "./rewrite-model.ts";

type Backreferences = readonly (string | undefined)[] | undefined;

/** What `$N` (the rule's pattern) and `%N` (the last condition that matched) refer to. */
export interface Match {
  rule: Backreferences;
  condition: Backreferences;
}

/**
 * Expands `$N`, `%N`, `%{VARIABLE}` and backslash escapes in one pass, so that what a request
 * brings is never expanded again. `unsafeQuery` tells whether the `?` that would start the query
 * came from the request.
 */
export function expand(
  text: string,
  match: Match,
  variable: (name: string) => string,
  flags: RewriteFlags,
): { text: string; unsafeQuery: boolean } {
  let out = "";
  let query = "none" as "none" | "literal" | "request";
  const saw = (kind: "literal" | "request", piece: string) => {
    if (piece.includes("?") && (query === "none" || flags.queryLast)) query = kind;
  };
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    const next = text[at + 1] ?? "";
    if (char === "\\" && next !== "") {
      out += next;
      at++;
    } else if (char === "%" && next === "{") {
      const end = closingCurly(text, at + 2);
      if (end < 0) {
        out += char;
        continue;
      }
      const value = variable(text.slice(at + 2, end));
      saw("request", value);
      out += value;
      at = end;
    } else if ((char === "$" || char === "%") && /\d/.test(next)) {
      const value = (char === "$" ? match.rule : match.condition)?.[Number(next)] ?? "";
      const escaped = flags.escapeBackreferences
        ? escapeBackreference(value, flags.escapeBackreferences)
        : value;
      saw("request", escaped);
      out += escaped;
      at++;
    } else {
      saw("literal", char);
      out += char;
    }
  }
  return { text: out, unsafeQuery: query === "request" };
}

function closingCurly(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === "{") depth++;
    else if (text[at] === "}" && --depth === 0) return at;
  }
  return -1;
}

/** [B]: everything but letters, digits and `_`, a space as `+`; narrowed by B=, BNE=, BNP, BCTLS. */
function escapeBackreference(
  value: string,
  options: NonNullable<RewriteFlags["escapeBackreferences"]>,
): string {
  let out = "";
  for (const char of value) {
    const code = char.charCodeAt(0);
    const wanted =
      (options.controls ? code <= 0x20 || code === 0x7f : options.only === undefined) ||
      options.only?.includes(char) === true;
    if (!wanted || options.except?.includes(char) || /[0-9A-Za-z_]/.test(char)) out += char;
    else if (char === " " && !options.noPlus) out += "+";
    else out += `%${code.toString(16).padStart(2, "0")}`;
  }
  return out;
}
