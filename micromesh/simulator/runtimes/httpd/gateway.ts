import http from "node:http";
import { type ForwardFailure, forward, type HeaderLines, headerValue } from "../reverse-proxy.ts";
import { backendHeaders, type Introduction, withVia } from "./backend-request.ts";
import { findWorker } from "./compile-proxy.ts";
import type { Worker } from "./config.ts";
import { proxyNotes } from "./error-page.ts";
import type { Exchange } from "./exchange.ts";
import type { Backend } from "./proxy-mapping.ts";
import { selfUrl } from "./request.ts";
import { editHeaders } from "./response-headers.ts";
import { reverseHeaders } from "./reverse-mapping.ts";

/** How mod_proxy answers a failure; `cut` closes the client's connection instead. */
export interface FailureAnswer {
  status: number;
  /** mod_proxy's own title and reason; absent for the plain page of the status. */
  reason?: string;
  notes?: string;
  /** For 405. */
  allow?: string;
  cut?: boolean;
}

/**
 * What httpd 2.4 answers (mod_proxy_http.c, proxy_util.c): no connection, for whatever reason,
 * 503; no such name, 500; no answer or a broken one, also one too late, 502. On a connection that
 * has served a request before, a backend's closing is passed on by closing too, so that the client
 * may send its request again.
 */
export function failureAnswer(
  failure: ForwardFailure,
  backend: Backend,
  keepAlives: number,
): FailureAnswer {
  const proxyError = (status: number, message: string): FailureAnswer => ({
    status,
    reason: "Proxy Error",
    notes: proxyNotes(message),
  });
  switch (failure.kind) {
    case "name":
      return proxyError(500, `DNS lookup failure for: ${backend.host}`);
    case "refused":
    case "unreachable":
    case "connect-timeout":
      return { status: 503 };
    case "reset-before-headers":
      if (keepAlives > 0) return { status: 502, cut: true };
      return proxyError(502, "Error reading from remote server");
    case "response-timeout":
    case "bad-response":
      return proxyError(502, "Error reading from remote server");
    case "bad-request":
      return { status: 400 };
    case "broken-response":
    case "client-gone":
      return { status: 502, cut: true };
  }
}

type Log = (module: string, message: string, system?: string) => void;

/** Forwards requests to backends, with a pool of idle connections for each worker that reuses. */
export class Gateway {
  private readonly pools = new Map<string, http.Agent>();
  private readonly single = new http.Agent({ keepAlive: false });
  private readonly banner: string;

  constructor(banner: string) {
    this.banner = banner;
  }

  close(): void {
    for (const pool of this.pools.values()) pool.destroy();
    this.single.destroy();
  }

  /** Resolves with the status of a response that the error page is still to be made for. */
  async forward(
    exchange: Exchange,
    backend: Backend,
    options: { serverName: string; log: Log; status?: number },
  ): Promise<FailureAnswer | undefined> {
    const { mapped, request } = exchange;
    const { server, scope, self } = mapped;
    const worker = findWorker(server.workers, backend.url);
    const limit = worker?.timeoutMs ?? server.proxyTimeoutMs ?? server.timeoutMs;
    const lines = editHeaders(exchange.headers, scope.requestHeaders, exchange.editContext());
    const hops = hopsLeft(lines);
    if (hops === "none")
      return {
        status: 400,
        reason: "Proxy Error",
        notes: proxyNotes("Max-Forwards has reached zero - proxy loop?"),
      };
    const introduction: Introduction = {
      remoteAddress: request.remoteAddress,
      serverName: options.serverName,
      self,
      protocol: request.protocol,
      reuse: worker?.reuse === true,
      banner: this.banner,
    };
    const headers = backendHeaders(hops ?? lines, backend, server, scope, introduction);
    let overridden = 0;
    const result = await forward(
      exchange.incoming,
      exchange.outgoing,
      {
        host: backend.host,
        port: backend.port,
        method: request.method,
        path: backend.path,
        headers,
      },
      {
        agent: this.agent(worker),
        connectTimeoutMs: worker?.connectTimeoutMs ?? limit,
        responseTimeoutMs: limit,
        idleTimeoutMs: limit,
        onBytes: (count) => {
          exchange.bytes += count;
        },
        onHead: (head) => {
          if (scope.errorOverride?.(head.status)) {
            overridden = head.status;
            return undefined;
          }
          const kept = head.headers.filter(([name]) => !/^proxy-authenticate$/i.test(name));
          const mine = exchange.regularHead(
            options.status ?? head.status,
            withVia(reverseHeaders(kept, scope, selfUrl(self)), server, {
              ...introduction,
              protocol: "HTTP/1.1",
            }),
          );
          return { status: options.status ?? head.status, reason: head.reason, headers: mine };
        },
      },
    );
    if (result.ok) return result.handled ? undefined : { status: overridden };
    this.report(result.failure, backend, mapped.uri, options.log);
    if (result.headersSent) return undefined;
    return failureAnswer(result.failure, backend, exchange.keepAlives);
  }

  private agent(worker: Worker | undefined): http.Agent {
    if (!worker?.reuse) return this.single;
    let pool = this.pools.get(worker.url);
    if (!pool) {
      pool = new http.Agent({ keepAlive: true, scheduling: "lifo", timeout: 60_000 });
      this.pools.set(worker.url, pool);
    }
    return pool;
  }

  /** The lines that httpd writes, with the numbers people look for. */
  private report(failure: ForwardFailure, backend: Backend, uri: string, log: Log): void {
    const place = `${backend.host}:${backend.port}`;
    const system: Record<string, string> = {
      refused: "(111)Connection refused",
      unreachable: "(113)No route to host",
      "connect-timeout": "(110)Connection timed out",
      "response-timeout": "(70007)The timeout specified has expired",
      "reset-before-headers": "(104)Connection reset by peer",
      "bad-response": "(20014)Internal error (specific information not available)",
      name: "(EAI 2)Name or service not known",
    };
    const cause = system[failure.kind];
    switch (failure.kind) {
      case "refused":
      case "unreachable":
      case "connect-timeout":
        log(
          "proxy",
          `AH00957: http: attempt to connect to ${place} (${backend.host}:${backend.port}) failed`,
          cause,
        );
        log("proxy_http", `AH01114: HTTP: failed to make connection to backend: ${backend.host}`);
        return;
      case "name":
        log("proxy", `AH00898: DNS lookup failure for: ${backend.host} returned by ${uri}`, cause);
        return;
      case "response-timeout":
      case "reset-before-headers":
      case "bad-response":
        log("proxy_http", `AH01102: error reading status line from remote server ${place}`, cause);
        log("proxy", `AH00898: Error reading from remote server returned by ${uri}`);
        return;
      case "broken-response":
        log("proxy_http", `AH01110: error reading response`);
        return;
      case "bad-request":
      case "client-gone":
        return;
    }
  }
}

/** Max-Forwards, counted down; `none` when it has run out. */
function hopsLeft(lines: HeaderLines): HeaderLines | "none" | undefined {
  const value = headerValue(lines, "max-forwards");
  if (value === undefined) return undefined;
  const left = Number(value);
  if (!Number.isInteger(left) || left <= 0) return "none";
  return lines.map(([name, each]) => [
    name,
    /^max-forwards$/i.test(name) ? String(left - 1) : each,
  ]);
}
