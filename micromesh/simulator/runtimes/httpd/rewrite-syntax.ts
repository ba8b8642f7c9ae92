import { compilePattern, PatternError } from "./regex.ts";
import { atoi, RewriteError, setFlag } from "./rewrite-flags.ts";
import type {
  ConditionTest,
  RewriteCondition,
  RewriteFlags,
  RewriteRule,
} from "./rewrite-model.ts";

/**
 * mod_rewrite's own splitting of its arguments: quotes group, a backslash before a space keeps it,
 * and backslashes stay where they are (they belong to the pattern).
 */
export function splitRewrite(text: string): string[] {
  const found: string[] = [];
  let at = 0;
  while (found.length < 3) {
    while (/\s/.test(text[at] ?? "")) at++;
    if (at >= text.length) break;
    const quote = text[at] === '"' || text[at] === "'" ? text[at++] : "";
    const start = at;
    for (; at < text.length; at++) {
      if (quote ? text[at] === quote : /\s/.test(text[at] as string)) break;
      if (text[at] === "\\" && /\s/.test(text[at + 1] ?? "")) at++;
    }
    found.push(text.slice(start, at));
    at++;
  }
  return found;
}

function flagList(text: string): [name: string, value: string][] {
  if (!text.startsWith("[") || !text.endsWith("]")) throw new RewriteError("bad flag delimiters");
  return text
    .slice(1, -1)
    .split(",")
    .map((flag) => flag.trim())
    .filter((flag) => flag !== "")
    .map((flag) => {
      const equals = flag.indexOf("=");
      return equals < 0 ? [flag, ""] : [flag.slice(0, equals), flag.slice(equals + 1)];
    });
}

/** @throws RewriteError with httpd's message. */
export function parseCondition(raw: string): RewriteCondition {
  const [input, patternText, flags] = splitRewrite(raw);
  if (input === undefined || patternText === undefined)
    throw new RewriteError(`RewriteCond: bad argument line '${raw}'`);
  const condition: RewriteCondition = {
    input,
    test: { kind: "text", operator: "=", operand: "" },
    negated: false,
    ignoreCase: false,
    orNext: false,
  };
  if (flags !== undefined)
    for (const [name] of prefixed("RewriteCond", () => flagList(flags))) {
      const key = name.toLowerCase();
      if (key === "nc" || key === "nocase") condition.ignoreCase = true;
      else if (key === "or" || key === "ornext") condition.orNext = true;
      else if (key !== "nv" && key !== "novary")
        throw new RewriteError(`RewriteCond: unknown flag '${name}'`);
    }
  let pattern = patternText;
  if (pattern.startsWith("!")) {
    condition.negated = true;
    pattern = pattern.slice(1);
  }
  if (input.toLowerCase() === "expr")
    throw new RewriteError(
      "RewriteCond: expr is not supported here; write the test with %{VARIABLE} and a pattern",
    );
  if (pattern.startsWith("-ne") && pattern.length > 3) condition.negated = !condition.negated;
  condition.test = conditionTest(pattern, condition.ignoreCase);
  return condition;
}

const FILE_TESTS: Record<string, "file" | "directory" | "size" | "link" | "executable"> = {
  f: "file",
  d: "directory",
  s: "size",
  l: "link",
  L: "link",
  h: "link",
  x: "executable",
};

const NUMBER_TESTS: Record<string, "<" | "<=" | ">" | ">=" | "="> = {
  lt: "<",
  le: "<=",
  gt: ">",
  ge: ">=",
  eq: "=",
  ne: "=",
};

function conditionTest(pattern: string, ignoreCase: boolean): ConditionTest {
  if (pattern.length > 1) {
    const file = /^-(.)$/.exec(pattern)?.[1];
    if (file && FILE_TESTS[file]) return { kind: "file", what: FILE_TESTS[file] };
    if (file === "U" || file === "F")
      throw new RewriteError(`RewriteCond: -${file} (a subrequest) is not supported here`);
    const number = /^-(lt|le|gt|ge|eq|ne)([\s\S]+)$/.exec(pattern);
    if (number)
      return {
        kind: "number",
        operator: NUMBER_TESTS[number[1] as string] as "<",
        operand: atoi(number[2] as string),
      };
    const text = /^(<=|>=|<|>|=)([\s\S]*)$/.exec(pattern);
    if (text) {
      const operand = text[1] === "=" && text[2] === '""' ? "" : (text[2] as string);
      return { kind: "text", operator: text[1] as "<", operand };
    }
  }
  return { kind: "pattern", pattern: compiled("RewriteCond", pattern, ignoreCase) };
}

function compiled(directive: string, pattern: string, ignoreCase: boolean): RegExp {
  try {
    return compilePattern(pattern, { ignoreCase });
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new RewriteError(`${directive}: cannot compile regular expression ${error.message}`);
  }
}

function prefixed<T>(directive: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof RewriteError)) throw error;
    throw new RewriteError(`${directive}: ${error.message}`);
  }
}

/** @throws RewriteError with httpd's message. */
export function parseRule(raw: string, conditions: RewriteCondition[]): RewriteRule {
  const [patternText, output, flagText] = splitRewrite(raw);
  if (patternText === undefined || output === undefined)
    throw new RewriteError(`RewriteRule: bad argument line '${raw}'`);
  const flags: RewriteFlags = {};
  let ignoreCase = false;
  if (flagText !== undefined)
    prefixed("RewriteRule", () => {
      for (const [name, value] of flagList(flagText))
        if (/^(?:nc|nocase)$/i.test(name)) ignoreCase = true;
        else setFlag(flags, name, value);
    });
  const negated = patternText.startsWith("!");
  const pattern = compiled("RewriteRule", negated ? patternText.slice(1) : patternText, ignoreCase);
  let substitution: string | undefined = output;
  // F, G and R with a status that is no redirect imply `-`.
  if (output === "-" || flags.status !== undefined) substitution = undefined;
  else if (output.endsWith("?")) {
    if (flags.queryAppend) flags.queryLast = true;
    else {
      flags.queryNone = true;
      substitution = output.slice(0, -1);
    }
  } else if (flags.queryDiscard && !output.includes("?")) flags.queryNone = true;
  return { pattern, negated, conditions, substitution, flags };
}
