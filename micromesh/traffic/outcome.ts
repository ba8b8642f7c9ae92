/** What a server answered, as far as a mesh cares. */
export interface Answer {
  /** An HTTP status code. */
  status: number;
}

/**
 * How a try ends without an answer: `connect-failure`: the server can't have seen the request; `reset`:
 * the connection broke, the server may have seen it; `per-try-timeout`: no answer in time, likewise.
 */
export type Failure = "connect-failure" | "reset" | "per-try-timeout";

/** How a try ends. */
export type Outcome<A extends Answer> = { answer: A } | { failure: Failure; error: unknown };

/** No answer: the last try ended without one. The error that says so is its `cause`. */
export class UpstreamFailure extends Error {
  override readonly name = "UpstreamFailure";
  readonly failure: Failure;
  /** The id of the endpoint that was tried last. */
  readonly endpoint: string;

  constructor(failure: Failure, endpoint: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`no answer from ${endpoint}: ${failure}: ${why}`, { cause });
    this.failure = failure;
    this.endpoint = endpoint;
  }
}

/** Nobody to send the request to; it wasn't sent. */
export class NoEndpoint extends Error {
  override readonly name = "NoEndpoint";

  constructor() {
    super("no endpoint to send the request to");
  }
}

/** System calls that come before any request. */
const CONNECTING = new Set(["connect", "getaddrinfo"]);

const UNCONNECTED = new Set([
  "EADDRNOTAVAIL",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "UND_ERR_CONNECT_TIMEOUT",
]);

const BROKEN = new Set([
  "ECONNABORTED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPIPE",
  "ETIMEDOUT",
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_HEADERS_OVERFLOW",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
  "UND_ERR_SOCKET",
]);

/**
 * What an error of Node's sockets, its HTTP client, `fetch` or undici says of the connection, or its
 * cause does.
 *
 * @returns undefined for any other error, like a mistake in the program
 */
export function failureOf(error: unknown): "connect-failure" | "reset" | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall !== undefined && CONNECTING.has(syscall)) return "connect-failure";
  if (typeof code === "string") {
    // With another system call, "host unreachable" befell a connection that there was.
    if (syscall === undefined && UNCONNECTED.has(code)) return "connect-failure";
    if (error instanceof AggregateError) return failureOf(error.errors[0]);
    if (BROKEN.has(code) || code.startsWith("HPE_")) return "reset";
  }
  // What came wasn't HTTP: Node's parser says so by the code, undici's by the name.
  if (error.name === "HTTPParserError") return "reset";
  return failureOf(error.cause);
}
