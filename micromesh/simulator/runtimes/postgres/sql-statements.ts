/** Parts a script into statements as psql does, which sends them one by one. */

export interface Statement {
  readonly sql: string;
  /** Number of the line that it ends in, from 1, which is the one that psql names. */
  readonly line: number;
  /** A command of psql's own (`\connect`), which isn't for the server. */
  readonly meta: boolean;
}

/** A doubled quote reads as two strings, which parts nothing. A quote alone has no end. */
const TOKEN =
  /--[^\n]*|\/\*|[eE]'(?:[^'\\]+|\\.|'')*'|'[^']*'|"[^"]*"|\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\s+|./gsu;
/** Their bodies may be statements between BEGIN ATOMIC and END. */
const ROUTINE = /^create (or replace )?(function|procedure) /;

/** The statements of a script, without comments between them. What has no end is the last one. */
export function* statementsOf(script: string): Generator<Statement> {
  const token = new RegExp(TOKEN);
  let start: number | undefined;
  let parentheses = 0;
  let blocks = 0;
  /** How the statement begins, in lower case. */
  let words = "";
  const next = () => {
    start = undefined;
    parentheses = blocks = 0;
    words = "";
  };
  for (let match = token.exec(script); match; match = token.exec(script)) {
    const [text] = match;
    if (text.startsWith("--") || /^\s/.test(text)) continue;
    if (text === "/*") {
      token.lastIndex = endOfComment(script, match.index);
      continue;
    }
    if (text === "\\") {
      token.lastIndex = endOfLine(script, match.index);
      const sql = script.slice(match.index, token.lastIndex).trim();
      yield { sql, line: lineAt(script, match.index), meta: true };
      next();
      continue;
    }
    if (text === ";" && parentheses === 0 && blocks === 0) {
      const end = match.index + 1;
      if (start !== undefined) {
        yield { sql: script.slice(start, end), line: lineAt(script, end), meta: false };
      }
      next();
      continue;
    }
    start ??= match.index;
    // Without its end, the rest is the server's to complain of.
    if (text === "'" || text === '"') break;
    if (/^\$.*\$$/su.test(text) && text.length > 1) {
      const end = script.indexOf(text, token.lastIndex);
      if (end < 0) break;
      token.lastIndex = end + text.length;
    } else if (text === "(") parentheses++;
    else if (text === ")") parentheses = Math.max(0, parentheses - 1);
    else if (parentheses === 0 && ROUTINE.test(words)) {
      const word = text.toLowerCase();
      if (word === "begin" || (word === "case" && blocks > 0)) blocks++;
      else if (word === "end" && blocks > 0) blocks--;
    }
    if (words.length < 100) words += `${text.toLowerCase()} `;
  }
  if (start === undefined) return;
  yield { sql: script.slice(start).trim(), line: lineAt(script, script.length), meta: false };
}

/** Comments nest. */
function endOfComment(script: string, start: number): number {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = start;
  let depth = 0;
  for (let match = mark.exec(script); match; match = mark.exec(script)) {
    depth += match[0] === "/*" ? 1 : -1;
    if (depth === 0) return mark.lastIndex;
  }
  return script.length;
}

function endOfLine(script: string, start: number): number {
  const end = script.indexOf("\n", start);
  return end < 0 ? script.length : end;
}

function lineAt(script: string, end: number): number {
  return script.slice(0, end).split("\n").length;
}
