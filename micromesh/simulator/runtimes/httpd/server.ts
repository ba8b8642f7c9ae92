import { once } from "node:events";
import http from "node:http";
import type net from "node:net";
import type { HeaderLines } from "../reverse-proxy.ts";
import { formatEntry } from "./access-log.ts";
import { bannerOf } from "./banner.ts";
import { clientRequest, plain } from "./client-request.ts";
import type { AccessLog, HttpdConfig, ListenAddress, Server } from "./config.ts";
import { errorLine, isLogged } from "./error-log.ts";
import { errorPage, signature } from "./error-page.ts";
import { Exchange } from "./exchange.ts";
import { type FailureAnswer, Gateway } from "./gateway.ts";
import { sendFile, sendStatus } from "./handlers.ts";
import type { LogFiles } from "./log-files.ts";
import { type Mapped, mapRequest } from "./mapper.ts";
import { type ClientRequest, selectServer } from "./request.ts";
import { editHeaders } from "./response-headers.ts";
import { fileFacts } from "./static-files.ts";

export interface ServerOptions {
  /** `2.4.65`. */
  version: string;
  /** The host's name, where no ServerName is set. */
  hostname: string;
  logs: LogFiles;
}

/** A port that couldn't be opened, in httpd's words. */
export class ListenError extends Error {}

/** httpd: listens where the configuration says and answers until `stop`. */
export class HttpdServer {
  private readonly config: HttpdConfig;
  private readonly options: ServerOptions;
  private readonly banner: string;
  private readonly gateway: Gateway;
  private readonly servers: http.Server[] = [];
  /** Requests served so far on each connection. */
  private readonly served = new WeakMap<net.Socket, number>();
  private stopping = false;

  constructor(config: HttpdConfig, options: ServerOptions) {
    this.config = config;
    this.options = options;
    this.banner = bannerOf(config.tokens, options.version);
    this.gateway = new Gateway(`Apache/${options.version}`);
  }

  /** The addresses bound, in the order of the Listen lines. @throws ListenError */
  async start(): Promise<net.AddressInfo[]> {
    const bound: net.AddressInfo[] = [];
    for (const address of this.config.listen) {
      const server = this.createServer();
      try {
        server.listen({ port: address.port, host: address.host });
        await once(server, "listening");
      } catch (error) {
        await this.stop();
        throw listenError(address, error as NodeJS.ErrnoException);
      }
      this.servers.push(server);
      bound.push(server.address() as net.AddressInfo);
    }
    return bound;
  }

  /** Stops listening, lets requests under way finish, then closes everything. */
  async stop(): Promise<void> {
    this.stopping = true;
    // Closes idle connections too; those in use end with their response.
    await Promise.all(
      this.servers.map((server) => new Promise((resolve) => server.close(resolve))),
    );
    this.gateway.close();
  }

  /** Writes to the main server's error log. */
  log(module: string, level: string, message: string): void {
    this.writeError(this.config.main, module, level, message);
  }

  private createServer(): http.Server {
    const server = http.createServer(
      {
        keepAliveTimeout: this.config.keepAliveTimeoutMs,
        requestTimeout: 0,
        headersTimeout: this.config.main.timeoutMs,
        requireHostHeader: false,
      },
      (incoming, outgoing) => void this.handle(incoming, outgoing),
    );
    server.on("clientError", (_error, socket) => {
      if (!socket.writable) return void socket.destroy();
      socket.end(this.badRequest(socket as net.Socket), "latin1");
    });
    return server;
  }

  /** The answer to what can't be read as a request: the address's default server gives it. */
  private badRequest(socket: net.Socket): string {
    const local = { address: plain(socket.localAddress), port: socket.localPort ?? 0 };
    const { name, admin, defaults } = selectServer(this.config, local, undefined);
    const self = { name: name ?? this.options.hostname, port: local.port };
    const body = errorPage({
      status: 400,
      method: "",
      admin,
      signature: signature(defaults.signature, this.banner, self.name, self.port, admin),
    });
    const lines: HeaderLines = [
      ["Date", new Date().toUTCString()],
      ["Server", this.banner],
      ["Content-Length", String(body.length)],
      ["Connection", "close"],
      ["Content-Type", "text/html; charset=iso-8859-1"],
    ];
    const context = { env: new Map(), requestHeaders: [], startedMicros: 0, elapsedMicros: 0 };
    const own = editHeaders([], defaults.alwaysHeaders, context);
    const head = [...own, ...lines].map(([key, value]) => `${key}: ${value}\r\n`).join("");
    return `HTTP/1.1 400 Bad Request\r\n${head}\r\n${body}`;
  }

