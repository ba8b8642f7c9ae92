import { once } from "node:events";
import http from "node:http";
import type net from "node:net";
import type { Duplex } from "node:stream";
import { type Balancer, roundRobin } from "../../../traffic/index.ts";
import {
  type ForwardFailure,
  forward,
  hasBody,
  headerLines,
  type Upstream,
} from "../reverse-proxy.ts";
import { forwardedHeaders, isWebSocket } from "./forwarded.ts";
import { matchRoutes, type Route, type RouteBackend, sanitizePath } from "./router.ts";
import { passUpgrade } from "./upgrade.ts";

/** A pod that serves, by address. */
export interface Endpoint {
  host: string;
  port: number;
}

/** One request, when it's over; for an access log. */
export interface IngressEntry {
  clientAddress: string;
  method: string;
  host: string;
  path: string;
  status: number;
  /** Of the response's body. */
  bytes: number;
  durationMs: number;
  route?: Route;
  endpoint?: Endpoint;
  failure?: ForwardFailure;
}

export interface IngressOptions {
  /** 0 takes any free port. */
  port: number;
  /** Address to listen on; every one if not given. */
  host?: string;
  /** Calls the listener with the routes at once and whenever they change; gives the way to stop that. */
  routes: (listener: (routes: readonly Route[]) => void) => () => void;
  /**
   * The ready endpoints of a Service's port, asked for each request; empty if there are none,
   * undefined if there is no such Service or port (Traefik makes no route for that).
   */
  endpoints: (
    namespace: string,
    service: string,
    port: number | string,
  ) => readonly Endpoint[] | undefined;
  /** For X-Forwarded-Server. */
  hostname: string;
  /** `serversTransport.forwardingTimeouts.dialTimeout`; 30 s in Traefik. */
  dialTimeoutMs?: number;
  onEntry?: (entry: IngressEntry) => void;
}

export interface Ingress {
  port: number;
  /** Stops listening, lets requests under way finish for `graceMs` (10 s), then cuts them. */
  close(graceMs?: number): Promise<void>;
}

const DIAL_TIMEOUT_MS = 30_000;
const IDLE_TIMEOUT_MS = 90_000;

/**
 * An ingress controller that answers as Traefik v3 does: 404 without a route, 503 without an
 * endpoint, 502 and 504 for endpoints that fail. Pods are dialled directly, in turn. Routes may
 * change at any time; a request keeps the one it was given.
 *
 * @throws the system's error if the port can't be opened.
 */
export async function startIngress(options: IngressOptions): Promise<Ingress> {
  const controller = new Controller(options);
  const server = http.createServer(
    { requireHostHeader: false, requestTimeout: 0 },
    (request, response) => void controller.serve(request, response),
  );
  server.on("upgrade", (request, socket, head) => void controller.upgrade(request, socket, head));
  server.listen({ port: options.port, host: options.host });
  try {
    await once(server, "listening");
  } catch (error) {
    controller.close();
    throw error;
  }
  return {
    port: (server.address() as net.AddressInfo).port,
    async close(graceMs = 10_000) {
      const closed = new Promise((resolve) => server.close(resolve));
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      controller.cutUpgrades();
      await closed;
      clearTimeout(cut);
      controller.close();
    },
  };
}

class Controller {
  private readonly options: IngressOptions;
  private readonly agent = new http.Agent({
    keepAlive: true,
    scheduling: "lifo",
    timeout: IDLE_TIMEOUT_MS,
  });
  private readonly unsubscribe: () => void;
  private readonly upgraded = new Set<Duplex>();
  /** By backend. */
  private readonly balancers = new Map<string, Balancer>();
  private routes: readonly Route[] = [];

  constructor(options: IngressOptions) {
    this.options = options;
    this.unsubscribe = options.routes((routes) => {
      this.routes = routes;
    });
  }

  close(): void {
    this.unsubscribe();
    this.agent.destroy();
    this.cutUpgrades();
  }

  cutUpgrades(): void {
    for (const socket of this.upgraded) socket.destroy();
  }

