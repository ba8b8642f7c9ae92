/**
 * What a client sees of a Service one of whose endpoints is bad, with and without sidecars. What is expected
 * here was seen on a real cluster, with Istio 1.31 and Envoy 1.40 without any traffic rule.
 */
import assert from "node:assert/strict";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { Simulator } from "../../micromesh/simulator/simulator.ts";
import { app, declarationOf, labelsOf, namespace, object, service, until } from "./declaration.ts";

const READY_MS = 20_000;
const REQUESTS = 120;

/** Its name, 503 or a reset on demand; `/held` keeps the connection busy; and TCP on 9090. */
const SERVER = `
import http from "node:http";
import net from "node:net";
import os from "node:os";
const seen = {};
http.createServer((request, response) => {
  seen[request.url] = (seen[request.url] ?? 0) + 1;
  if (request.url.startsWith("/503")) response.writeHead(503).end("my own");
  else if (request.url === "/seen") response.end(JSON.stringify(seen));
  else if (request.url === "/held") response.write(os.hostname());
  else response.end(os.hostname());
}).listen(8080);
net.createServer((socket) => socket.on("error", () => {}).end(os.hostname())).listen(9090);
`;

/** Runs, and is ready, but listens nowhere. */
const DEAF = "setInterval(() => {}, 1 << 30);";

const LIBRARY = `
import http from "node:http";
import net from "node:net";
import os from "node:os";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
const found = (name, value) => console.log("found " + JSON.stringify([name, value]));
const get = async (url) => {
  const began = performance.now();
  const answer = await new Promise((resolve) => http.get(url, { agent: false })
    .on("response", async (response) => resolve([response.statusCode, await text(response)].join(" ")))
    .on("error", (error) => resolve(error.code)));
  return { answer, ms: performance.now() - began };
};
const tcp = async (host) => {
  const began = performance.now();
  const socket = net.connect(90, host);
  socket.write("hello hello");
  const answer = await text(socket).catch((error) => error.code);
  return { answer: answer || "closed", ms: performance.now() - began };
};
const times = async (count, ask) => {
  const all = [];
  for (let i = 0; i < count; i++) all.push(await ask());
  return all;
};
setInterval(() => {}, 1 << 30);
`;

const CLIENT = `${LIBRARY}
for (const kind of ["meshed", "plain"]) {
  found(kind, await times(${REQUESTS}, () => get("http://" + kind + "/")));
  found(kind + " tcp", await times(${REQUESTS}, () => tcp(kind)));
  found(kind + " alone", await times(20, () => get("http://" + kind + "-deaf/")));
  found(kind + " tcp alone", await times(3, () => tcp(kind + "-deaf")));
}
found("own 503", (await get("http://meshed-good/503/" + os.hostname())).answer);
const seen = await times(12, () => get("http://meshed-good/seen"));
found("seen", seen.map(({ answer }) => JSON.parse(answer.slice(4))["/503/" + os.hostname()] ?? 0));
const [response] = await once(http.get("http://meshed-good/held", { agent: false }), "response");
const [name] = await once(response, "data");
found("held", name.toString());
found("good", await times(3 * ${REQUESTS}, async () => {
  // By then the connection before is closed.
  await setTimeout(3);
  return get("http://meshed-good/");
}));
found("done", true);
`;

/** Asks for what takes 10 s all at once. */
const PATIENT = `${LIBRARY}
const [overHttp, overTcp] = await Promise.all([
  Promise.all(Array.from({ length: 12 }, () => get("http://half-shut/"))),
  Promise.all(Array.from({ length: 12 }, () => tcp("half-shut"))),
]);
found("http", overHttp);
found("tcp", overTcp);
found("done", true);
`;

type Asked = { answer: string; ms: number }[];