  private async handle(incoming: http.IncomingMessage, outgoing: http.ServerResponse) {
    const { socket } = incoming;
    const keepAlives = this.served.get(socket) ?? 0;
    this.served.set(socket, keepAlives + 1);
    const request = clientRequest(incoming);
    const mapped = mapRequest(this.config, request, {
      file: fileFacts,
      hostname: this.options.hostname,
      banner: this.banner,
      now: new Date(),
    });
    const exchange = new Exchange(incoming, outgoing, request, mapped, {
      config: this.config,
      banner: this.banner,
      keepAlives,
      mayPersist: () => !this.stopping,
    });
    outgoing.on("close", () => this.logAccess(exchange));
    if (request.protocol === "HTTP/1.1" && request.header("host") === undefined)
      return exchange.sendPage(400);
    const failure = await this.act(exchange);
    if (failure) await this.answerFailure(exchange, failure);
  }

  /** Carries out what was decided; a failure is still to be answered. */
  private async act(exchange: Exchange, status?: number): Promise<FailureAnswer | undefined> {
    const { action, server } = exchange.mapped;
    switch (action.kind) {
      case "status":
        if (action.location === undefined) return { status: action.status };
        exchange.sendPage(action.status, { location: action.location });
        return undefined;
      case "proxy":
        return await this.gateway.forward(exchange, action.backend, {
          serverName: server.name ?? this.options.hostname,
          log: (module, message, system) =>
            this.writeError(server, module, "error", message, exchange.request, system),
          status,
        });
      case "handler":
        return sendStatus(exchange, this.banner);
      case "file":
        return sendFile(exchange, action.path, this.config.modules, status);
    }
  }

  /** An error of our own: the ErrorDocument for it, else the page. */
  private async answerFailure(exchange: Exchange, failure: FailureAnswer): Promise<void> {
    if (failure.cut) return exchange.cut();
    const { status } = failure;
    const document = exchange.mapped.scope.errorDocuments.get(status);
    if (document?.kind === "text" && document.value !== "")
      return exchange.sendPage(status, { reason: failure.reason, body: document.value });
    if (document?.kind === "url") return exchange.sendPage(302, { location: document.value });
    if (document?.kind === "path") {
      const before = exchange.mapped;
      exchange.mapped = this.remap(exchange, document.value);
      if (!(await this.act(exchange, status))) return;
      exchange.mapped = before;
    }
    exchange.sendPage(status, failure);
  }

  private remap(exchange: Exchange, target: string): Mapped {
    return mapRequest(
      this.config,
      { ...exchange.request, method: "GET", target },
      {
        file: fileFacts,
        hostname: this.options.hostname,
        banner: this.banner,
        now: new Date(),
      },
    );
  }

  private logAccess(exchange: Exchange): void {
    const { mapped, request, outgoing } = exchange;
    const logs = mapped.server.accessLogs.filter((log) => logs_(log, mapped.env));
    for (const log of logs) {
      const line = formatEntry(log.format, {
        method: request.method,
        target: request.target,
        protocol: request.protocol,
        uri: mapped.uri,
        query: mapped.query,
        remoteAddress: request.remoteAddress,
        remotePort: request.remotePort,
        localAddress: request.localAddress,
        localPort: request.localPort,
        serverName: mapped.server.name ?? this.options.hostname,
        hostname: mapped.self.name,
        serverPort: mapped.self.port,
        requestHeaders: exchange.headers,
        responseHeaders: exchange.sent,
        env: mapped.env,
        status: exchange.status || 502,
        bytes: exchange.bytes,
        started: exchange.started,
        elapsedMicros: exchange.elapsedMicros,
        keepAlives: exchange.keepAlives,
        connection:
          !outgoing.writableEnded && !exchange.complete
            ? "X"
            : outgoing.shouldKeepAlive
              ? "+"
              : "-",
        handler: mapped.action.kind === "proxy" ? "proxy-server" : "-",
        pid: process.pid,
      });
      this.options.logs.write(log.target, `${line}\n`);
    }
  }

  private writeError(
    server: Server,
    module: string,
    level: string,
    message: string,
    request?: ClientRequest,
    system?: string,
  ): void {
    if (!isLogged(level, server.logLevel)) return;
    const client = request && `${request.remoteAddress}:${request.remotePort}`;
    const facts = { at: new Date(), pid: process.pid, client, system };
    this.options.logs.write(server.errorLog, errorLine(module, level, message, facts));
  }
}

function logs_(log: AccessLog, env: ReadonlyMap<string, string>): boolean {
  return !log.condition || env.has(log.condition.name) === log.condition.set;
}

function listenError(address: ListenAddress, error: NodeJS.ErrnoException): ListenError {
  const reasons: Record<string, string> = {
    EADDRINUSE: "(98)Address already in use",
    EACCES: "(13)Permission denied",
    EADDRNOTAVAIL: "(99)Cannot assign requested address",
  };
  const where = `${address.host ?? "[::]"}:${address.port}`;
  return new ListenError(
    `${reasons[error.code ?? ""] ?? error.message}: AH00072: make_sock: could not bind to address ${where}\n` +
      "no listening sockets available, shutting down\nAH00015: Unable to open logs",
  );
}
