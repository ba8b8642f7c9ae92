import type { Failure } from "../../../stacks/outputs.ts";

/** The peer ended the connection in order (FIN) before it had answered. */
export class ClosedEarly extends Error {
  override name = "ClosedEarly";
}

/** The time of the request was up. */
export class TimeIsUp extends Error {
  override name = "TimeIsUp";
}

const byCode: Record<string, Failure> = {
  ECONNREFUSED: "refused",
  ETIMEDOUT: "timeout",
  // A query (dns.resolve…) that no name server answered.
  ETIMEOUT: "timeout",
  ECONNRESET: "reset",
  ECONNABORTED: "reset",
  // Linux sets EPIPE, not ECONNRESET, when a reset comes after the peer's FIN (tcp_reset() in
  // CLOSE_WAIT): the peer had closed in order, and only our late write was reset.
  EPIPE: "closed",
  ENOTFOUND: "no-such-name",
  ENODATA: "no-such-name",
  EAI_NODATA: "no-such-name",
  EAI_NONAME: "no-such-name",
  // HTTP's parser: the connection was ended in the middle of the status line or the headers.
  HPE_INVALID_EOF_STATE: "closed",
};

/**
 * EAI_AGAIN sooner than this is a name server's answer (SERVFAIL) or its refusal; later, its silence:
 * no resolver gives up on a silent server in less than its shortest timeout, one second
 * (resolv.conf(5), `timeout`).
 */
const resolverPatienceMs = 1000;

const unanswerable: Record<string, string> = {
  EAI_AGAIN: "the name server failed (EAI_AGAIN): look at CoreDNS, and at the pod's resolv.conf",
  ESERVFAIL: "the name server failed (SERVFAIL): look at CoreDNS' log and its Corefile",
  EREFUSED:
    "the name server refused the query (REFUSED): look at Cilium's DNS rules and the Corefile",
  EHOSTUNREACH: "no route to the host (EHOSTUNREACH): its pod has just gone, or a firewall rejects",
  ENETUNREACH: "no route to the network (ENETUNREACH): the client has no address of that family",
};

interface SystemError extends Error {
  code?: string;
  syscall?: string;
}

/**
 * How a request failed, as a probe may expect it.
 * Unreachable hosts and networks, broken name servers and answers that aren't HTTP have no name among
 * the failures: no policy of a mesh or a cluster gives them, so taking them for one would let a probe
 * pass for the wrong reason.
 * @param afterMs when it failed, from the start of the request
 * @throws Error in one line for everything that isn't such a failure: the probe couldn't be run
 */
export function failureOf(error: unknown, afterMs: number): Failure {
  if (error instanceof TimeIsUp) return "timeout";
  if (error instanceof ClosedEarly) return "closed";
  const cause = lastAddressTried(error as SystemError);
  const code = cause.code ?? "";
  // Node calls an end without an answer `socket hang up` (or `aborted`) and gives it the code of a
  // reset; only a real reset comes from a system call.
  if (code === "ECONNRESET" && cause.syscall === undefined) return "closed";
  if (code === "EAI_AGAIN" && afterMs >= resolverPatienceMs) return "timeout";
  const failure = byCode[code];
  if (failure) return failure;
  if (code.startsWith("HPE_"))
    throw new Error(`the answer isn't HTTP/1.1 (${code}): is the port that of an HTTP server?`);
  throw new Error(unanswerable[code] ?? cause.message);
}

/**
 * A host with several addresses fails once for each (AggregateError). The last one counts, as it does
 * for an application, but addresses of a family that the client doesn't have are not worth a word.
 */
function lastAddressTried(error: SystemError): SystemError {
  if (!(error instanceof AggregateError)) return error;
  const errors: SystemError[] = error.errors;
  const reachable = errors.filter(({ code }) => code !== "ENETUNREACH" && code !== "EADDRNOTAVAIL");
  return reachable.at(-1) ?? errors.at(-1) ?? error;
}
