import assert from "node:assert/strict";
import { eventually, freePort, Started } from "../../counter/servers.ts";
import { described, fuzz } from "../../shop/fuzz.ts";
import { answering, type FakeReplica, silent, startReplica } from "../../shop/gateway/front.ts";
import { at, idOf, metric, seed, startRouter, type World } from "./world.ts";

describe(`router: the admin API (MICROMESH_SEED=${seed})`, () => {
  const started = new Started();
  afterEach(() => started.stop());

  it("shows what runs", async () => {
    const a = await startReplica(started, "a-1");
    const world = await startRouter(started, {
      services: { a: { endpoints: [{ url: a.url, weight: 2 }] } },
      routes: [
        { path: "/x", to: "a" },
        { path: "/y", shares: { a: 1 }, faults: { abort: { status: 500, percent: 0 } } },
      ],
    });
    a.respond = silent;
    const leaving = new AbortController();
    const asked = world.get("/x", { signal: leaving.signal });
    await eventually(() => assert.equal(a.got.length, 1));
    const { status, body } = await world.ask("GET", "/router/status");
    assert.equal(status, 200);
    const { hash, loadedAt, error } = body.config;
    assert.match(hash, /^[0-9a-f]{10}$/);
    assert.ok(Math.abs(Date.now() - Date.parse(loadedAt)) < 5000);
    assert.equal(error, null);
    assert.deepEqual(body.routes, {
      x: { path: "/x", to: "a", faults: {} },
      y: { path: "/y", to: { a: 1 }, faults: { abort: { percent: 0, status: 500 } } },
    });
    const { circuit, endpoints } = body.services.a;
    assert.deepEqual([circuit.state, circuit.failures, circuit.retryAfterMs], ["closed", 0, 0]);
    assert.deepEqual(endpoints, [{ address: idOf(a), weight: 2, active: 1, ejected: false }]);
    leaving.abort();
    await assert.rejects(asked);
    const config = (await world.ask("GET", "/router/config")).body;
    assert.deepEqual(config, JSON.parse(JSON.stringify(world.router.running.config)));
    assert.equal(config.routes[0].timeout.overall_seconds, 15);
  });

  it("begins with where to look", async () => {
    const world = await startRouter(started, { services: {}, routes: [] });
    for (const path of Object.values((await world.ask("GET", "/router")).body)) {
      assert.equal((await world.ask("GET", String(path))).status, 200, String(path));
    }
  });

  it("resets only services that there are", async () => {
    const world = await startRouter(started, {
      services: { a: at([{ url: "http://127.0.0.1:1" }]) },
      routes: [],
    });
    for (const [method, path] of [
      ["POST", "/router/services/constructor/reset"],
      ["GET", "/router/services/b/behaviour"],
    ] as const) {
      const { status, body } = await world.ask(method, path);
      const name = path.split("/")[3];
      const error = `there is no service ${name}; there are a`;
      assert.deepEqual([status, body], [404, { error }]);
    }
  });

  it("is ready when each name has been looked up once, or failed to be", async () => {
    const waiting: ((error: Error) => void)[] = [];
    const world = await startRouter(
      started,
      { services: { a: { endpoints: [{ url: "http://a:1" }] } }, routes: [] },
      { lookup: () => new Promise((_, reject) => waiting.push(reject)) },
    );
    assert.deepEqual(await world.ask("GET", "/ready"), { status: 503, body: { ready: false } });
    assert.equal((await world.ask("GET", "/health")).status, 200);
    waiting[0]?.(new Error("ENOTFOUND"));
    await eventually(async () => {
      assert.deepEqual(await world.ask("GET", "/ready"), { status: 200, body: { ready: true } });
    });
  });

  describe("for the behaviour of a service's replicas", () => {
    /** A replica's admin port. */
    let replica: FakeReplica;
    let world: World;

    beforeEach(async () => {
      replica = await startReplica(started, "a-1");
      replica.respond = (response) => response.end('{"delay_seconds":1}');
      world = await startRouter(
        started,
        {
          services: {
            a: {
              endpoints: [{ url: "http://a:1" }, { url: "http://a:2" }],
              admin_port: Number(new URL(replica.url).port),
            },
          },
          routes: [],
        },
        { lookup: async () => ["127.0.0.1"] },
      );
      await eventually(() => assert.ok(world.router.isReady()));
    });

    it("asks each of them once", async () => {
      const { status, body } = await world.ask("GET", "/router/services/a/behaviour");
      assert.deepEqual(
        [status, body],
        [200, { replicas: { "127.0.0.1": { status: 200, body: { delay_seconds: 1 } } } }],
      );
      const [got, ...more] = replica.got;
      assert.deepEqual([got?.method, got?.url, more.length], ["GET", "/behaviour", 0]);
    });

    it("tells each of them", async () => {
      const behaviour = { fail_percent: 50, unknown: [1] };
      const { status } = await world.ask("PUT", "/router/services/a/behaviour", behaviour);
      assert.equal(status, 200);
      const [got] = replica.got;
      assert.deepEqual(
        [got?.method, got?.headers["content-type"], JSON.parse(got?.body ?? "")],
        ["PUT", "application/json", behaviour],
      );
    });

    it("says who refuses, and who can't be asked", async () => {
      replica.respond = (response) => response.writeHead(400).end('{"error":"so it is"}');
      assert.deepEqual(await world.ask("PUT", "/router/services/a/behaviour", {}), {
        status: 400,
        body: {
          error: "127.0.0.1 answered 400: so it is",
          replicas: { "127.0.0.1": { status: 400, body: { error: "so it is" } } },
        },
      });
      replica.respond = answering(500);
      const failing = await world.ask("GET", "/router/services/a/behaviour");
      assert.equal(failing.status, 502);
      assert.equal(failing.body.error, "127.0.0.1 can't be asked: it answered 500");
      replica.respond = (response) => response.end("x".repeat(70_000));
      const talking = await world.ask("GET", "/router/services/a/behaviour");
      assert.equal(talking.status, 502);
      assert.match(talking.body.replicas["127.0.0.1"].error, /over 65536 bytes/);
      replica.respond = silent;
      const late = await world.ask("GET", "/router/services/a/behaviour");
      assert.equal(late.status, 502);
      assert.equal(late.body.error, "127.0.0.1 can't be asked: no answer within 2000 ms");
      const dead = await startRouter(started, {
        services: { a: { ...at([{ url: "http://127.0.0.1:1" }]), admin_port: await freePort() } },
        routes: [],
      });
      const { status, body } = await dead.ask("GET", "/router/services/a/behaviour");
      assert.equal(status, 502);
      assert.match(body.replicas["127.0.0.1"].error, /ECONNREFUSED/);
    });

    it("is refused if it's no object, or not in JSON", async () => {
      for (const body of [[], null, 1, "x"]) {
        const answered = await world.ask("PUT", "/router/services/a/behaviour", body);
        assert.deepEqual(
          [answered.status, answered.body],
          [400, { error: "body: it must be an object" }],
        );
      }
      assert.equal(replica.got.length, 0);
    });
  });

  it("answers requests of all kinds in JSON, never by a 5xx", async () => {
    const a = await startReplica(started, "a-1");
    a.respond = (response) => response.end("{}");
    const port = Number(new URL(a.url).port);
    // Names that the requests use.
    const names = ["ann", "bob", "p-1", "p-2", "o-1", "catalog"];
    const service = { ...at([a]), admin_port: port };
    const world = await startRouter(started, {
      services: Object.fromEntries(names.map((name) => [name, service])),
      routes: names.map((name) => ({ name, path: `/${name}`, to: name })),
    });
    const { body: document } = await world.ask("GET", "/router/openapi.json");
    const operations = described(document);
    assert.deepEqual(operations.map(({ method, path }) => `${method} ${path}`).sort(), [
      "GET /router/config",
      "GET /router/services/{name}/behaviour",
      "GET /router/status",
      "POST /router/reload",
      "POST /router/services/{name}/reset",
      "PUT /router/routes/{name}/faults",
      "PUT /router/services/{name}/behaviour",
    ]);
    const statuses = await fuzz(world.admin, operations, { seed, numRuns: 1200 });
    for (const { method, path } of operations) {
      const seen = statuses.get(`${method} ${path}`);
      // A body that is right is rare; that one is wrong is said where it would have been taken.
      assert.ok(seen?.has(200) || (method === "PUT" && seen?.has(400)), `${method} ${path}`);
    }
    assert.equal((await world.ask("GET", "/ready")).status, 200);
  });

  it("shows what it counts, by names of the config alone", async () => {
    const a = await startReplica(started, "a-1");
    const world = await startRouter(started, {
      services: { a: at([a]) },
      routes: [{ path: "/x", to: "a" }],
    });
    for (let i = 0; i < 5; i++) await world.get(`/x/${i}`);
    for (let i = 0; i < 5; i++) await world.get(`/${i}`);
    assert.deepEqual(await metric(world, "router_requests_total"), {
      "route=x,service=a,code=200": 5,
      "route=none,service=none,code=404": 5,
    });
    const counts = await metric(world, "router_request_duration_seconds_count");
    assert.deepEqual(counts, { "route=x,service=a": 5, "route=none,service=none": 5 });
    assert.deepEqual(await metric(world, "router_endpoints"), {
      "service=a,state=healthy": 1,
      "service=a,state=ejected": 0,
    });
    assert.deepEqual(await metric(world, "router_circuit_state"), { "service=a": 0 });
    assert.deepEqual(await metric(world, "router_config_valid"), { "": 1 });
    const response = await fetch(`${world.admin}/metrics`);
    assert.match(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
    assert.match(await response.text(), /^# HELP router_requests_total /);
    world.write({ services: { b: at([a]) }, routes: [] });
    await world.ask("POST", "/router/reload");
    assert.deepEqual(await metric(world, "router_circuit_state"), { "service=b": 0 });
  });
});
