import { HOST, NAMESPACES, SERVICES } from "../../apps/items/names.ts";
import type { ProbeInput, WorkloadRef } from "../../stacks/outputs.ts";
import { type Answer, type Answers, ask, silence } from "../questions.ts";
import type { ScenarioName } from "./scenarios.ts";

const api: WorkloadRef = { namespace: NAMESPACES.items, workload: "api" };
const db: WorkloadRef = { namespace: NAMESPACES.items, workload: "db" };
const client: WorkloadRef = { namespace: NAMESPACES.client, workload: "client" };

const http = (url: string) => ({ request: { kind: "http" as const, url } });
const outside = (path: string) => ({ from: "outside" as const, ...http(`http://${HOST}${path}`) });
const API = `http://api.items:${SERVICES.api.port}`;
const lookup = (name: string, record?: "SRV") => ({
  request: { kind: "dns" as const, name, ...(record ? { record } : {}) },
});

/** A start-up packet of PostgreSQL's protocol that says who nobody is; the server answers in words. */
const toPostgres = (host: string) => ({
  request: {
    kind: "tcp" as const,
    host,
    port: SERVICES.db.port,
    send: "\0\0\0\x09\0\x03\0\0\0",
    reads: "no PostgreSQL user name",
  },
  expect: { contains: "no PostgreSQL user name" },
});

/** The questions that scenarios are asked, in this order, with the answers of `open`. */
const questions = {
  outside: {
    name: "the API answers from outside, through its load balancer",
    ...outside("/version"),
    expect: { status: 200, contains: `"version"` },
  },
  write: {
    name: "an item is written from outside",
    from: "outside",
    request: {
      ...outside("/items").request,
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "probe", quantity: 1 }),
    },
    expect: { status: 201, contains: `"name":"probe"` },
  },
  read: {
    name: "items are read from another namespace",
    from: client,
    ...http(`${API}/items?limit=1`),
    expect: { status: 200, contains: `"items":[` },
  },
  ready: {
    name: "the API says that its database is there",
    from: client,
    ...http(`${API}/readyz`),
    expect: { status: 200, contains: "ready" },
  },
  apiToDb: { name: "the API's pod talks to PostgreSQL", from: api, ...toPostgres("db") },
  clientToDb: {
    name: "so does the client's, past the API",
    from: client,
    ...toPostgres("db.items"),
  },
  dbToApi: {
    name: "the database's pod talks to the API",
    from: db,
    ...http(`http://api:${SERVICES.api.port}/version`),
    expect: { status: 200 },
  },
  dbToClient: {
    name: "the database's pod talks to the client",
    from: db,
    ...http(`http://client.items-client:${SERVICES.client.port}/healthz`),
    expect: { status: 200 },
  },
  clientSees: {
    name: "the client's own requests are answered",
    from: api,
    ...http(`http://client.items-client:${SERVICES.client.port}/`),
    expect: { status: 200, contains: `"current":"ok"` },
  },
} satisfies Record<string, ProbeInput>;

type Question = keyof typeof questions;

const refused: Answer = { expect: { failure: "refused" } };
const hop = (name: "name" | "connect") => ({
  expect: { status: 503, contains: `"hop":"${name}"` },
});
const noSuchName: Answer = { expect: { failure: "no-such-name" } };

/** Connections that are open outlive a change, so what they would answer is no question. */
const unsure = undefined;

/** Where a scenario answers otherwise than `open`. */
const answers: Record<ScenarioName, Answers<Question>> = {
  open: {},
  "deny-ingress": {
    outside: silence,
    write: silence,
    read: silence,
    ready: silence,
    dbToApi: silence,
    clientSees: { expect: { status: 200, contains: `"current":"timeout"` } },
  },
  "selector-mismatch": {
    outside: refused,
    write: refused,
    read: refused,
    ready: refused,
    dbToApi: refused,
    clientSees: { expect: { status: 200, contains: `"current":"refused"` } },
  },
  "dns-broken": {
    write: unsure,
    read: unsure,
    ready: hop("name"),
    apiToDb: noSuchName,
    clientToDb: noSuchName,
    clientSees: unsure,
  },
  "db-egress": { dbToApi: silence, dbToClient: silence },
  "db-egress.one-place": { dbToApi: silence },
  "load-balancer": { outside: silence, write: silence },
  discovery: {
    clientSees: { expect: { status: 200, contains: `"current":"no-name"` } },
  },
  monitoring: {
    read: silence,
    ready: silence,
    clientToDb: silence,
    clientSees: { expect: { status: 200, contains: `"current":"timeout"` } },
  },
  "policy-lifecycle": {
    outside: silence,
    write: silence,
    read: silence,
    ready: silence,
    apiToDb: silence,
    clientToDb: silence,
    dbToApi: silence,
    clientSees: { expect: { status: 200, contains: `"current":"timeout"` } },
  },
  "policy-lifecycle.allow-api": {
    write: unsure,
    read: unsure,
    ready: hop("connect"),
    apiToDb: silence,
    clientToDb: silence,
    clientSees: unsure,
  },
  "policy-lifecycle.allow-db": { clientToDb: silence },
  "policy-lifecycle.removed": {},
};

const FULL = ".svc.cluster.local";

/** By which names everybody finds everybody: each name from its own namespace and from another one. */
const names: ProbeInput[] = [
  found("db", api),
  found("api", db),
  found("db.items", client),
  found("api.items", client),
  found("client.items-client", api),
  found(`db.items${FULL}`, client),
  found(`api.items${FULL}`, client),
  found(`client.items-client${FULL}`, db),
  {
    name: "a short name means a Service of one's own namespace: the client finds no db",
    from: client,
    ...lookup("db"),
    expect: { failure: "no-such-name" },
  },
  {
    name: "nor an api: that is what its requests fail by",
    from: client,
    ...lookup("api"),
    expect: { failure: "no-such-name" },
  },
  {
    name: "a headless Service's name stands for its pods",
    from: api,
    ...lookup("db-headless"),
    expect: {},
  },
  {
    name: "a port is found by its name (SRV), at the Service",
    from: client,
    ...lookup(`_http._tcp.api.items${FULL}`, "SRV"),
    expect: { matches: String.raw`0 \d+ ${SERVICES.api.port} api\.items\.svc\.cluster\.local\.?` },
  },
  {
    name: "and behind a headless one at each of its pods, by its name",
    from: api,
    ...lookup(`_tcp-postgresql._tcp.db-headless.items${FULL}`, "SRV"),
    expect: {
      matches: String.raw`0 \d+ ${SERVICES.db.port} db-0\.db-headless\.items\.svc\.cluster\.local\.?`,
    },
  },
];

function found(name: string, from: WorkloadRef): ProbeInput {
  return { name: `${from.workload} finds ${name}`, from, ...lookup(name), expect: {} };
}

/** The probes of a scenario. */
export function probesOf(scenario: ScenarioName): ProbeInput[] {
  const asked = ask(questions, answers[scenario]);
  return scenario === "discovery" ? [...asked, ...names] : asked;
}
