import { ADMIN_PATH, PORTS, SERVICE_NAMES, type ServiceName } from "../../apps/router/names.ts";
import { routesHash } from "../../apps/router/routing.ts";
import type { RouterSettings } from "../../apps/router/settings.ts";
import type { ProbeInput } from "../../stacks/outputs.ts";
import type { ScenarioName } from "./scenarios.ts";

/** Requests of a probe that counts. */
const MANY = 60;

export function probesOf(scenario: ScenarioName, settings: RouterSettings): ProbeInput[] {
  // It reads them again by itself, a moment after they were changed: no other probe counts before that.
  const current: ProbeInput = {
    name: "the router runs these routes",
    ...admin(settings, `${ADMIN_PATH}/status`),
    expect: { status: 200, contains: `"hash":"${routesHash(settings.routing)}"` },
  };
  return [current, ...probes[scenario](settings)];
}

const probes: Record<ScenarioName, (settings: RouterSettings) => ProbeInput[]> = {
  open: (settings) => [
    leads(settings, "/nginx", "a"),
    leads(settings, "/flask", "b"),
    leads(settings, "/c", "c"),
    {
      name: "what no route is for is refused",
      ...outside(settings, "/nowhere"),
      expect: { status: 404 },
    },
    turns(settings, "/nginx", "a"),
    {
      name: "/any is split among the three, 50 to 30 to 20",
      ...many(settings, "/any", 200, "x-service"),
      expect: { shares: { a: about(200, 0.5), b: about(200, 0.3), c: about(200, 0.2) } },
    },
    {
      name: "a service's name stands for its pods' addresses",
      ...fromPod(settings, "router"),
      request: { kind: "dns", name: `a.${settings.namespace}.svc.cluster.local` },
      expect: {},
    },
    {
      name: "the router counts what it does",
      ...admin(settings, "/metrics"),
      expect: { status: 200, contains: 'router_requests_total{route="nginx",service="a"' },
    },
    ...(settings.tracing.endpoint === undefined && settings.tracing.sample_percent === 100
      ? [
          {
            name: "a trace goes through the router and a service",
            ...fromPod(settings, "traces"),
            request: { kind: "http" as const, url: `http://traces:${PORTS.traces}/traces` },
            expect: { status: 200, matches: String.raw`[\s\S]*"router"[\s\S]*` },
          },
        ]
      : []),
  ],
  balancing: (settings) => [
    turns(settings, "/round-robin", "a"),
    chances(settings, "/random"),
    chances(settings, "/least-request"),
    {
      name: "of four requests three go where the weight is 3",
      ...many(settings, "/weighted", 80, "x-service"),
      // Each of the router's pods counts for itself.
      expect: { shares: { a: near(60, settings), b: near(20, settings) } },
    },
  ],
  "a-slow": (settings) => [
    {
      name: "/nginx is given up, the router says",
      ...outside(settings, "/nginx"),
      expect: { status: 504, headers: { "x-route": "nginx" } },
    },
    leads(settings, "/flask", "b"),
    leads(settings, "/c", "c"),
  ],
  "b-flaky": (settings) => [
    {
      name: "without retries B's failures are everyone's",
      ...many(settings, "/once", MANY),
      expect: { shares: { 200: about(MANY, 0.7), 500: about(MANY, 0.3) } },
    },
    {
      name: "with retries hardly any is seen",
      ...many(settings, "/flask", MANY),
      expect: { shares: { 200: [MANY - 2, MANY], 500: [0, 2] } },
    },
    leads(settings, "/nginx", "a"),
  ],
  "c-failing": (settings): ProbeInput[] => {
    const { failure_threshold } = settings.routing.services.c?.circuit_breaker ?? {
      failure_threshold: 0,
    };
    // Each of the router's pods has a circuit of its own, which may be open from before, or on trial.
    const failures = (failure_threshold + 1) * settings.replicas.router;
    return [
      {
        name: "C fails until its circuit opens, and then fails fast",
        ...many(settings, "/c", MANY + failures),
        expect: { shares: { 500: [0, failures], 503: [MANY, MANY + failures] } },
      },
      {
        name: "the circuit is seen to be open",
        ...admin(settings, `${ADMIN_PATH}/status`),
        expect: {
          status: 200,
          matches: String.raw`[\s\S]*"c":\{"circuit":\{"state":"open"[\s\S]*`,
        },
      },
      leads(settings, "/nginx", "a"),
      leads(settings, "/flask", "b"),
    ];
  },
  faults: (settings): ProbeInput[] => [
    {
      name: "half of the requests for A are refused",
      ...many(settings, "/nginx", MANY),
      expect: { shares: { 200: about(MANY, 0.5), 503: about(MANY, 0.5) } },
    },
    {
      name: "all of those for B are, by the router",
      ...outside(settings, "/flask"),
      expect: { status: 418, headers: { "x-fault": "abort" } },
    },
    {
      name: "those for C are late, and answered",
      ...outside(settings, "/c"),
      expect: { status: 200, headers: { "x-fault": "delay", "x-service": "c" } },
    },
  ],
};

function outside({ host }: RouterSettings, path: string) {
  return {
    from: "outside" as const,
    request: { kind: "http" as const, url: `http://${host}${path}` },
  };
}

/** That many requests, counted by a header field of their answers, or by their status. */
function many(settings: RouterSettings, path: string, times: number, by?: string) {
  const { from, request } = outside(settings, path);
  return { from, request: { ...request, tally: { times, by } }, timeoutSeconds: 30 };
}

function fromPod({ namespace }: RouterSettings, workload: string) {
  return { from: { namespace, workload } };
}

/** As a pod beside the router asks it. */
function admin(settings: RouterSettings, path: string) {
  return {
    ...fromPod(settings, SERVICE_NAMES[0]),
    request: { kind: "http" as const, url: `http://router:${PORTS.admin}${path}` },
  };
}

function leads(settings: RouterSettings, path: string, service: ServiceName): ProbeInput {
  return {
    name: `${path} leads to ${service.toUpperCase()}`,
    ...outside(settings, path),
    expect: {
      status: 200,
      contains: `"environment":"${settings.environment}"`,
      headers: { "x-service": service },
    },
  };
}

/** Its pods take turns. */
function turns(settings: RouterSettings, path: string, service: ServiceName): ProbeInput {
  const replicas = settings.replicas[service];
  const each = 20;
  return {
    name: `${service.toUpperCase()}'s pods take turns`,
    ...many(settings, path, each * Math.max(replicas, 2), "x-replica-id"),
    // Each of the router's pods has turns of its own.
    expect: { spread: { values: replicas, least: each - settings.replicas.router } },
  };
}

/** All of A's pods are chosen, by chance. */
function chances(settings: RouterSettings, path: string): ProbeInput {
  const replicas = settings.replicas.a;
  const each = 40;
  return {
    name: `${path} chooses among A's pods`,
    ...many(settings, path, each * Math.max(replicas, 2), "x-replica-id"),
    expect: { spread: { values: replicas, least: Math.floor(each / 4) } },
  };
}

/** How often a chance of that share comes: five standard deviations either way, which it misses once in a million. */
function about(times: number, share: number): [number, number] {
  const mean = times * share;
  const margin = 5 * Math.sqrt(mean * (1 - share));
  return [Math.max(0, Math.floor(mean - margin)), Math.min(times, Math.ceil(mean + margin))];
}

function near(count: number, { replicas }: RouterSettings): [number, number] {
  return [count - 2 * replicas.router, count + 2 * replicas.router];
}
