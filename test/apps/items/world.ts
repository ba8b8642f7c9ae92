/** The items API on real sockets, with a network before its database that tests can meddle with. */
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PoolOptions } from "../../../apps/items/api/database/connections.ts";
import { type Database, openDatabase } from "../../../apps/items/api/database/database.ts";
import { preparationOf } from "../../../apps/items/api/database/preparation.ts";
import { itemsIn } from "../../../apps/items/api/items.ts";
import { Metrics } from "../../../apps/items/api/metrics.ts";
import { apiRoutes } from "../../../apps/items/api/routes.ts";
import { createService } from "../../../apps/runtime/http/service.ts";
import { sourceFiles } from "../../../components/workloads/files.ts";
import { eventually, type Started, write } from "../counter/servers.ts";
import { ask, serve } from "../shop/runtime/world.ts";
import { PASSWORD } from "./postgres.ts";

export interface Api {
  url: string;
  /** What it has logged. */
  lines: string[];
  database: Database;
}

export const poolOptions = (port: number, change: Partial<PoolOptions> = {}): PoolOptions => ({
  host: "127.0.0.1",
  port,
  database: "items",
  user: "items",
  password: PASSWORD,
  max: 5,
  connectTimeoutMs: 2000,
  queryTimeoutMs: 5000,
  idleTimeoutMs: 30_000,
  maxLifetimeMs: 60_000,
  ...change,
});

/** Starts the API as its program does, with the database on a port of 127.0.0.1. */
export async function startApi(
  started: Started,
  port: number,
  change: Partial<PoolOptions> = {},
): Promise<Api> {
  const lines: string[] = [];
  const metrics = new Metrics();
  const log = (line: string) => lines.push(line);
  const database = openDatabase(poolOptions(port, change), {
    log,
    failed: ({ hop }) => metrics.failed(hop),
    tablesMissing: () => preparation.start(),
  });
  const preparation = preparationOf(database, log);
  metrics.show(database);
  const app = await createService({
    name: "items",
    description: "",
    replica: "api-0",
    version: "v1",
  });
  apiRoutes(app, { items: itemsIn(database), metrics, version: "v1" });
  const url = await serve(started, app);
  started.add(async () => {
    preparation.stop();
    await database.close();
  });
  preparation.start();
  return { url, lines, database };
}

/** Waits until the API has its database, and the tables in it. */
export async function ready({ url, database }: Api): Promise<void> {
  // Who asks before the tables are there has them made again, and that would go on during the test.
  await eventually(() => {
    const { state, idle, total } = database.status();
    if (state === "unknown" || idle < total) throw new Error(`still ${state}`);
  });
  await eventually(async () => {
    // The one by a new connection, the other one leaves a connection in the pool.
    for (const path of ["/readyz", "/items"]) {
      const { status, body } = await ask("GET", url + path);
      if (status !== 200) throw new Error(JSON.stringify(body));
    }
  });
}

export const JSON_TYPE = { "content-type": "application/json" };

/** Makes an item. */
export function make(url: string, item: unknown) {
  return ask("POST", `${url}/items`, JSON_TYPE, JSON.stringify(item));
}

/** A network on the way to a server: what it does to connections, and can be told to do. */
export class Network {
  port = 0;
  /** Of packets, in both directions and on all connections: `drop` loses them without a word. */
  mode: "pass" | "drop" = "pass";
  /** Whether new connections come through; else they are reset. */
  accepts = true;
  /** How long answers take on their way, in milliseconds. */
  delayMs = 0;
  /** Hears of what the server answers, and may keep it. @returns false to lose it and reset the connection */
  answers: (data: Buffer) => boolean = () => true;
  connections = 0;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  static async before(started: Started, target: number): Promise<Network> {
    const network = new Network();
    network.#server = createServer((socket) => network.#accept(socket, target));
    network.port = await started.listen(network.#server);
    started.add(() => network.reset());
    return network;
  }

  /** Ends every connection by a reset. */
  reset(): void {
    for (const socket of this.#sockets) {
      // One that is being shut down would be left over by Node, open for ever.
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
  }

  #accept(near: Socket, target: number): void {
    this.connections += 1;
    if (!this.accepts) return void near.resetAndDestroy();
    const far = connect(target, "127.0.0.1");
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        this.#sockets.delete(socket);
        if (this.mode === "pass") (socket === near ? far : near).destroy();
      });
    }
    near.on("data", (data) => {
      if (this.mode === "pass") far.write(data);
    });
    far.on("data", (data) => {
      if (this.mode === "drop") return;
      if (!this.answers(data)) {
        near.resetAndDestroy();
        far.destroy();
        return;
      }
      if (this.delayMs === 0) near.write(data);
      else setTimeout(() => near.destroyed || near.write(data), this.delayMs);
    });
  }
}

/** A program as it's deployed. @returns the file to run */
export function programOf(started: Started, name: "api" | "client"): string {
  const entry = new URL(`../../../apps/items/${name}/main.ts`, import.meta.url);
  const directory = started.directory();
  for (const [file, text] of Object.entries(sourceFiles(name, fileURLToPath(entry)).data)) {
    write(directory, file, text);
  }
  return join(directory, "main.mjs");
}
