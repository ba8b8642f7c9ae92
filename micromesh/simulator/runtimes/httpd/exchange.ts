import type http from "node:http";
import { type HeaderLines, headerLines, headerValue } from "../reverse-proxy.ts";
import type { HttpdConfig } from "./config.ts";
import { errorPage, reasonOf, signature } from "./error-page.ts";
import type { Mapped } from "./mapper.ts";
import type { ClientRequest } from "./request.ts";
import { type EditContext, editHeaders } from "./response-headers.ts";

/** Statuses after which httpd closes the connection (ap_status_drops_connection). */
const DROPS_CONNECTION = new Set([400, 408, 411, 413, 414, 500, 501, 503]);

/** One request and its response: what was decided, and what has been sent. */
export class Exchange {
  readonly incoming: http.IncomingMessage;
  readonly outgoing: http.ServerResponse;
  readonly request: ClientRequest;
  readonly headers: HeaderLines;
  readonly started = new Date();
  readonly keepAlives: number;
  mapped: Mapped;
  status = 0;
  bytes = 0;
  /** All of the body has been handed over, though the stream may not have been closed yet. */
  complete = false;
  sent: HeaderLines = [];
  private readonly startedAt = process.hrtime.bigint();
  private readonly config: HttpdConfig;
  private readonly banner: string;
  private readonly mayPersist: () => boolean;

  constructor(
    incoming: http.IncomingMessage,
    outgoing: http.ServerResponse,
    request: ClientRequest,
    mapped: Mapped,
    options: {
      config: HttpdConfig;
      banner: string;
      keepAlives: number;
      /** Whether the server still wants more requests on its connections. */
      mayPersist: () => boolean;
    },
  ) {
    this.incoming = incoming;
    this.outgoing = outgoing;
    this.request = request;
    const host = request.header("host");
    this.headers = headerLines(incoming.rawHeaders).map(([name, value]) => [
      name,
      /^host$/i.test(name) ? (host ?? value) : value,
    ]);
    this.mapped = mapped;
    this.config = options.config;
    this.banner = options.banner;
    this.keepAlives = options.keepAlives;
    this.mayPersist = options.mayPersist;
  }

  get elapsedMicros(): number {
    return Number((process.hrtime.bigint() - this.startedAt) / 1000n);
  }

  editContext(): EditContext {
    return {
      env: this.mapped.env,
      requestHeaders: this.headers,
      startedMicros: this.started.getTime() * 1000,
      elapsedMicros: this.elapsedMicros,
    };
  }

  /**
   * The head of a response that was made or fetched in the regular way: both kinds of `Header`
   * apply, then Server, Date and the connection's own headers are added.
   */
  regularHead(status: number, lines: HeaderLines): HeaderLines {
    const { scope } = this.mapped;
    const context = this.editContext();
    const always = editHeaders([], scope.alwaysHeaders, context);
    return this.finish(status, [...always, ...editHeaders(lines, scope.responseHeaders, context)]);
  }

  /** The head of a page that httpd makes for an error or redirect: only `Header always` applies. */
  private errorHead(status: number, lines: HeaderLines): HeaderLines {
    const context = this.editContext();
    return this.finish(status, editHeaders(lines, this.mapped.scope.alwaysHeaders, context));
  }

  private finish(status: number, lines: HeaderLines): HeaderLines {
    const out: HeaderLines = [...lines];
    if (headerValue(out, "server") === undefined) out.unshift(["Server", this.banner]);
    if (headerValue(out, "date") === undefined) out.unshift(["Date", new Date().toUTCString()]);
    out.push(...this.connectionHeaders(status, out));
    this.status = status;
    this.sent = out;
    return out;
  }

  /** Node would name its own keep-alive; httpd answers only a client that asked in so many words. */
  private connectionHeaders(status: number, lines: HeaderLines): HeaderLines {
    this.outgoing.removeHeader("connection");
    const asked = (this.incoming.headers.connection ?? "").toLowerCase();
    const limit = this.config.maxKeepAliveRequests;
    const left = limit === 0 ? undefined : limit - this.keepAlives;
    // Without a length, HTTP/1.0 knows the end of a body only by the connection's.
    const measured =
      this.request.protocol !== "HTTP/1.0" || headerValue(lines, "content-length") !== undefined;
    const persists =
      measured &&
      this.mayPersist() &&
      this.config.keepAlive &&
      (left === undefined || left > 0) &&
      this.outgoing.shouldKeepAlive &&
      !DROPS_CONNECTION.has(status);
    if (!persists) return [["Connection", "close"]];
    if (!asked.includes("keep-alive")) return [];
    const timeout = Math.round(this.config.keepAliveTimeoutMs / 1000);
    const max = left === undefined ? "" : `, max=${left}`;
    return [
      ["Keep-Alive", `timeout=${timeout}${max}`],
      ["Connection", "Keep-Alive"],
    ];
  }

  /** Answers with one of httpd's own pages. */
  sendPage(
    status: number,
    details: {
      reason?: string;
      location?: string;
      notes?: string;
      body?: string;
      allow?: string;
    } = {},
  ): void {
    const { server, scope, self } = this.mapped;
    const page =
      details.body ??
      errorPage({
        status,
        reason: details.reason,
        method: this.request.method,
        location: details.location,
        admin: server.admin,
        notes: details.notes,
        signature: signature(scope.signature, this.banner, self.name, self.port, server.admin),
      });
    const body = status === 304 || status === 204 ? Buffer.alloc(0) : Buffer.from(page, "latin1");
    const lines: HeaderLines = [];
    if (details.location !== undefined) lines.push(["Location", details.location]);
    if (details.allow !== undefined) lines.push(["Allow", details.allow]);
    if (body.length > 0) {
      lines.push(["Content-Length", String(body.length)]);
      lines.push(["Content-Type", "text/html; charset=iso-8859-1"]);
    }
    const head = this.errorHead(status, lines);
    this.outgoing.writeHead(status, details.reason ?? reasonOf(status), head.flat());
    if (this.request.method !== "HEAD") this.bytes = body.length;
    this.outgoing.end(body);
  }

  /** Cuts the client's connection without an answer. */
  cut(): void {
    this.outgoing.destroy();
  }
}
