import http from "node:http";
import type net from "node:net";
import { isIdempotent } from "../../traffic/index.ts";

/** Why an upstream gave no answer; each proxy turns it into its own status and text. */
export type FailureKind =
  /** The upstream's name doesn't resolve. */
  | "name"
  /** Nothing listens there (RST to the SYN). */
  | "refused"
  /** No route to the host or network. */
  | "unreachable"
  /** The connection wasn't made in time. */
  | "connect-timeout"
  /** The connection was made, and no answer began in time. */
  | "response-timeout"
  /** The connection ended before the answer's headers were complete. */
  | "reset-before-headers"
  /** What came back isn't HTTP. */
  | "bad-response"
  /** The answer broke off after its headers had been passed on; the client's connection is broken too. */
  | "broken-response"
  /** The client went away; there is nobody left to answer. */
  | "client-gone"
  /** The request can't be sent: a header or path that HTTP doesn't allow. */
  | "bad-request";

/** A failure to forward, with the system's error beneath it. */
export interface ForwardFailure {
  kind: FailureKind;
  /** The system's code (`ECONNREFUSED`, `ENOTFOUND`, ...) or the parser's; empty when a timer fired. */
  code: string;
  message: string;
}

/** Header lines in their order, names as they were written. */
export type HeaderLines = [name: string, value: string][];

export interface Upstream {
  host: string;
  port: number;
  method: string;
  /** Path with query, as it goes on the request line. */
  path: string;
  /** Complete: `Host` included, hop-by-hop headers left out (see `endToEnd`). */
  headers: HeaderLines;
}

/** The answer's head as the client is to see it. */
export interface ResponseHead {
  status: number;
  reason: string;
  headers: HeaderLines;
}

export interface ForwardOptions {
  agent: http.Agent;
  /** For name and TCP connection together; 0 or undefined waits as long as the system does. */
  connectTimeoutMs?: number;
  /** From the last byte sent to the first of the answer; 0 or undefined waits for ever. */
  responseTimeoutMs?: number;
  /** Longest silence within the answer's body; 0 or undefined waits for ever. */
  idleTimeoutMs?: number;
  /**
   * Rewrites the head before it goes to the client. `undefined` discards the upstream's answer and
   * leaves the client's response to the caller.
   */
  onHead?: (head: ResponseHead) => ResponseHead | undefined;
  /** Bytes of the body that were sent on, for access logs. */
  onBytes?: (count: number) => void;
}

export type ForwardResult =
  | { ok: true; status: number; handled: boolean }
  | { ok: false; failure: ForwardFailure; headersSent: boolean };

/** Headers of one connection only: RFC 9110, 7.6.1. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Node's flat `rawHeaders` as pairs. */
export function headerLines(raw: readonly string[]): HeaderLines {
  const lines: HeaderLines = [];
  for (let at = 0; at + 1 < raw.length; at += 2)
    lines.push([raw[at] as string, raw[at + 1] as string]);
  return lines;
}

/** The first value of a header, whatever the case of its name. */
export function headerValue(lines: HeaderLines, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return lines.find(([key]) => key.toLowerCase() === wanted)?.[1];
}

/** The headers that may be passed on: not the hop-by-hop ones, nor those that `Connection` names. */
export function endToEnd(lines: HeaderLines): HeaderLines {
  const named = new Set<string>();
  for (const [name, value] of lines)
    if (name.toLowerCase() === "connection")
      for (const token of value.split(",")) named.add(token.trim().toLowerCase());
  return lines.filter(([name]) => {
    const key = name.toLowerCase();
    return !HOP_BY_HOP.has(key) && !named.has(key);
  });
}

/** Whether a request announces a body (RFC 9112, 6.3). */
export function hasBody(request: http.IncomingMessage): boolean {
  const length = request.headers["content-length"];
  return (
    request.headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0")
  );
}

/** Puts a system or parser error into the kind that proxies tell apart. */
export function classify(error: NodeJS.ErrnoException, sent: boolean): ForwardFailure {
  const code = error.code ?? "";
  const message = error.message || code;
  return { kind: kindOf(code, sent), code, message };
}

function kindOf(code: string, connected: boolean): FailureKind {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN" || code.startsWith("EAI_")) return "name";
  if (code === "ECONNREFUSED") return "refused";
  if (code === "EHOSTUNREACH" || code === "ENETUNREACH" || code === "EADDRNOTAVAIL")
    return "unreachable";
  if (code.startsWith("HPE_")) return "bad-response";
  if (code.startsWith("ERR_INVALID_") || code === "ERR_UNESCAPED_CHARACTERS") return "bad-request";
  if (code === "ETIMEDOUT") return connected ? "response-timeout" : "connect-timeout";
  return connected ? "reset-before-headers" : "unreachable";
}

/**
 * Sends `request` on to `upstream` and streams the answer into `response`, with backpressure both
 * ways. Never throws. If it fails before the head was sent, the response is untouched and the
 * caller writes its own error; after that the client's connection is broken, since half an answer
 * must not look like a whole one.
 *
 * A request is sent twice in one case only: an idle connection that the upstream closed while the
 * request was on its way, the method idempotent, and no body (RFC 9110, 9.2.2).
 */