const injected = { "sidecar.istio.io/inject": "true" };
const ports = {
  ports: [
    { name: "http", port: 80, targetPort: 8080 },
    { name: "tcp", port: 90, targetPort: 9090 },
  ],
};
const port = { name: "http", port: 80, targetPort: 8080 };

/** Two pods that serve, one that doesn't, and Services: for all of them, for either kind. */
function trio(kind: string, labels: Record<string, string>): KubernetesObject[] {
  const all = { ...labels, kind };
  return [
    ...app({
      namespace: "net",
      name: `${kind}-good`,
      source: SERVER,
      replicas: 2,
      labels: all,
      port: 8080,
    }),
    ...app({ namespace: "net", name: `${kind}-deaf`, source: DEAF, labels: all }),
    service("net", kind, port, { ...ports, selector: { kind } }),
    service("net", `${kind}-good`, port, ports),
    service("net", `${kind}-deaf`, port, ports),
  ];
}

const shut = (name: string) =>
  object(
    "networking.k8s.io/v1",
    "NetworkPolicy",
    { name, namespace: "net" },
    { spec: { podSelector: { matchLabels: labelsOf(name) }, policyTypes: ["Ingress"] } },
  );

/** How many there were of each answer; names of pods count as one. */
function tally(asked: Asked): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { answer } of asked) {
    const kind = answer.replace(/\b[\w-]+-good-[\w-]+/, "name");
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

const meanMs = (asked: Asked) => asked.reduce((sum, { ms }) => sum + ms, 0) / asked.length;

/** Six standard deviations: befalls a right program once in hundreds of millions of times. */
function assertShare(hits: number | undefined, draws: number, p: number): void {
  const bound = 6 * Math.sqrt(draws * p * (1 - p));
  assert.ok(Math.abs((hits ?? 0) - draws * p) <= bound, `${hits} of ${draws}, expected ${p}`);
}

const REFUSED =
  "503 upstream connect error or disconnect/reset before headers. retried and the latest reset reason: remote connection failure";

describe("endpoints that fail, as clients see them", () => {
  let simulator: Simulator;
  const findings = new Map<string, Map<string, unknown>>();
  const of = <T = Asked>(client: string, what: string) => findings.get(client)?.get(what) as T;

  async function findingsOf(client: string): Promise<Map<string, unknown>> {
    const printed = () => {
      const pod = simulator.cluster.statuses.find((p) => p.name.startsWith(`${client}-`));
      return simulator.lines.of(`net/${pod?.name}`).map(({ line }) => line);
    };
    const results = () =>
      new Map<string, unknown>(
        printed()
          .filter((line) => line.startsWith("found "))
          .map((line) => JSON.parse(line.slice("found ".length))),
      );
    await until(`${client} is done`, () => results().has("done"), 40_000).catch((error) =>
      assert.fail(`${error.message}; it printed:\n${printed().join("\n").slice(0, 2_000)}`),
    );
    return results();
  }

  before(async function () {
    this.timeout(90_000);
    const servers = [
      namespace("net"),
      ...trio("meshed", injected),
      ...trio("plain", {}),
      ...["open", "shut"].flatMap((name) =>
        app({
          namespace: "net",
          name: `${name}-good`,
          source: SERVER,
          labels: { kind: "half" },
          port: 8080,
        }),
      ),
      service("net", "half-shut", port, { ...ports, selector: { kind: "half" } }),
      shut("shut-good"),
    ];
    const clients = [
      ...app({ namespace: "net", name: "client", source: CLIENT, labels: injected }),
      ...app({ namespace: "net", name: "outsider", source: CLIENT }),
      ...app({ namespace: "net", name: "patient", source: PATIENT, labels: injected }),
    ];
    const charts: [string, string][] = [
      ["cilium", "kube-system"],
      ["istiod", "istio-system"],
    ];
    simulator = await Simulator.start(declarationOf(servers, charts), { gatewayPort: 0 });
    await simulator.settled(READY_MS);
    await simulator.apply(declarationOf([...servers, ...clients], charts));
    await Promise.all(
      ["client", "outsider", "patient"].map(async (name) =>
        findings.set(name, await findingsOf(name)),
      ),
    );
  });

  after(async function () {
    this.timeout(15_000);
    await simulator?.stop();
  });

  it("a server without sidecar that refuses is never seen: its caller's sidecar goes elsewhere", () => {
    assert.deepEqual(tally(of("client", "plain")), { "200 name": REQUESTS });
  });

  it("alone, it's tried three times, after waits of up to 25 and 75 ms", () => {
    const asked = of("client", "plain alone");
    assert.deepEqual(tally(asked), { [REFUSED]: 20 });
    // 50 ms on average, and a mean of 20 strays by 5 ms.
    const waited = meanMs(asked) - meanMs(of("client", "good"));
    assert.ok(waited > 20 && waited < 150, `${waited} ms`);
  });

  it("one that has a sidecar is: that answers for it, which the caller's doesn't retry", () => {
    const answers = tally(of("client", "meshed"));
    assert.deepEqual(Object.keys(answers).sort(), ["200 name", REFUSED]);
    assertShare(answers[REFUSED], REQUESTS, 1 / 3);
    assert.deepEqual(tally(of("client", "meshed alone")), { [REFUSED]: 20 });
  });

  it("so does a client without sidecar see it, and a refusal where there is none at all", () => {
    const meshed = tally(of("outsider", "meshed"));
    assert.deepEqual(Object.keys(meshed).sort(), ["200 name", REFUSED]);
    assertShare(meshed[REFUSED], REQUESTS, 1 / 3);
    const plain = tally(of("outsider", "plain"));
    assert.deepEqual(Object.keys(plain).sort(), ["200 name", "ECONNREFUSED"]);
    assertShare(plain.ECONNREFUSED, REQUESTS, 1 / 3);
    assert.deepEqual(tally(of("outsider", "plain tcp alone")), { ECONNREFUSED: 3 });
  });

  it("TCP isn't tried twice: a connection to who refuses is closed", () => {
    for (const kind of ["meshed", "plain"]) {
      const answers = tally(of("client", `${kind} tcp`));
      assert.deepEqual(Object.keys(answers).sort(), ["closed", "name"]);
      assertShare(answers.closed, REQUESTS, 1 / 3);
      assert.deepEqual(tally(of("client", `${kind} tcp alone`)), { closed: 3 });
    }
    assert.deepEqual(tally(of("outsider", "meshed tcp alone")), { closed: 3 });
  });

  it("an answer of 503 isn't retried", () => {
    assert.equal(of<string>("client", "own 503"), "503 my own");
    assert.equal(Math.max(...of<number[]>("client", "seen")), 1);
  });

  it("of two endpoints, one busy, a sidecar chooses the busy one a quarter of the time", () => {
    const busy = `200 ${of<string>("client", "held")}`;
    const asked = of("client", "good");
    assertShare(asked.filter(({ answer }) => answer === busy).length, asked.length, 1 / 4);
    const byChance = of("outsider", "good").filter(
      ({ answer }) => answer === `200 ${of<string>("outsider", "held")}`,
    );
    assertShare(byChance.length, asked.length, 1 / 2);
  });

  it("an endpoint that nothing gets to costs 10 s, then HTTP goes elsewhere and TCP is closed", () => {
    const isSlow = ({ ms }: { ms: number }) => ms >= 10_000 && ms < 13_000;
    const http = of("patient", "http");
    assert.deepEqual(tally(http), { "200 name": 12 });
    assert.ok(http.some(isSlow) && http.some(({ ms }) => ms < 5_000));
    const tcp = of("patient", "tcp");
    assert.deepEqual(Object.keys(tally(tcp)).sort(), ["closed", "name"]);
    for (const one of tcp) assert.equal(one.answer === "closed", isSlow(one), JSON.stringify(one));
  });
});
