import { HOST, NAMESPACES, SERVICES } from "../../apps/counter/names.ts";
import type { ProbeInput, WorkloadRef } from "../../stacks/outputs.ts";
import { type Answers, ask, silence } from "../questions.ts";
import { NEXT_APP } from "./names.ts";
import type { ScenarioName } from "./scenarios.ts";

const apache: WorkloadRef = { namespace: NAMESPACES.apache, workload: "apache" };
const counter: WorkloadRef = { namespace: NAMESPACES.app, workload: "counter" };
const redisHttp: WorkloadRef = { namespace: NAMESPACES.redis, workload: "redis-http" };

const TIME = String.raw`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"`;

const outside = (path: string, method?: string) => ({
  from: "outside" as const,
  request: { kind: "http" as const, url: `http://${HOST}${path}`, method },
});
const pingRedis = {
  request: { kind: "tcp" as const, ...SERVICES.redis, send: "PING\r\n", reads: "+PONG" },
  expect: { contains: "+PONG" },
};

/**
 * The questions that every scenario is asked, in this order, with the answers of `open`. The ingress
 * controller's are asked where the platform has one whose pods are known.
 */
const questions = {
  redirect: {
    name: "the app's redirect reaches the client under /count/",
    ...outside("/count/"),
    expect: { status: 302, headers: { location: `http://${HOST}/count/get` } },
  },
  version: {
    name: "the app answers without Redis",
    ...outside("/count/version"),
    expect: { status: 200, contains: `"version"` },
  },
  set: {
    name: "case 1: the app stores the time in Redis",
    ...outside("/count/set"),
    expect: { status: 200, matches: `^\\{"time":${TIME}\\}$` },
  },
  get: {
    name: "case 1: the app reads the time from Redis",
    ...outside("/count/get"),
    expect: { status: 200, matches: `^\\{"time":${TIME}\\}$` },
  },
  front: {
    name: "case 2: the time from Redis without the app",
    ...outside("/redis/GET/time"),
    expect: { status: 200, matches: `^\\{"GET":${TIME}\\}$` },
  },
  write: {
    name: "Apache's rewrite rules let nobody write to Redis",
    ...outside("/redis/GET/time", "POST"),
    expect: { status: 403, contains: "Forbidden" },
  },
  appToRedis: { name: "the app talks to Redis", from: counter, ...pingRedis },
  frontToRedis: { name: "the HTTP front talks to Redis", from: redisHttp, ...pingRedis },
  apacheToRedis: { name: "Apache's pod talks to Redis", from: apache, ...pingRedis },
  apacheToFront: {
    name: "Apache's pod talks to the HTTP front",
    from: apache,
    request: {
      kind: "http",
      url: `http://${SERVICES.redisHttp.host}:${SERVICES.redisHttp.port}/PING`,
    },
    expect: { status: 200, contains: "PONG" },
  },
  controllerToRedis: {
    name: "the ingress controller talks to Redis",
    from: { namespace: "", workload: "" },
    ...pingRedis,
  },
  name: {
    name: "a Service is found by its short name from another namespace",
    from: apache,
    request: { kind: "dns", name: `app-svc.${NAMESPACES.app}` },
    expect: {},
  },
  wrongName: {
    name: "a name that no Service has isn't found",
    from: apache,
    request: { kind: "dns", name: `redis.${NAMESPACES.redis}.svc.cluster.local` },
    expect: { failure: "no-such-name" },
  },
  nobody: {
    name: "a Service that selects no pod takes no connection",
    from: apache,
    request: {
      kind: "http",
      url: `http://${NEXT_APP}.${NAMESPACES.app}.svc.cluster.local/version`,
    },
    expect: { failure: "refused" },
  },
} satisfies Record<string, ProbeInput>;

type Question = keyof typeof questions;

/** A policy of the network, whichever it is. */
const dropped: Answers<Question> = {
  // Apache gives up after 2 s, and says so.
  front: { expect: { status: 503, contains: "Service Unavailable" } },
  apacheToRedis: silence,
  apacheToFront: silence,
  controllerToRedis: silence,
};

/** Where a scenario answers otherwise than `open`. */
const answers: Record<ScenarioName, Answers<Question>> = {
  open: {},
  isolated: dropped,
  "isolated-cilium": dropped,
  "isolated-mesh": {
    // The sidecar of the HTTP front denies, and Apache passes its words on.
    front: { expect: { status: 403, contains: "RBAC: access denied" } },
    apacheToRedis: { expect: { failure: "closed" } },
    apacheToFront: { expect: { status: 403, contains: "RBAC: access denied" } },
    // It has no sidecar, so it speaks plaintext, which strict mTLS doesn't take.
    controllerToRedis: { expect: { failure: "reset" } },
    // The client's own sidecar takes the connection, and then has nowhere to send the request.
    nobody: { expect: { status: 503, contains: "no healthy upstream" } },
  },
};

/**
 * The probes of a scenario.
 *
 * @param controller the ingress controller's pods, if the platform has some that are known
 */
export function probesOf(scenario: ScenarioName, controller?: WorkloadRef): ProbeInput[] {
  const asked = {
    ...questions,
    controllerToRedis: { ...questions.controllerToRedis, from: controller ?? apache },
  };
  const without = controller ? {} : { controllerToRedis: undefined };
  return ask(asked, { ...answers[scenario], ...without });
}