  async serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const started = performance.now();
    const target = targetOf(request);
    const found = this.choose(request.headers.host, target.path);
    let failure: ForwardFailure | undefined;
    let bytes = 0;
    if (!found.endpoint) bytes = answer(response, request.method, found.status, found.text, true);
    else {
      const upstream = this.upstream(request, found.endpoint, target.full);
      const result = await forward(request, response, upstream, {
        agent: this.agent,
        connectTimeoutMs: this.options.dialTimeoutMs ?? DIAL_TIMEOUT_MS,
        onBytes: (count) => {
          bytes += count;
        },
        onHead: (head) => {
          // Node's own keep-alive headers would tell a client about this process, not Traefik. That a
          // connection ends with this answer any server says (RFC 9112, section 9.6).
          if (response.shouldKeepAlive) response.removeHeader("connection");
          return head;
        },
      });
      if (!result.ok) {
        failure = result.failure;
        if (!result.headersSent && failure.kind !== "client-gone")
          bytes = answer(response, request.method, statusOf(failure), textOf(failure), false);
      }
    }
    this.options.onEntry?.({
      clientAddress: addressOf(request),
      method: request.method ?? "",
      host: request.headers.host ?? "",
      path: target.full,
      status: failure?.kind === "client-gone" ? 499 : response.statusCode,
      bytes,
      durationMs: performance.now() - started,
      route: found.route,
      endpoint: found.endpoint,
      failure,
    });
  }

  async upgrade(request: http.IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on("error", () => socket.destroy());
    const refuse = (status: number, text: string) =>
      socket.end(
        `HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
          `Content-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`,
      );
    // Node hands over every upgrade before its body, h2c's too: a body can't be told from the protocol.
    if (hasBody(request)) return void refuse(400, "Bad Request");
    const target = targetOf(request);
    const found = this.choose(request.headers.host, target.path);
    if (!found.endpoint) return void refuse(found.status, found.text);
    this.upgraded.add(socket);
    socket.on("close", () => this.upgraded.delete(socket));
    const upstream = this.upstream(request, found.endpoint, target.full);
    const timeout = this.options.dialTimeoutMs ?? DIAL_TIMEOUT_MS;
    const failure = await passUpgrade(socket, head, upstream, timeout);
    if (failure && socket.writable) refuse(statusOf(failure), textOf(failure));
  }

  private choose(
    host: string | undefined,
    path: string,
  ): { route?: Route; endpoint?: Endpoint; status: number; text: string } {
    for (const route of matchRoutes(this.routes, host, path)) {
      const { namespace, service, port } = route.backend;
      const endpoints = this.options.endpoints(namespace, service, port);
      // A route to a Service or port that isn't there is none: the next one that matches serves.
      if (!endpoints) continue;
      const endpoint = this.next(route.backend, endpoints);
      return endpoint
        ? { route, endpoint, status: 200, text: "" }
        : { route, status: 503, text: "no available server\n" };
    }
    return { status: 404, text: "404 page not found\n" };
  }

  private next(backend: RouteBackend, endpoints: readonly Endpoint[]): Endpoint | undefined {
    const key = `${backend.namespace}/${backend.service}:${backend.port}`;
    const balancer = this.balancers.get(key) ?? roundRobin();
    this.balancers.set(key, balancer);
    const members = endpoints.map((endpoint) => ({
      id: `${endpoint.host}:${endpoint.port}`,
      endpoint,
    }));
    return balancer.pick(members)?.endpoint;
  }

  private upstream(request: http.IncomingMessage, endpoint: Endpoint, path: string): Upstream {
    const lines = headerLines(request.rawHeaders);
    const headers = forwardedHeaders(lines, {
      clientAddress: addressOf(request),
      hostname: this.options.hostname,
      websocket: isWebSocket(lines),
    });
    return { ...endpoint, method: request.method ?? "GET", path, headers };
  }
}

function addressOf(request: http.IncomingMessage): string {
  return (request.socket.remoteAddress ?? "").replace(/^::ffff:/i, "");
}

function targetOf(request: http.IncomingMessage): { path: string; full: string } {
  const url = (request.url ?? "/").replace(/^http:\/\/[^/?]*/i, "");
  const mark = url.indexOf("?");
  const path = sanitizePath(mark < 0 ? url : url.slice(0, mark));
  return { path, full: path + (mark < 0 ? "" : url.slice(mark)) };
}

/** ComputeStatusCode in pkg/proxy/httputil: 504 for what timed out, 502 for other network errors. */
function statusOf(failure: ForwardFailure): number {
  if (failure.kind === "connect-timeout" || failure.kind === "response-timeout") return 504;
  return failure.kind === "bad-response" || failure.kind === "bad-request" ? 500 : 502;
}

function textOf(failure: ForwardFailure): string {
  return http.STATUS_CODES[statusOf(failure)] ?? "";
}

/** An answer of its own; `plain` ones are Go's http.Error, which forbids sniffing. */
function answer(
  response: http.ServerResponse,
  method: string | undefined,
  status: number,
  text: string,
  plain: boolean,
): number {
  const headers: [string, string][] = [["Content-Type", "text/plain; charset=utf-8"]];
  if (plain) headers.push(["X-Content-Type-Options", "nosniff"]);
  headers.push(["Content-Length", String(text.length)]);
  response.writeHead(status, headers.flat());
  response.end(text);
  return method === "HEAD" ? 0 : text.length;
}
