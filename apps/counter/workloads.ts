import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { WorkloadArgs } from "../../components/workloads/args.ts";
import { configFiles } from "../../components/workloads/files.ts";
import type { NodeWorkloadArgs } from "../../components/workloads/node-workload.ts";
import { SERVICES } from "./names.ts";

/** What a workload is by itself, without where it's put. */
type Own<Args> = Omit<Args, "namespace" | "partOf" | "image" | "meshed">;

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The user `www-data` of the official Alpine-based httpd image. */
const HTTPD_USER = 82;
/** The user `redis` of the official Redis images. */
const REDIS_USER = 999;

const nodeResources = { cpu: "20m", memory: "64Mi", memoryLimit: "160Mi" };
const redisAddress = {
  REDIS_ENDPOINT: SERVICES.redis.host,
  REDIS_PORT: String(SERVICES.redis.port),
};

/** Apache httpd: sends `/count/` to the app and `/redis/` to the HTTP front of Redis. */
export const apache = (): Own<WorkloadArgs> => ({
  port: { name: "http", container: 8080, service: SERVICES.apache.port },
  probes: {
    startup: { path: "/healthz" },
    readiness: { path: "/healthz" },
    liveness: { path: "/healthz" },
  },
  resources: { cpu: "10m", memory: "32Mi", memoryLimit: "96Mi" },
  user: HTTPD_USER,
  files: {
    "/usr/local/apache2/conf": configFiles("apache", {
      "httpd.conf": readFileSync(source("apache/httpd.conf"), "utf8"),
    }),
  },
  writable: ["/usr/local/apache2/logs"],
});

/**
 * The counter app. It's ready when Redis answers it: without, it can't serve. It's alive as long as it
 * answers at all: a restart doesn't bring Redis back, and would take away the app that says so.
 */
export const counterApp = (): Own<NodeWorkloadArgs> => ({
  entry: source("app/main.ts"),
  service: "app-svc",
  port: { name: "http", container: 8080, service: SERVICES.app.port },
  env: { PORT: "8080", ...redisAddress },
  probes: {
    startup: { path: "/version" },
    readiness: { path: "/readyz" },
    liveness: { path: "/version" },
  },
  resources: nodeResources,
});

/** The HTTP front of Redis. It has nothing to say without Redis, and says so itself: 503. */
export const redisHttp = (): Own<NodeWorkloadArgs> => ({
  entry: source("redis-http/main.ts"),
  port: { name: "http", container: 7379, service: SERVICES.redisHttp.port },
  env: { PORT: "7379", ...redisAddress },
  probes: {
    startup: { path: "/healthz" },
    readiness: { path: "/healthz" },
    liveness: { path: "/healthz" },
  },
  resources: nodeResources,
});

/** Redis, as a cache: what it holds is lost with its pod. */
export const redis = (): Own<WorkloadArgs> => ({
  service: "redis-svc",
  port: { name: "tcp-redis", container: 6379, service: SERVICES.redis.port },
  // No password: who may come in is what this lab's network decides.
  command: ["redis-server"],
  args: ["--port", "6379", "--save", "", "--appendonly", "no", "--protected-mode", "no"],
  probes: { startup: "tcp", readiness: "tcp", liveness: "tcp" },
  resources: { cpu: "10m", memory: "32Mi", memoryLimit: "64Mi" },
  user: REDIS_USER,
  writable: ["/data"],
  // Two at once would each hold a part of the data.
  update: "replace",
});
