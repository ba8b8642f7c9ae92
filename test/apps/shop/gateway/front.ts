/** A gateway on a real socket, with small replicas behind it and a directory that tests fill. */
import { createServer, type IncomingHttpHeaders, request, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { buffer, text } from "node:stream/consumers";
import { createService } from "../../../../apps/runtime/http/service.ts";
import type { Directory, Replica } from "../../../../apps/shop/gateway/directory.ts";
import { Metrics } from "../../../../apps/shop/gateway/metrics.ts";
import { gatewayRoutes } from "../../../../apps/shop/gateway/routes.ts";
import { createUpstream, type Upstream } from "../../../../apps/shop/gateway/upstream.ts";
import { servicesIn, shopSettings } from "../../../../apps/shop/settings.ts";
import type { Started } from "../../counter/servers.ts";
import { serve } from "../runtime/world.ts";

/** A request as a replica has got it. */
export interface Got {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** By the test's clock. */
  at: number;
}

export interface FakeReplica extends Replica {
  got: Got[];
  /** Answers a request; default: 200 with the replica's id. */
  respond: (response: ServerResponse, got: Got) => unknown;
}

/** Starts a replica that keeps what it gets, and answers as it's told. */
export async function startReplica(
  started: Started,
  id: string,
  version = "v1",
): Promise<FakeReplica> {
  const replica: FakeReplica = {
    id,
    version,
    url: "",
    got: [],
    respond: (response) => response.end(id),
  };
  const server = createServer(async (incoming, response) => {
    const { method = "", url = "", headers } = incoming;
    const body = (await buffer(incoming)).toString();
    const got = { method, url, headers, body, at: Date.now() };
    replica.got.push(got);
    await replica.respond(response, got);
  });
  replica.url = `http://127.0.0.1:${await started.listen(server)}`;
  return replica;
}

export const answering =
  (status: number, headers: Record<string, string | string[]> = {}) =>
  (response: ServerResponse) =>
    response.writeHead(status, headers).end(`status ${status}`);

export const resetting = (response: ServerResponse) => response.socket?.resetAndDestroy();

/** A replica that never answers. */
export const silent = () => {};

export interface Front {
  url: string;
  /** Who there is, by service. */
  replicas: Record<string, Replica[]>;
  directory: Directory & { complete: boolean };
  upstreams: Upstream[];
  metrics: Metrics;
  /** Services whose request is about to be sent again, in the order of that. */
  retries: string[];
  /** What the gateway has logged. */
  lines: string[];
}

/** @param settings the shop's, as in the stack's config @param docs directory of Swagger UI's files */
export async function startFront(
  started: Started,
  settings: object = {},
  docs = "/nowhere",
): Promise<Front> {
  const parsed = shopSettings.parse(settings);
  const { mesh } = parsed;
  const services = servicesIn(parsed);
  const replicas: Record<string, Replica[]> = {};
  const directory = {
    complete: true,
    replicas: (service: string) => replicas[service] ?? [],
    isComplete: () => directory.complete,
    close: () => {},
  };
  const retries: string[] = [];
  const lines: string[] = [];
  const metrics = new Metrics(
    services.map(({ name }) => name),
    (line) => lines.push(line),
  );
  const events = {
    retried(service: string) {
      metrics.retried(service);
      retries.push(service);
    },
    circuitChanged(...change: [string, string, string]) {
      metrics.circuitChanged(...change);
    },
  };
  const upstreams = services.map((one) => createUpstream(one, mesh, directory, events));
  const app = await createService({
    name: "gateway",
    description: "",
    help: "/docs",
    replica: "gateway-0",
    version: "v1",
  });
  gatewayRoutes(app, { upstreams, directory, metrics, docs });
  const url = await serve(started, app);
  return { url, replicas, directory, upstreams, metrics, retries, lines };
}

export interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Asking {
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
  /** Ends the request: the client leaves. */
  signal?: AbortSignal;
}

/** Sends a request by a connection of its own, with its path as it is. */
export function ask(url: string, path: string, asking: Asking = {}): Promise<Answered> {
  const { method = "GET", headers = {}, body, signal } = asking;
  const { hostname, port } = new URL(url);
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const sent = request(
      { hostname, port, method, path, agent: false, signal, headers: { ...length, ...headers } },
      (response) => {
        text(response).then((body) => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        }, reject);
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Sends bytes as they are. @returns all that comes back until the connection ends */
export async function sendRaw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(bytes);
  return text(socket);
}
