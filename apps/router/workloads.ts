import { fileURLToPath } from "node:url";
import { reloadedFiles } from "../../components/workloads/files.ts";
import type { NodeWorkloadArgs } from "../../components/workloads/node-workload.ts";
import { ADMIN_PATH, PORTS, SERVICE_NAMES, type ServiceName } from "./names.ts";
import { routesFile } from "./routing.ts";
import type { RouterSettings } from "./settings.ts";

/** What a workload is by itself, without where it's put. */
type Own = Omit<NodeWorkloadArgs, "namespace" | "partOf" | "image">;

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const ROUTES_DIRECTORY = "/routes";
const ADMIN_PORT_NAME = "http-admin";

const replicaEnv = {
  POD_NAME: { field: "metadata.name" },
  POD_IP: { field: "status.podIP" },
};

const admin = { name: ADMIN_PORT_NAME, container: PORTS.admin, service: PORTS.admin };
const probes = {
  startup: "tcp" as const,
  readiness: { path: "/ready", port: ADMIN_PORT_NAME },
  // A restart mends nothing that others break.
  liveness: "tcp" as const,
};

/** The way in. Its routes are a file that it reads again when it changes. */
export const router = (settings: RouterSettings): Own => ({
  entry: source("router/main.ts"),
  port: { name: "http", container: PORTS.router, service: PORTS.router },
  extraPorts: [admin],
  serviceAnnotations: { "micromesh/control-paths": `${ADMIN_PATH}:${PORTS.admin}` },
  // Where it tells them how to behave.
  needs: SERVICE_NAMES.map((name) => `${name}:${PORTS.admin}`),
  replicas: settings.replicas.router,
  env: {
    PORT: String(PORTS.router),
    ADMIN_PORT: String(PORTS.admin),
    ...replicaEnv,
    VERSION: settings.version,
    ROUTES: `${ROUTES_DIRECTORY}/routes.yaml`,
    ...tracing(settings),
  },
  files: {
    [ROUTES_DIRECTORY]: reloadedFiles("router", { "routes.yaml": routesFile(settings.routing) }),
  },
  probes,
  resources: resources(settings),
});

/** A, B or C: found by the router by its headless Service. */
export const service = (name: ServiceName, settings: RouterSettings): Own => {
  const behaviour = settings.behaviour[name];
  return {
    entry: source("service/main.ts"),
    port: { name: "http", container: PORTS.service, service: PORTS.service },
    extraPorts: [admin],
    headless: true,
    replicas: settings.replicas[name],
    env: {
      ...settings.variables,
      PORT: String(PORTS.service),
      ADMIN_PORT: String(PORTS.admin),
      ...replicaEnv,
      VERSION: settings.version,
      SERVICE: name,
      ENVIRONMENT: settings.environment,
      ...(behaviour && { BEHAVIOUR: JSON.stringify(behaviour) }),
      ...tracing(settings),
    },
    probes,
    resources: resources(settings),
  };
};

/** Keeps the latest traces in memory, and shows them. */
export const traces = (settings: RouterSettings): Own => ({
  entry: source("traces/main.ts"),
  port: { name: "http", container: PORTS.traces, service: PORTS.traces },
  serviceAnnotations: { "micromesh/control-paths": "/traces" },
  env: { PORT: String(PORTS.traces), ...replicaEnv },
  probes: { startup: "tcp", readiness: "tcp", liveness: "tcp" },
  resources: resources(settings),
});

/** OpenTelemetry's own variables: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ */
function tracing({ tracing: { endpoint, sample_percent } }: RouterSettings) {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint ?? `http://traces:${PORTS.traces}`,
    OTEL_TRACES_SAMPLER_ARG: String(sample_percent / 100),
  };
}

function resources({ resources }: RouterSettings) {
  const { cpu, memory, cpu_limit: cpuLimit, memory_limit: memoryLimit } = resources;
  return { cpu, memory, cpuLimit, memoryLimit };
}
