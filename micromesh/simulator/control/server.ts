import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { z } from "zod";
import { request, workloadRef } from "../../../stacks/outputs.ts";
import { told } from "../../resources/labs.ts";
import { UsageError } from "../../resources/usage-error.ts";
import type { ObjectChanges } from "../cluster/changes.ts";
import type { Simulator } from "../simulator.ts";
import type { Metrics } from "./metrics.ts";
import { ServedPaths } from "./served-paths.ts";

/** What the control port can be asked for beyond what the simulator knows itself. */
export interface ControlOptions {
  /** On 127.0.0.1; 0 for any. */
  port: number;
  stack: string;
  metrics: Metrics;
  /** Declares the stack anew with these scenarios and applies what differs. */
  changeScenarios: (scenarios: Record<string, string>) => Promise<ObjectChanges>;
}

const probeBody = z.strictObject({
  from: z.union([z.literal("outside"), workloadRef]),
  request,
  timeoutSeconds: z.number().positive().max(300).default(5),
});
const scenariosBody = z.record(z.string(), z.string());

/** What `GET /api/state` answers. */
export interface State {
  stack: string;
  gatewayPort?: number;
  /** Where this machine reaches the declared Services of type LoadBalancer. */
  loadBalancers: { service: string; port: number; address: string; ready: boolean }[];
  parts: Record<string, string>;
  labs: Record<string, { title: string; scenario: string; teaches: string }>;
  pods: ReturnType<typeof podState>[];
  findings: { object: string; field?: string; why: string }[];
}

/**
 * The simulator's API on loopback: state, probes, scenarios, flows, logs, metrics; and the paths that
 * declared Services ask for. Requests that a web page of another origin could send are refused, but for
 * those Services, who decide themselves.
 */
export async function serveControl(simulator: Simulator, options: ControlOptions) {
  const app = new Hono();
  const served = new ServedPaths(simulator);
  app.onError((error, c) =>
    c.json({ error: error.message }, error instanceof UsageError ? 400 : 500),
  );
  app.notFound((c) => c.json({ error: `no such path: ${c.req.path}` }, 404));
  app.use(async (c, next) => {
    const host = new URL(`http://${c.req.header("host") ?? "-"}`).hostname;
    if (!["localhost", "127.0.0.1", "[::1]"].includes(host)) {
      return c.json({ error: `host ${host} is not this machine's loopback` }, 421);
    }
    const isOurs = !served.serviceAt(c.req.path);
    if (
      isOurs &&
      c.req.method !== "GET" &&
      !c.req.header("content-type")?.startsWith("application/json")
    ) {
      return c.json({ error: "send JSON, with content-type: application/json" }, 415);
    }
    await next();
  });

  app.get("/", (c) => c.text(`${OVERVIEW}\n`));
  app.get("/healthz", (c) => c.json({ micromesh: true }));
  app.get("/api/state", (c) => c.json(stateOf(simulator, options.stack)));
  app.get("/api/outputs", (c) => c.json({ ...simulator.declaredOutputs, kubeconfig: "" }));
  app.get("/api/labs", (c) => c.json(simulator.declaredLabs));
  app.get("/api/flows", (c) => c.json({ flows: simulator.flows.latest() }));
  app.get("/api/pods/usage", async (c) => c.json({ pods: await simulator.usage.measured() }));
  app.get("/api/logs/:namespace/:pod", (c) => {
    const { namespace, pod } = c.req.param();
    return c.json({ lines: simulator.lines.of(`${namespace}/${pod}`) });
  });
  app.get("/metrics", async (c) => {
    c.header("content-type", options.metrics.registry.contentType);
    return c.body(await options.metrics.registry.metrics());
  });
  app.post("/api/probes", async (c) => {
    const body = probeBody.safeParse(await c.req.json().catch(() => undefined));
    if (!body.success) return c.json({ error: z.prettifyError(body.error) }, 400);
    const { from, request, timeoutSeconds } = body.data;
    return c.json(await simulator.observe(from, request, timeoutSeconds * 1000));
  });
  app.post("/api/scenarios", async (c) => {
    const body = scenariosBody.safeParse(await c.req.json().catch(() => undefined));
    if (!body.success) return c.json({ error: z.prettifyError(body.error) }, 400);
    return c.json({ changes: await options.changeScenarios(body.data) });
  });

  app.all("*", async (c, next) => {
    const service = served.serviceAt(c.req.path);
    return service ? served.pass(service, c.req.raw) : next();
  });

  const server = serve({ fetch: app.fetch, port: options.port, hostname: "127.0.0.1" }) as Server;
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      await served.close();
    },
  };
}

const OVERVIEW = `micromesh simulator
GET  /api/state      pods, parts, labs, declared fields without effect
GET  /api/outputs    the stack's outputs
GET  /api/labs       labs with their probes, and their scenarios told: hints and mends included
GET  /api/flows      the latest decisions of the network
GET  /api/logs/NS/POD
GET  /api/pods/usage CPU, memory, open connections, what was dropped and denied
GET  /metrics        Prometheus
POST /api/probes     {"from": "outside" | {"namespace", "workload"}, "request": {...}}
POST /api/scenarios  {"LAB": "SCENARIO"}`;

function stateOf(simulator: Simulator, stack: string): State {
  return {
    stack,
    gatewayPort: simulator.gatewayPort,
    loadBalancers: simulator.loadBalancers.map(
      ({ namespace, service, port, host, localPort, ready }) => ({
        service: `${namespace}/${service}`,
        port,
        address: `${host}:${localPort}`,
        ready,
      }),
    ),
    parts: simulator.declaredPlatform.parts,
    labs: Object.fromEntries(
      Object.entries(simulator.declaredLabs).map(([name, lab]) => {
        const { title, teaches } = told(lab);
        return [name, { title, scenario: lab.scenario, teaches }];
      }),
    ),
    pods: simulator.cluster.statuses.map(podState),
    findings: simulator.findings,
  };
}

function podState(pod: Simulator["cluster"]["statuses"][number]) {
  const { namespace, name, owner, ips, phase, ready, terminating, meshed, containers } = pod;
  return { namespace, name, owner, ip: ips[0], phase, ready, terminating, meshed, containers };
}
