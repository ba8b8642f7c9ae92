import { fileURLToPath } from "node:url";
import type { WorkloadArgs } from "../../components/workloads/args.ts";
import type { NodeWorkloadArgs } from "../../components/workloads/node-workload.ts";
import { DATABASE, SERVICES } from "./names.ts";
import type { ItemsSettings } from "./settings.ts";

/** What a workload is by itself, without where it's put. */
type Own<Args> = Omit<Args, "namespace" | "partOf" | "image" | "meshed">;

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The user `postgres` of the official Alpine-based PostgreSQL images. */
const POSTGRES_USER = 70;
const DATA = "/var/lib/postgresql/data";
/** The client gives the API this much longer than the API gives PostgreSQL, so as to hear what it says. */
const MARGIN_SECONDS = 1;

const nodeResources = { cpu: "20m", memory: "64Mi", memoryLimit: "192Mi" };
const podName = { POD_NAME: { field: "metadata.name" } };

/**
 * No replica is better than another one when the database is away: without any, the Service would refuse
 * connections, and nobody would hear from the API what is wrong. So what it says of the database, `/readyz`, is for
 * people and monitors, and the kubelet asks the process only.
 */
const alive = {
  startup: { path: "/healthz" },
  readiness: { path: "/healthz" },
  liveness: { path: "/healthz" },
};

/** What the lab's scenarios change of the API's Service. */
export interface ApiService {
  /** What it selects pods by. Default: the API's own label. */
  selector?: Record<string, string>;
  /** Who may come in from outside. Default: everybody. */
  sourceRanges?: string[];
}

/** The HTTP API. */
export const api = (
  { api: { replicas }, pool }: ItemsSettings,
  { selector, sourceRanges }: ApiService,
): Own<NodeWorkloadArgs> => ({
  entry: source("api/main.ts"),
  port: { name: "http", container: 8080, service: SERVICES.api.port },
  loadBalancer: { externalTrafficPolicy: "Local", sourceRanges },
  selector,
  replicas,
  env: {
    PORT: "8080",
    ...podName,
    DATABASE_HOST: SERVICES.db.host,
    DATABASE_PORT: String(SERVICES.db.port),
    DATABASE_NAME: DATABASE.name,
    DATABASE_USER: DATABASE.user,
    DATABASE_PASSWORD: { secret: DATABASE.secret },
    POOL_MAX: String(pool.max),
    CONNECT_TIMEOUT_SECONDS: String(pool.connect_timeout_seconds),
    QUERY_TIMEOUT_SECONDS: String(pool.query_timeout_seconds),
    IDLE_TIMEOUT_SECONDS: String(pool.idle_timeout_seconds),
    MAX_LIFETIME_SECONDS: String(pool.max_lifetime_seconds),
  },
  probes: alive,
  resources: nodeResources,
});

const isReady = {
  // By TCP: while the image sets up a new volume, PostgreSQL listens on its Unix socket only.
  exec: ["pg_isready", "-U", DATABASE.user, "-d", DATABASE.name, "-h", "127.0.0.1"],
};

/** PostgreSQL, on a volume. */
export const db = ({ storage }: ItemsSettings): Own<WorkloadArgs> => ({
  port: { name: "tcp-postgresql", container: 5432, service: SERVICES.db.port },
  headlessService: "db-headless",
  env: {
    POSTGRES_DB: DATABASE.name,
    POSTGRES_USER: DATABASE.user,
    POSTGRES_PASSWORD: { secret: DATABASE.secret },
    // Below the volume's mount, which may hold files of the file system's own, such as lost+found.
    PGDATA: `${DATA}/pgdata`,
  },
  probes: { startup: isReady, readiness: isReady, liveness: "tcp" },
  resources: { cpu: "20m", memory: "96Mi", memoryLimit: "192Mi" },
  user: POSTGRES_USER,
  volume: { path: DATA, size: storage },
  writable: ["/var/run/postgresql", "/tmp"],
  // Two servers on one volume would each think that they are alone.
  controller: "StatefulSet",
});

/** What the lab's scenarios change of the client. */
export interface Client {
  /** The host name that it asks the API by. Default: `api.items`. */
  apiHost?: string;
}

/** Asks the API all the time. */
export const client = (
  { client, pool }: ItemsSettings,
  { apiHost = "api.items" }: Client,
): Own<NodeWorkloadArgs> => ({
  entry: source("client/main.ts"),
  port: { name: "http", container: 8080, service: SERVICES.client.port },
  env: {
    PORT: "8080",
    ...podName,
    // By its short name: the search list of the pod's resolver ends in cluster.local.
    API_URL: `http://${apiHost}:${SERVICES.api.port}`,
    INTERVAL_SECONDS: String(client.interval_seconds),
    ANSWER_TIMEOUT_SECONDS: String(
      pool.connect_timeout_seconds + pool.query_timeout_seconds + MARGIN_SECONDS,
    ),
  },
  probes: alive,
  resources: nodeResources,
});
