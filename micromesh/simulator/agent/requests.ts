import diagnostics from "node:diagnostics_channel";
import http from "node:http";
import type { AcceptedSocket } from "./incoming.ts";
import { caller } from "./incoming.ts";
import type { RequestCount } from "./messages.ts";
import type { PodNetwork } from "./pod-network.ts";

const startedAt = Symbol("micromesh.startedAt");
type Response = http.ServerResponse & { [startedAt]?: number };

/** What Envoy's RBAC filter and Cilium's proxy answer to a denied request. */
const DENIALS = { mesh: "RBAC: access denied", cilium: "Access denied\r\n" };

/**
 * Stands where a sidecar's HTTP filters stand, but on the request that Node has parsed already:
 * judges it, counts it, and parses nothing twice.
 */
export function superviseRequests(network: PodNetwork, counts: RequestCounts): void {
  const emit = http.Server.prototype.emit as (
    this: http.Server,
    event: string,
    ...args: unknown[]
  ) => boolean;
  const supervised = new Set(["request", "checkContinue", "checkExpectation", "upgrade"]);

  http.Server.prototype.emit = function (this: http.Server, event: string, ...args: unknown[]) {
    if (!supervised.has(event)) return emit.call(this, event, ...args);
    const request = args[0] as http.IncomingMessage;
    const who = (request.socket as AcceptedSocket)[caller];
    if (event !== "upgrade") (args[1] as Response)[startedAt] = performance.now();
    const decision = who?.judge?.({
      method: request.method ?? "GET",
      path: request.url ?? "/",
      host: request.headers.host ?? "",
      headers: request.headers as Record<string, string>,
    });
    if (!who || !decision || decision.allowed) return emit.call(this, event, ...args);
    const source = network.callerName(who.hello);
    network.report("denied", network.key, who.port, decision.because, source);
    deny(event, args, DENIALS[decision.by ?? "mesh"]);
    return true;
  } as typeof http.Server.prototype.emit;

  diagnostics.subscribe("http.server.response.finish", (message) => {
    const { request, response } = message as { request: http.IncomingMessage; response: Response };
    const who = (request.socket as AcceptedSocket)[caller];
    const start = response[startedAt];
    if (!who || start === undefined || who.hello.bypassSidecar) return;
    counts.add(
      network.callerName(who.hello),
      who.hello.principal,
      response.statusCode,
      performance.now() - start,
    );
  });
}

function deny(event: string, args: unknown[], body: string): void {
  if (event === "upgrade") {
    const socket = args[1] as AcceptedSocket;
    socket.end(
      `HTTP/1.1 403 Forbidden\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
    );
    return;
  }
  const response = args[1] as http.ServerResponse;
  (args[0] as http.IncomingMessage).resume();
  response.writeHead(403, { "content-length": body.length, "content-type": "text/plain" });
  response.end(body);
}

/** Requests since the last report, by caller, status and identity. */
export class RequestCounts {
  private readonly counts = new Map<string, RequestCount>();

  add(source: string, principal: string | undefined, code: number, ms: number): void {
    const key = `${source}|${principal}|${code}`;
    let count = this.counts.get(key);
    if (!count) {
      count = {
        source,
        sourcePrincipal: principal ?? "unknown",
        responseCode: code,
        mtls: principal !== undefined,
        durations: [],
      };
      this.counts.set(key, count);
    }
    count.durations.push(Math.round(ms * 1000) / 1000);
  }

  /** Hands over what was counted and starts anew. */
  take(): RequestCount[] {
    const taken = [...this.counts.values()];
    this.counts.clear();
    return taken;
  }
}