export async function forward(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  upstream: Upstream,
  options: ForwardOptions,
): Promise<ForwardResult> {
  const first = await attempt(request, response, upstream, options);
  if (first !== "stale-connection") return first;
  const fresh = await attempt(request, response, upstream, { ...options, agent: unpooled });
  return fresh === "stale-connection" ? failed("reset-before-headers", "ECONNRESET") : fresh;
}

/** For the second try: never a pooled connection, which could be just as stale. */
const unpooled = new http.Agent({ keepAlive: false });

function failed(kind: FailureKind, message: string, headersSent = false): ForwardResult {
  return { ok: false, failure: { kind, code: "", message }, headersSent };
}

function attempt(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  upstream: Upstream,
  options: ForwardOptions,
): Promise<ForwardResult | "stale-connection"> {
  return new Promise((resolve) => {
    if (response.destroyed || response.socket?.destroyed)
      return resolve(failed("client-gone", "the client closed its connection"));
    let outgoing: http.ClientRequest;
    try {
      outgoing = http.request({
        host: upstream.host,
        port: upstream.port,
        method: upstream.method,
        path: upstream.path,
        headers: upstream.headers.flat() as unknown as http.OutgoingHttpHeaders,
        agent: options.agent,
        setHost: false,
      });
    } catch (error) {
      return resolve({ ok: false, failure: classify(error as Error, false), headersSent: false });
    }

    const body = hasBody(request);
    let connected = false;
    let settled = false;
    let timer: NodeJS.Timeout | undefined;
    let answer: http.IncomingMessage | undefined;

    const arm = (ms: number | undefined, kind: FailureKind, what: string) => {
      clearTimeout(timer);
      if (ms) timer = setTimeout(() => fail({ kind, code: "", message: what }), ms);
    };
    const settle = (result: ForwardResult | "stale-connection") => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      response.off("close", onClose);
      request.unpipe(outgoing);
      resolve(result);
    };
    const fail = (failure: ForwardFailure) => {
      if (settled) return;
      const headersSent = response.headersSent;
      settle({ ok: false, failure, headersSent });
      outgoing.destroy();
      if (headersSent) response.destroy();
    };
    const onClose = () => {
      if (response.writableFinished) return;
      fail({ kind: "client-gone", code: "", message: "the client closed its connection" });
    };
    const awaitAnswer = () =>
      arm(options.responseTimeoutMs, "response-timeout", "no answer in time");

    response.on("close", onClose);
    arm(options.connectTimeoutMs, "connect-timeout", "no connection in time");
    outgoing.on("socket", (socket: net.Socket) => {
      const onConnect = () => {
        connected = true;
        awaitAnswer();
      };
      if (socket.connecting) socket.once("connect", onConnect);
      else onConnect();
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      if (answer) return;
      const stale =
        outgoing.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
      if (stale && !body && isIdempotent(upstream)) return settle("stale-connection");
      fail(classify(error, connected));
    });
    outgoing.on("response", (incoming) => {
      answer = incoming;
      if (settled) return void incoming.destroy();
      relay(incoming);
    });
    // A 101 that nobody asked for: `Upgrade` is hop-by-hop and was not sent.
    outgoing.on("upgrade", (_incoming, socket) => {
      socket.destroy();
      fail({ kind: "bad-response", code: "", message: "unexpected upgrade" });
    });

    const relay = (incoming: http.IncomingMessage) => {
      const head: ResponseHead = {
        status: incoming.statusCode ?? 502,
        reason: incoming.statusMessage ?? "",
        headers: endToEnd(headerLines(incoming.rawHeaders)),
      };
      const shown = options.onHead ? options.onHead(head) : head;
      if (!shown) {
        clearTimeout(timer);
        incoming.resume();
        return settle({ ok: true, status: head.status, handled: false });
      }
      try {
        response.writeHead(shown.status, shown.reason, shown.headers.flat());
      } catch (error) {
        return fail({ ...classify(error as Error, true), kind: "bad-response" });
      }
      const listen = () =>
        arm(options.idleTimeoutMs, "broken-response", "the answer stopped half way");
      let wrote = false;
      listen();
      // Head and first bytes go out together where they come together, at once where they don't.
      setImmediate(() => {
        if (!wrote && !settled) response.flushHeaders();
      });
      incoming.on("data", (chunk: Buffer) => {
        wrote = true;
        options.onBytes?.(chunk.length);
        // Silence is counted only while the upstream is the slow one.
        if (response.write(chunk)) return listen();
        clearTimeout(timer);
        incoming.pause();
      });
      response.on("drain", () => {
        listen();
        incoming.resume();
      });
      const broken = (error?: NodeJS.ErrnoException) =>
        fail({
          kind: "broken-response",
          code: error?.code ?? "",
          message: "the answer broke off half way",
        });
      incoming.on("error", broken);
      incoming.on("aborted", () => broken());
      incoming.on("end", () => {
        if (!incoming.complete) return broken();
        response.end();
        settle({ ok: true, status: head.status, handled: true });
      });
    };

    if (!body) return void outgoing.end();
    request.on("data", () => {
      if (connected && !answer) awaitAnswer();
    });
    request.on("error", () =>
      fail({ kind: "client-gone", code: "", message: "the client broke off its request" }),
    );
    // `pipeline` would destroy the client's connection when the upstream fails; it is still to be
    // answered, so the pieces are joined by hand.
    request.pipe(outgoing);
  });
}
