/** What comes of a request. Pure. */

/** Kinds of outcomes: as many as can be told apart from here, and no more. */
export const KINDS = [
  "ok",
  /** The API says that its database can't be had, and by which hop. */
  "hop-name",
  "hop-connect",
  "hop-auth",
  "hop-query",
  /** Any other status. */
  "status",
  /** The API's name isn't known, or can't be asked for. */
  "no-name",
  "refused",
  /** No connection within the time for it. */
  "timeout",
  /** A connection, and no answer within the time for it. */
  "late",
  "reset",
  /** Anything else that a network does. */
  "failed",
] as const;
export type Kind = (typeof KINDS)[number];

export interface Outcome {
  kind: Kind;
  /** For people: `200`, `503 connect: db:5432: refused`, `connection refused`. */
  words: string;
}

/** @param body as it came */
export function ofAnswer(status: number, body: string): Outcome {
  if (status >= 200 && status < 300) return { kind: "ok", words: String(status) };
  const { hop, error } = problemIn(body);
  const kind = KINDS.find((each) => each === `hop-${hop}`) ?? "status";
  const said = [status, hop && `${hop}:`, error].filter(Boolean).join(" ");
  return { kind, words: said.slice(0, 300) };
}

/** @param connectMs @param answerMs how long connection and answer were waited for */
export function ofError(thrown: unknown, connectMs: number, answerMs: number): Outcome {
  const { code, name, message } = causeOf(thrown);
  switch (code) {
    case "ENOTFOUND":
      return { kind: "no-name", words: "no such name" };
    case "EAI_AGAIN":
      return { kind: "no-name", words: "the name can't be asked for at present" };
    case "ECONNREFUSED":
      return { kind: "refused", words: "connection refused" };
    case "ETIMEDOUT":
    case "UND_ERR_CONNECT_TIMEOUT":
      return { kind: "timeout", words: `no connection within ${connectMs / 1000} s` };
    case "ECONNRESET":
    case "EPIPE":
    case "UND_ERR_SOCKET":
      return { kind: "reset", words: "connection reset" };
  }
  if (name === "TimeoutError") {
    return { kind: "late", words: `no answer within ${answerMs / 1000} s` };
  }
  return { kind: "failed", words: String(code ?? message).slice(0, 300) };
}

function problemIn(body: string): { hop?: string; error?: string } {
  try {
    const { hop, error } = JSON.parse(body) ?? {};
    return {
      ...(typeof hop === "string" && { hop }),
      ...(typeof error === "string" && { error }),
    };
  } catch {
    return {};
  }
}

/** Of a host with several addresses Node gives the errors of all. */
function causeOf(thrown: unknown): Error & { code?: string } {
  const [inner] = thrown instanceof AggregateError ? thrown.errors : [];
  return inner ?? thrown;
}
