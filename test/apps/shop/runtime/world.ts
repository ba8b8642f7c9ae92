/** The shop's services on real sockets, with a store and a gateway that tests can meddle with. */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createService, type Service } from "../../../../apps/runtime/http/service.ts";
import { type Guard, guardBy } from "../../../../apps/shop/access/guard.ts";
import { accessSettings } from "../../../../apps/shop/access/settings.ts";
import { authRoutes } from "../../../../apps/shop/auth/routes.ts";
import { cartRoutes } from "../../../../apps/shop/cart/routes.ts";
import { Faults, faultSettings } from "../../../../apps/shop/catalog/faults.ts";
import { catalogRoutes, type Version } from "../../../../apps/shop/catalog/routes.ts";
import { orderRoutes } from "../../../../apps/shop/order/routes.ts";
import { meshAt } from "../../../../apps/shop/runtime/mesh-client.ts";
import { openStore, type Store } from "../../../../apps/shop/runtime/store.ts";
import { sourceFiles } from "../../../../components/workloads/files.ts";
import { start } from "../../../../micromesh/simulator/runtimes/redis/server.ts";
import { eventually, freePort, has, type Started, write } from "../../counter/servers.ts";

/** `MICROMESH_SEED=n` runs the same random cases again. */
export const seed = Number(process.env.MICROMESH_SEED || Math.floor(Math.random() * 2 ** 31));

/** The kinds of store that this machine has. */
export const storeKinds = has("redis-server") ? ["redis-server", "embedded"] : ["embedded"];

/** Starts an empty store. @returns its port */
export async function startStore(started: Started, kind = storeKinds[0]): Promise<number> {
  if (kind === "embedded") {
    const server = await start(0);
    started.add(() => server.close());
    return server.port;
  }
  const port = await freePort();
  await started.redis(port);
  return port;
}

/** A store's client, connected. */
export async function storeAt(
  started: Started,
  port: number,
  lines: string[] = [],
): Promise<Store> {
  const store = openStore({ host: "127.0.0.1", port }, (line) => lines.push(line));
  started.add(() => store.close());
  await eventually(async () => {
    await store.run("PING");
    // Each connection for changes is opened on its own.
    await Promise.all(
      ["a", "b", "c", "d"].map((key) => store.change([key], () => ({ writes: [], result: 0 }))),
    );
  });
  return store;
}

/** What a test may do to requests on their way through the gateway. */
export interface Meddling {
  /** Before a request is sent on; an error drops it, and its connection. */
  before?: (request: IncomingMessage) => unknown;
  /** When the service has answered; an error drops the answer. */
  after?: (request: IncomingMessage) => unknown;
}

export interface Gateway {
  url: string;
  /** Base URL of each service. */
  services: Record<string, string>;
  meddling: Meddling;
}

/** A gateway that routes by the first part of the path, and retries nothing. */
export async function startGateway(started: Started): Promise<Gateway> {
  const gateway: Gateway = { url: "", services: {}, meddling: {} };
  const server = createServer((incoming, outgoing) => {
    pass(gateway, incoming, outgoing).catch(() => outgoing.destroy());
  });
  gateway.url = `http://127.0.0.1:${await started.listen(server)}`;
  return gateway;
}

async function pass(gateway: Gateway, incoming: IncomingMessage, outgoing: ServerResponse) {
  const service = (incoming.url ?? "").split(/[/?]/)[1] ?? "";
  await gateway.meddling.before?.(incoming);
  const base = gateway.services[service];
  if (!base) {
    outgoing.writeHead(503, { "content-type": "application/json", "retry-after": "7" });
    outgoing.end('{"error":"no replica"}');
    return;
  }
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const { method, headers } = incoming;
    const sent = request(base + incoming.url, { method, headers, agent: false }, resolve);
    sent.on("error", reject);
    incoming.pipe(sent);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  await gateway.meddling.after?.(incoming);
  outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
  outgoing.end(Buffer.concat(chunks));
}

/** Serves until the test is over. @returns the base URL */
export async function serve(started: Started, app: Service): Promise<string> {
  await app.listen({ port: 0, host: "127.0.0.1" });
  started.add(() => {
    const closed = app.close();
    // Node takes a connection that nothing has been sent on for a busy one, and fetch leaves such behind.
    app.server.closeAllConnections();
    return closed;
  });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

export async function catalogApp(version: Version = "v1", faults = new Faults(noFaults())) {
  const app = await createService({
    name: "catalog",
    description: "",
    replica: "catalog-0",
    version,
  });
  catalogRoutes(app, version, faults);
  return app;
}

export const noFaults = () => faultSettings.parse({});

export async function cartApp(store: Store, meshUrl: string, guard?: Guard): Promise<Service> {
  const app = await createService({
    name: "cart",
    description: "",
    replica: "cart-0",
    version: "v1",
  });
  cartRoutes(app, { store, mesh: (headers) => meshAt(meshUrl, headers), guard });
  return app;
}

export async function orderApp(
  store: Store,
  meshUrl: string,
  replica = "order-0",
  guard?: Guard,
): Promise<Service> {
  const app = await createService({ name: "order", description: "", replica, version: "v1" });
  orderRoutes(app, { store, mesh: (headers) => meshAt(meshUrl, headers), guard });
  return app;
}

export async function authApp(store: Store, replica = "auth-0"): Promise<Service> {
  const app = await createService({ name: "auth", description: "", replica, version: "v1" });
  authRoutes(app, store);
  return app;
}

/** The header that shows a token which auth gives a user. */
export async function signIn(base: string, user: string): Promise<{ authorization: string }> {
  const { status, body } = await ask("POST", `${base}/auth/token?user_id=${user}`);
  if (status !== 200) throw new Error(`no token: ${status} ${JSON.stringify(body)}`);
  return { authorization: `Bearer ${body.access_token}` };
}

export interface Shop {
  gateway: Gateway;
  store: Store;
  storePort: number;
}

/** All three services behind a gateway; and auth, where users must show who they are. */
export async function startShop(started: Started, access: object = {}): Promise<Shop> {
  const settings = accessSettings.parse(access);
  const storePort = await startStore(started);
  const store = await storeAt(started, storePort);
  const gateway = await startGateway(started);
  // Each service has one of its own.
  const guard = () => guardBy(settings, gateway.url);
  gateway.services = {
    catalog: await serve(started, await catalogApp()),
    cart: await serve(started, await cartApp(store, gateway.url, guard())),
    order: await serve(started, await orderApp(store, gateway.url, "order-0", guard())),
    ...(settings.required && { auth: await serve(started, await authApp(store)) }),
  };
  return { gateway, store, storePort };
}

/** A service's program as it's deployed. @returns the file to run */
export function programOf(started: Started, name: string): string {
  const entry = new URL(`../../../../apps/shop/${name}/main.ts`, import.meta.url);
  const directory = started.directory();
  for (const [file, text] of Object.entries(sourceFiles(name, fileURLToPath(entry)).data)) {
    write(directory, file, text);
  }
  return join(directory, "main.mjs");
}

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects, it asserts
  body: any;
}

/** Sends a request, and reads the answer, which must be JSON. */
export async function ask(
  method: string,
  url: string,
  headers: Record<string, string> = {},
  body?: string | Buffer,
): Promise<Answer> {
  const response = await fetch(url, { method, headers, body: body ?? null });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: JSON.parse(text) };
}
