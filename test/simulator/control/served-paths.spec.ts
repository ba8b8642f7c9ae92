import assert from "node:assert/strict";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { Metrics } from "../../../micromesh/simulator/control/metrics.ts";
import { serveControl } from "../../../micromesh/simulator/control/server.ts";
import { Simulator } from "../../../micromesh/simulator/simulator.ts";
import { app, declarationOf, labelsOf, namespace, object } from "../declaration.ts";

/** Tells what it was asked. */
const ECHO = `
import http from "node:http";
http.createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  const { method, url, headers } = request;
  response.writeHead(201, { "x-own": "echo", "set-cookie": ["a=1", "b=2"] });
  response.end(JSON.stringify({ method, url, type: headers["content-type"], body }));
}).listen(8080);
http.createServer((request, response) => response.end("administration of " + request.url)).listen(9901);
`;

const echo = (replicas: number) => [
  namespace("shop"),
  ...app({ namespace: "shop", name: "echo", source: ECHO, port: 8080, replicas }),
  object(
    "v1",
    "Service",
    {
      name: "registry",
      namespace: "shop",
      annotations: { "micromesh/control-paths": "/services,/health-check,/admin:9901" },
    },
    {
      spec: {
        selector: labelsOf("echo"),
        ports: [
          { name: "http", port: 8081, targetPort: 8080 },
          { name: "http-admin", port: 9901, targetPort: 9901 },
        ],
      },
    },
  ),
];

describe("paths of the control port that Services ask for", function () {
  this.timeout(30_000);
  let simulator: Simulator;
  let control: Awaited<ReturnType<typeof serveControl>>;

  before(async () => {
    simulator = await Simulator.start(declarationOf(echo(1)), { gatewayPort: 0 });
    control = await serveControl(simulator, {
      port: 0,
      stack: "test",
      metrics: new Metrics(),
      changeScenarios: () => assert.fail("nobody asked"),
    });
    await simulator.settled(15_000);
  });
  after(async () => {
    await control?.close();
    await simulator?.stop();
  });

  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${control.port}${path}`, init);

  const answers = async (status: number) => {
    const end = performance.now() + 10_000;
    while ((await ask("/services")).status !== status) {
      if (performance.now() > end) assert.fail(`no ${status} within 10 s`);
      await sleep(20);
    }
  };

  it("lead to their pods as they are, with what is below them", async () => {
    const answer = await ask("/services/a%2Fb?q=1&q=2");
    assert.equal(answer.status, 201);
    assert.equal(answer.headers.get("x-own"), "echo");
    assert.deepEqual(answer.headers.getSetCookie(), ["a=1", "b=2"]);
    assert.deepEqual(await answer.json(), {
      method: "GET",
      url: "/services/a%2Fb?q=1&q=2",
      body: "",
    });
  });

  it("lead to another port than the first where they name one", async () => {
    const answer = await ask("/admin/status?a=1");
    assert.equal(await answer.text(), "administration of /admin/status?a=1");
  });

  it("take any method and body, which the simulator's own paths don't", async () => {
    const body = "plain";
    const answer = await ask("/health-check", { method: "POST", body });
    const type = "text/plain;charset=UTF-8";
    assert.deepEqual(await answer.json(), { method: "POST", url: "/health-check", type, body });
    assert.equal((await ask("/api/scenarios", { method: "POST", body })).status, 415);
  });

  it("are whole segments, and no others", async () => {
    assert.equal((await ask("/servicesx")).status, 404);
    assert.equal((await ask("/")).status, 200);
    const { micromesh } = (await (await ask("/healthz")).json()) as { micromesh: boolean };
    assert.equal(micromesh, true);
  });

  it("are for this machine's own host names only", async () => {
    const status = await new Promise((resolve, reject) => {
      const { port } = control;
      request({ port, path: "/services", headers: { host: "evil.example" } }, async (answer) => {
        await text(answer);
        resolve(answer.statusCode);
      })
        .on("error", reject)
        .end();
    });
    assert.equal(status, 421);
  });

  it("answer 503 while no pod is there, and again when one is", async () => {
    await simulator.apply(declarationOf(echo(0)));
    await answers(503);
    assert.match(await (await ask("/services")).text(), /no pod behind Service shop\/registry/);
    await simulator.apply(declarationOf(echo(1)));
    await answers(201);
  });
});
