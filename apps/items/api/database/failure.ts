/** Which hop of the way to the database failed, by the errors that Node, `pg` and PostgreSQL give. Pure. */

/** The hops in their order: the look-up of the name, the connection, the greeting, the statement. */
export const HOPS = ["name", "connect", "auth", "query"] as const;
export type Hop = (typeof HOPS)[number];

export interface Failure {
  hop: Hop;
  /** What happened where, in one line: `db:5432: refused`. */
  words: string;
}

/** Where the database is, and how long each hop may take. */
export interface Way {
  host: string;
  port: number;
  database: string;
  user: string;
  connectTimeoutMs: number;
  queryTimeoutMs: number;
}

/** How far a new connection has come: its name is looked up, or known. */
export type Stage = "name" | "connect";

type CodedError = Error & { code?: unknown; syscall?: unknown };

/** PostgreSQL's codes of what is wrong with who comes in: https://www.postgresql.org/docs/17/errcodes-appendix.html */
const REFUSED_PASSWORD = "28P01";
const NOT_ALLOWED = ["28000", "42501"];
const NO_DATABASE = "3D000";
const TOO_MANY_CONNECTIONS = "53300";
/** By the server's own timeout, or by an administrator; what was under way has been undone. */
const CANCELED = "57014";
/** It ends the connection: it shuts down, or one of its processes has crashed. */
const ENDING = ["57P01", "57P02", "57P03"];

/** Why a connection couldn't be had. */
export function connectFailure(error: unknown, way: Way, stage: Stage): Failure {
  const { code, syscall, message } = first(error);
  const { host } = way;
  const where = `${host}:${way.port}`;
  if (code === "ENOTFOUND") return { hop: "name", words: `${host}: no such name` };
  if (code === "EAI_AGAIN") {
    return { hop: "name", words: `${host}: the name can't be asked for at present (EAI_AGAIN)` };
  }
  if (syscall === "getaddrinfo") {
    return { hop: "name", words: `${host}: the name can't be looked up (${code})` };
  }
  if (code === REFUSED_PASSWORD) {
    return { hop: "auth", words: `${where}: the password of user "${way.user}" is wrong` };
  }
  if (code === NO_DATABASE) {
    return { hop: "auth", words: `${where}: there is no database "${way.database}"` };
  }
  if (NOT_ALLOWED.includes(String(code))) {
    return { hop: "auth", words: `${where}: user "${way.user}" may not come in: ${line(message)}` };
  }
  if (code === TOO_MANY_CONNECTIONS) {
    return { hop: "connect", words: `${where}: too many connections` };
  }
  if (isServerCode(code)) return { hop: "connect", words: `${where}: ${line(message)}` };
  if (isTimeout(error)) return connectTimeout(way, stage);
  return { hop: "connect", words: `${where}: ${brokenWords(error)}` };
}

/** Nothing has come of connecting within the time for it. */
export function connectTimeout(way: Way, stage: Stage): Failure {
  const within = `within ${inSeconds(way.connectTimeoutMs)}`;
  return stage === "name"
    ? { hop: "name", words: `${way.host}: no answer about the name ${within}` }
    : { hop: "connect", words: `${way.host}:${way.port}: no answer ${within}` };
}

/** No connection has come free within the time for it: all wait for what statements come to. */
export function poolBusy(way: Way, connections: number): Failure {
  const waited = inSeconds(way.connectTimeoutMs);
  return {
    hop: "query",
    words: `${way.host}:${way.port}: all ${connections} connections have waited for answers for ${waited}`,
  };
}

/** What became of a statement that failed. */
export interface StatementFailure extends Failure {
  /** The connection is no good any more. */
  lost: boolean;
  /** It broke off, so that a new connection may do better; one without an answer hasn't. */
  brokeOff: boolean;
  /** Whether what was sent has been done: PostgreSQL says that it hasn't, or nobody knows. */
  done: "no" | "unknown";
}

/** Why a statement has failed that was sent on an established connection. */
export function statementFailure(error: unknown, way: Way): StatementFailure {
  const { code, message } = first(error);
  const where = `${way.host}:${way.port}`;
  const failure = (words: string, rest: Omit<StatementFailure, "hop" | "words">) => ({
    hop: "query" as const,
    words: `${where}: ${words}`,
    ...rest,
  });
  if (code === CANCELED) {
    return failure(`a query took too long: ${line(message)}`, {
      lost: false,
      brokeOff: false,
      done: "no",
    });
  }
  if (ENDING.includes(String(code))) {
    // It may end the connection when the statement has been done, and before it has said so.
    return failure(`a query broke off: ${line(message)}`, {
      lost: true,
      brokeOff: true,
      done: "unknown",
    });
  }
  if (isMissingTable(error)) {
    return failure("the tables aren't there yet", { lost: false, brokeOff: false, done: "no" });
  }
  if (isServerCode(code)) {
    return failure(`a query failed: ${line(message)} (${code})`, {
      lost: false,
      brokeOff: false,
      done: "no",
    });
  }
  if (isTimeout(error)) {
    return failure(`no answer to a query within ${inSeconds(way.queryTimeoutMs)}`, {
      lost: true,
      brokeOff: false,
      done: "unknown",
    });
  }
  return failure(`a query broke off: ${brokenWords(error)}`, {
    lost: true,
    brokeOff: true,
    done: "unknown",
  });
}

/** The table isn't there: the database is a new one. */
export function isMissingTable(error: unknown): boolean {
  return first(error).code === "42P01";
}

/** A SQLSTATE has five letters and digits, and no code of Node's has. */
function isServerCode(code: unknown): boolean {
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code);
}

const TIMEOUTS = [
  "timeout expired",
  "Connection terminated due to connection timeout",
  "Query read timeout",
];

function isTimeout(error: unknown): boolean {
  const { code, message } = first(error);
  return code === "ETIMEDOUT" || TIMEOUTS.includes(message);
}

const BROKEN: Record<string, string> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "reset",
  EPIPE: "reset",
  EHOSTUNREACH: "no way there (EHOSTUNREACH)",
  ENETUNREACH: "no way there (ENETUNREACH)",
};

function brokenWords(error: unknown): string {
  const { code, message } = first(error);
  const known = BROKEN[String(code)];
  if (known) return known;
  return /^Connection terminated/.test(message) ? "closed the connection" : line(message);
}

/** Of a host with several addresses Node gives the errors of all. */
function first(error: unknown): CodedError {
  const [inner] = error instanceof AggregateError ? error.errors : [];
  return (inner ?? error) as CodedError;
}

function inSeconds(ms: number): string {
  return `${ms / 1000} s`;
}

function line(message: string): string {
  return message.replace(/\s+/g, " ").slice(0, 200);
}
