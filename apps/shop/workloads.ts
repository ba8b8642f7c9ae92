import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import type { z } from "zod";
import type { WorkloadArgs } from "../../components/workloads/args.ts";
import { assetFiles, configFiles } from "../../components/workloads/files.ts";
import type { NodeWorkloadArgs } from "../../components/workloads/node-workload.ts";
import type { faultSettings } from "./catalog/faults.ts";
import { PORTS } from "./names.ts";
import { type ServiceName, type ShopSettings, servicesIn } from "./settings.ts";

/** What a workload is by itself, without where it's put. */
type Own<Args> = Omit<Args, "namespace" | "partOf" | "image" | "meshed">;

/** What the catalog is to do wrong. */
export type Faults = z.input<typeof faultSettings>;

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The user `redis` of the official Redis images. */
const REDIS_USER = 999;
const SETTINGS_DIRECTORY = "/config";
const DOCS_DIRECTORY = "/docs";

const nodeResources = { cpu: "20m", memory: "64Mi", memoryLimit: "256Mi" };
const replicaEnv = {
  POD_NAME: { field: "metadata.name" },
  POD_IP: { field: "status.podIP" },
};
const settingsEnv = { SETTINGS: `${SETTINGS_DIRECTORY}/shop.yaml` };

const healthy = (path: string, readiness = path) => ({
  // It has started when it listens: that what it needs is away is no reason to start it again.
  startup: "tcp" as const,
  readiness: { path: readiness },
  // A restart mends nothing that a service says of what it depends on.
  liveness: "tcp" as const,
});

function settingsFile(workload: string, settings: object) {
  return { [SETTINGS_DIRECTORY]: configFiles(workload, { "shop.yaml": stringify(settings) }) };
}

/** Where carts and orders are: Redis, which writes each change to its volume before it answers. */
export const store = (): Own<WorkloadArgs> => ({
  port: { name: "tcp-redis", container: PORTS.store, service: PORTS.store },
  command: ["redis-server"],
  args: [
    ...["--port", String(PORTS.store), "--dir", "/data", "--save", "", "--protected-mode", "no"],
    ...["--appendonly", "yes", "--appendfsync", "always"],
    // Commands alone, which every Redis can read, and the simulator's own.
    ...["--aof-use-rdb-preamble", "no"],
  ],
  probes: { startup: "tcp", readiness: "tcp", liveness: "tcp" },
  resources: { cpu: "10m", memory: "32Mi", memoryLimit: "128Mi" },
  user: REDIS_USER,
  volume: { path: "/data", size: "1Gi" },
  update: "replace",
});

/** Knows who serves the shop. What it knows is lost with its pod, and is told it anew within 2 s. */
export const registry = (settings: ShopSettings): Own<NodeWorkloadArgs> => ({
  entry: source("registry/main.ts"),
  port: { name: "http", container: PORTS.registry, service: PORTS.registry },
  env: { PORT: String(PORTS.registry), ...replicaEnv, ...settingsEnv },
  // Only what it needs: it isn't to be restarted, and to learn everything anew, for a change of the mesh.
  files: settingsFile("registry", {
    services: servicesIn(settings).map(({ versions: _, ...service }) => service),
    auth: { required: settings.auth.required },
  }),
  serviceAnnotations: { "micromesh/control-paths": "/services,/discovery,/health-check" },
  needs: serversIn(settings),
  probes: healthy("/health"),
  resources: nodeResources,
});

/** The way in, and the mesh: its circuits are kept here, so there is one of it. */
export const gateway = (settings: ShopSettings): Own<NodeWorkloadArgs> => ({
  entry: source("gateway/main.ts"),
  port: { name: "http", container: PORTS.gateway, service: PORTS.gateway },
  env: {
    PORT: String(PORTS.gateway),
    ...replicaEnv,
    ...settingsEnv,
    DIRECTORY_URL: `http://registry:${PORTS.registry}`,
    DOCS_DIR: DOCS_DIRECTORY,
  },
  needs: serversIn(settings),
  files: {
    ...settingsFile("gateway", {
      services: servicesIn(settings),
      mesh: settings.mesh,
      auth: { required: settings.auth.required },
    }),
    [DOCS_DIRECTORY]: swaggerUi("gateway"),
  },
  probes: healthy("/health", "/ready"),
  resources: nodeResources,
});

/** Who is found by the registry, and not by name. */
function serversIn(settings: ShopSettings): string[] {
  return servicesIn(settings).flatMap(({ name, versions }) =>
    Object.keys(versions).map((version) => `${name}-${version}:${PORTS.service}`),
  );
}

/** What each service can't do without, besides the registry. */
const NEEDS: Record<ServiceName, { mesh: boolean; store: boolean }> = {
  catalog: { mesh: false, store: false },
  cart: { mesh: true, store: true },
  order: { mesh: true, store: true },
  auth: { mesh: false, store: true },
};

interface ServiceArgs {
  replicas: number;
  faults: Faults | undefined;
  auth: ShopSettings["auth"];
}

/** One version of a service. */
export function service(
  name: ServiceName,
  version: string,
  { replicas, faults, auth }: ServiceArgs,
): Own<NodeWorkloadArgs> {
  const needs = NEEDS[name];
  const env: Own<NodeWorkloadArgs>["env"] = {
    PORT: String(PORTS.service),
    ...replicaEnv,
    VERSION: version,
    REGISTRY_URL: `http://registry:${PORTS.registry}`,
    ...(needs.mesh && { MESH_URL: `http://gateway:${PORTS.gateway}` }),
    ...(needs.store && { STORE_HOST: "store", STORE_PORT: String(PORTS.store) }),
    // Who asks others on behalf of users has users to tell apart.
    ...(needs.mesh && auth.required && { AUTH: JSON.stringify(auth) }),
    ...(name === "catalog" && faults && { FAULTS: JSON.stringify(faults) }),
  };
  return {
    entry: source(`${name}/main.ts`),
    port: { name: "http", container: PORTS.service, service: PORTS.service },
    replicas,
    env,
    probes: healthy(`/${name}/health`),
    resources: nodeResources,
  };
}

/** Swagger UI's own files, which `@fastify/swagger-ui` brings. */
function swaggerUi(workload: string) {
  const main = createRequire(import.meta.url).resolve("@fastify/swagger-ui");
  const files = ["swagger-ui.css", "swagger-ui-bundle.js"];
  return assetFiles(
    workload,
    Object.fromEntries(
      files.map((name) => [name, readFileSync(join(dirname(main), "static", name))]),
    ),
  );
}
