/** A router on real sockets, with replicas behind it that tests can meddle with. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { Addresses, type Lookup } from "../../../../apps/router/router/addresses.ts";
import { adminRoutes } from "../../../../apps/router/router/admin/routes.ts";
import type { RouterConfigInput } from "../../../../apps/router/router/config.ts";
import { ConfigFile } from "../../../../apps/router/router/config-file.ts";
import { createDataServer } from "../../../../apps/router/router/data/server.ts";
import { Metrics } from "../../../../apps/router/router/metrics.ts";
import { Router } from "../../../../apps/router/router/router.ts";
import { createService } from "../../../../apps/runtime/http/service.ts";
import { openTracing } from "../../../../apps/runtime/tracing/tracing.ts";
import type { Started } from "../../counter/servers.ts";
import {
  type Answered,
  type Asking,
  ask,
  type FakeReplica,
  startReplica,
} from "../../shop/gateway/front.ts";
import { serve } from "../../shop/runtime/world.ts";

/** `MICROMESH_SEED=n` runs the same random cases again. */
export const seed = Number(process.env.MICROMESH_SEED || Math.floor(Math.random() * 2 ** 31));

export const VERSION = "v1";

export type RouteInput = RouterConfigInput["routes"][number];
export type ServiceInput = RouterConfigInput["services"][string];

/** A service with these replicas. */
export function at(replicas: { url: string }[], settings: Omit<ServiceInput, "endpoints"> = {}) {
  return { ...settings, endpoints: replicas.map(({ url }) => ({ url })) };
}

/** `127.0.0.1:1234` */
export const idOf = ({ url }: { url: string }) => url.slice("http://".length);

export interface World {
  url: string;
  admin: string;
  router: Router;
  file: ConfigFile;
  metrics: Metrics;
  /** What the router has logged. */
  lines: string[];
  /** Writes the config's file; nothing reads it yet. */
  write(config: RouterConfigInput | string): void;
  /** Asks the data port. */
  get(path: string, asking?: Asking): Promise<Answered>;
  /** Asks the admin port. @returns the answer's status, and its body read as JSON */
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects, it asserts
  ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }>;
}

export interface WorldOptions {
  lookup?: Lookup;
  /** For tracing. */
  env?: NodeJS.ProcessEnv;
  replica?: string;
}

export async function startRouter(
  started: Started,
  config: RouterConfigInput | string,
  { lookup, env = {}, replica = "router-0" }: WorldOptions = {},
): Promise<World> {
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  const textOf = (one: RouterConfigInput | string) =>
    typeof one === "string" ? one : stringify(one);
  const path = join(started.directory(), "routes.yaml");
  const write = (one: RouterConfigInput | string) => writeFileSync(path, textOf(one));
  write(config);
  const metrics = new Metrics(log);
  const tracing = openTracing({ service: "router", version: VERSION, replica, env, log });
  started.add(() => tracing.close());
  const router = new Router(textOf(config), metrics, new Addresses(log, lookup));
  started.add(() => router.close());
  metrics.show(() => router.running);
  const file = new ConfigFile(path, textOf(config), router, {
    reloaded: (problem) => metrics.reloaded(problem),
    log,
  });
  started.add(() => file.close());
  const admin = await createService({
    name: "router",
    description: "",
    replica,
    version: VERSION,
  });
  adminRoutes(admin, { router, file, metrics });
  const url = await serve(started, createDataServer({ router, metrics, tracing, replica }));
  const adminUrl = await serve(started, admin);
  return {
    url,
    admin: adminUrl,
    router,
    file,
    metrics,
    lines,
    write,
    get: (path, asking) => ask(url, path, asking),
    async ask(method, path, body) {
      const asking =
        body === undefined
          ? { method }
          : {
              method,
              headers: { "content-type": "application/json" },
              body: JSON.stringify(body),
            };
      const answered = await ask(adminUrl, path, asking);
      return { status: answered.status, body: JSON.parse(answered.body) };
    },
  };
}

/** Replicas `a-1`, `a-2` … */
export function startReplicas(started: Started, name: string, count: number) {
  return Promise.all(
    Array.from({ length: count }, (_, index) => startReplica(started, `${name}-${index + 1}`)),
  );
}

export function countsOf(replicas: FakeReplica[]): number[] {
  return replicas.map(({ got }) => got.length);
}

/** Values of a metric, by its labels as they are written. */
export async function metric({ metrics }: World, name: string): Promise<Record<string, number>> {
  const text = await metrics.registry.metrics();
  const values: Record<string, number> = {};
  for (const line of text.split("\n")) {
    const found = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (found?.[1] === name) values[(found[2] ?? "").replaceAll('"', "")] = Number(found[3]);
  }
  return values;
}
