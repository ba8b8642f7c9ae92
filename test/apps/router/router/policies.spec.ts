import assert from "node:assert/strict";
import { mock } from "node:test";
import { freePort, Started } from "../../counter/servers.ts";
import {
  answering,
  type FakeReplica,
  resetting,
  silent,
  startReplica,
} from "../../shop/gateway/front.ts";
import { eventually, reallySleep, stopClock } from "../../shop/gateway/still-clock.ts";
import {
  at,
  countsOf,
  idOf,
  metric,
  type RouteInput,
  startReplicas,
  startRouter,
  type World,
} from "./world.ts";

/** No waits between retries. */
const HASTY = { backoff_seconds: 0 };

describe("router: what becomes of requests", () => {
  const started = new Started();
  afterEach(() => started.stop());

  describe("with several endpoints", () => {
    const both: RouteInput[] = [
      { path: "/x", to: "a" },
      { path: "/y", to: "a" },
    ];

    it("go to one after the other, over all routes to a service together", async () => {
      const replicas = await startReplicas(started, "a", 3);
      const world = await startRouter(started, { services: { a: at(replicas) }, routes: both });
      const went: string[] = [];
      for (const path of ["/x", "/y", "/x", "/x", "/y", "/y"]) {
        went.push((await world.get(path)).body);
      }
      assert.deepEqual(went, ["a-1", "a-2", "a-3", "a-1", "a-2", "a-3"]);
    });

    it("are spread by weight, and a weight of 0 gets nothing", async () => {
      const replicas = await startReplicas(started, "a", 3);
      const endpoints = replicas.map(({ url }, index) => ({ url, weight: [3, 1, 0][index] }));
      const world = await startRouter(started, {
        services: { a: { endpoints } },
        routes: [{ path: "/", to: "a" }],
      });
      for (let i = 0; i < 40; i++) await world.get("/");
      assert.deepEqual(countsOf(replicas), [30, 10, 0]);
    });

    it("go to who has the fewest under way, counted over all routes", async () => {
      const replicas = await startReplicas(started, "a", 2);
      const world = await startRouter(started, {
        services: { a: at(replicas, { balancer: "least-request" }) },
        routes: both,
      });
      const [one, two] = replicas as [FakeReplica, FakeReplica];
      let finish = () => {};
      one.respond = two.respond = (response) => {
        finish = () => response.end();
      };
      const slow = world.get("/x");
      await eventually(() => assert.equal(one.got.length + two.got.length, 1));
      const [busy, idle] = one.got.length ? [one, two] : [two, one];
      idle.respond = (response) => response.end();
      for (let i = 0; i < 10; i++) await world.get("/y");
      assert.deepEqual(countsOf([busy, idle]), [1, 10]);
      finish();
      await slow;
    });

    it("go to any of them at random", async () => {
      const replicas = await startReplicas(started, "a", 2);
      const world = await startRouter(started, {
        services: { a: at(replicas, { balancer: "random" }) },
        routes: [{ path: "/", to: "a" }],
      });
      const went: string[] = [];
      for (let i = 0; i < 200; i++) went.push((await world.get("/")).body);
      // 7 standard deviations, of how many go to one of them, and of how often it's the same one again.
      for (const count of [
        went.filter((id) => id === "a-1").length,
        went.filter((id, index) => id === went[index - 1]).length,
      ]) {
        assert.ok(count > 50 && count < 150, String(count));
      }
    });
  });

  describe("with shares", () => {
    async function split(sticky_by?: string) {
      const services = Object.fromEntries(
        await Promise.all(
          ["a", "b", "c"].map(async (name) => [name, await startReplicas(started, name, 1)]),
        ),
      ) as Record<"a" | "b" | "c", FakeReplica[]>;
      const world = await startRouter(started, {
        services: { a: at(services.a), b: at(services.b), c: at(services.c) },
        routes: [{ path: "/", shares: { a: 60, b: 40, c: 0 }, sticky_by }],
      });
      const counts = () => Object.values(services).map(([one]) => one?.got.length ?? 0);
      return { world, counts };
    }

    it("are split among services", async () => {
      const { world, counts } = await split();
      for (let i = 0; i < 300; i++) await world.get("/");
      const [a = 0, b = 0, c = 0] = counts();
      assert.deepEqual([a + b, c], [300, 0]);
      // 7 standard deviations.
      assert.ok(Math.abs(a - 180) < 60, String(a));
    });

    it("stay with a service by the value of a header field", async () => {
      const { world, counts } = await split("X-User");
      const seen = new Map<string, string>();
      for (let i = 0; i < 120; i++) {
        const user = `user-${i % 40}`;
        const { body } = await world.get("/", { headers: { "x-user": user } });
        assert.equal(seen.get(user) ?? body, body);
        seen.set(user, body);
      }
      const [a = 0, b = 0] = counts();
      assert.ok(a > 0 && b > 0);
    });
  });

  describe("that fail", () => {
    let replicas: FakeReplica[];
    let world: World;
    const start = async (route: Partial<RouteInput>, count = 2, service = {}) => {
      replicas = await startReplicas(started, "a", count);
      world = await startRouter(started, {
        services: { a: at(replicas, service) },
        routes: [{ path: "/", to: "a", ...route }],
      });
      return replicas as [FakeReplica, FakeReplica];
    };

    it("are sent again, elsewhere, and the answer says how often", async () => {
      const [bad] = await start({ retries: HASTY });
      bad.respond = answering(500);
      for (let i = 0; i < 4; i++) {
        const { status, headers } = await world.get("/");
        assert.deepEqual([status, headers["x-upstream-attempts"]], [200, i % 2 ? "1" : "2"]);
      }
      assert.deepEqual(await metric(world, "router_retries_total"), {
        "route=root,service=a,reason=5xx": 2,
      });
      assert.deepEqual(await metric(world, "router_attempts_total"), {
        "service=a,outcome=5xx": 2,
        "service=a,outcome=2xx": 4,
      });
    });

    it("are sent as often as the route says, and no more", async () => {
      const [one, two] = await start({ retries: { ...HASTY, attempts: 3 } });
      one.respond = two.respond = answering(503);
      const { status, headers, body } = await world.get("/");
      assert.deepEqual([status, headers["x-upstream-attempts"], body], [503, "4", "status 503"]);
      await start({ retries: { attempts: 0 } }, 1);
      for (const replica of replicas) replica.respond = answering(503);
      assert.equal((await world.get("/")).headers["x-upstream-attempts"], "1");
    });

    it("are sent again only on what the route says", async () => {
      const [one] = await start({ retries: { ...HASTY, on: ["reset"], status_codes: [429] } }, 1);
      const attempts = async () => (await world.get("/")).headers["x-upstream-attempts"];
      for (const [status, tries] of [
        [500, "1"],
        [404, "1"],
        [429, "2"],
      ] as const) {
        one.respond = answering(status);
        assert.equal(await attempts(), tries, String(status));
      }
      one.respond = resetting;
      assert.equal(await attempts(), "2");
    });

    it("are sent once if they aren't idempotent, unless they say so or nobody has seen them", async () => {
      const [one, two] = await start({ retries: HASTY });
      one.respond = two.respond = answering(500);
      const tries = async (method: string, headers = {}) =>
        (await world.get("/", { method, headers })).headers["x-upstream-attempts"];
      assert.equal(await tries("POST"), "1");
      assert.equal(await tries("PATCH"), "1");
      assert.equal(await tries("PUT"), "2");
      assert.equal(await tries("POST", { "idempotency-key": '"1"' }), "2");
      one.respond = two.respond = resetting;
      assert.equal(await tries("POST"), "1");
      const dead = { url: `http://127.0.0.1:${await freePort()}` };
      const other = await startRouter(started, {
        services: { a: at([dead, one]) },
        routes: [{ path: "/", to: "a" }],
      });
      one.respond = answering(200);
      const { status, headers } = await other.get("/", { method: "POST" });
      assert.deepEqual([status, headers["x-upstream-attempts"]], [200, "2"]);
    });

    it("wait with a jitter that doubles up to its maximum", async () => {
      const restore = mock.method(Math, "random", () => 0.5).mock;
      started.add(() => restore.restore());
      const [one] = await start(
        { retries: { attempts: 4, backoff_seconds: 1, max_backoff_seconds: 4 } },
        1,
      );
      one.respond = answering(500);
      started.add(stopClock());
      const asked = world.get("/");
      // Half of 1, 3, and then 4 s.
      for (const [index, ms] of [500, 1500, 2000, 2000].entries()) {
        await eventually(() => assert.equal(one.got.length, index + 1));
        await reallySleep(20);
        mock.timers.tick(ms - 1);
        await reallySleep(20);
        assert.equal(one.got.length, index + 1);
        mock.timers.tick(1);
      }
      assert.equal((await asked).headers["x-upstream-attempts"], "5");
    });

    it("are refused a retry when the route's budget is spent, which another route's isn't", async () => {
      const [one] = await start({}, 1, { circuit_breaker: { failure_threshold: 1000 } });
      const retries = { attempts: 1, backoff_seconds: 3600, max_backoff_seconds: 3600 };
      const budget = { percent: 0, min: 2 };
      world = await startRouter(started, {
        services: { a: at([one], { circuit_breaker: { failure_threshold: 1000 } }) },
        routes: [
          { path: "/x", to: "a", retries: { ...retries, budget } },
          { path: "/y", to: "a", retries: { ...HASTY, budget: { percent: 0, min: 1 } } },
        ],
      });
      one.respond = answering(500);
      const leaving = new AbortController();
      const waiting = [1, 2].map(() => world.get("/x", { signal: leaving.signal }).catch(() => {}));
      await eventually(async () => {
        const retried = await metric(world, "router_retries_total");
        assert.equal(retried["route=x,service=a,reason=5xx"], 2);
      });
      assert.equal((await world.get("/x")).headers["x-upstream-attempts"], "1");
      assert.equal((await world.get("/y")).headers["x-upstream-attempts"], "2");
      assert.deepEqual(await metric(world, "router_retries_refused_total"), {
        "route=x,service=a": 1,
      });
      leaving.abort();
      await Promise.all(waiting);
    });
  });

  describe("that take long", () => {
    it("are given up by the try, and sent elsewhere", async () => {
      const replicas = await startReplicas(started, "a", 2);
      const [slow] = replicas as [FakeReplica];
      slow.respond = silent;
      const world = await startRouter(started, {
        services: { a: at(replicas) },
        routes: [{ path: "/", to: "a", timeout: { per_try_seconds: 0.1 }, retries: HASTY }],
      });
      const { status, body, headers } = await world.get("/");
      assert.deepEqual([status, body, headers["x-upstream-attempts"]], [200, "a-2", "2"]);
      assert.deepEqual(await metric(world, "router_retries_total"), {
        "route=root,service=a,reason=per-try-timeout": 1,
      });
    });

    it("are 504 when the time for all tries is up", async () => {
      const [slow] = (await startReplicas(started, "a", 1)) as [FakeReplica];
      slow.respond = silent;
      const world = await startRouter(started, {
        services: { a: at([slow]) },
        routes: [
          {
            path: "/",
            to: "a",
            timeout: { per_try_seconds: 0.1, overall_seconds: 0.25 },
            retries: { ...HASTY, attempts: 10 },
          },
        ],
      });
      const { status, body, headers } = await world.get("/");
      assert.equal(status, 504);
      assert.match(JSON.parse(body).error, /^a: the call with its retries took longer than 250 ms/);
      assert.equal(headers["x-upstream-attempts"], "3");
      assert.equal((await metric(world, "router_attempts_total"))["service=a,outcome=ended"], 1);
    });
  });

  describe("to a service that keeps failing", () => {
    const circuit_breaker = { failure_threshold: 3, timeout_seconds: 30 };
    let a: FakeReplica;
    let world: World;

    beforeEach(async () => {
      a = await startReplica(started, "a-1");
      world = await startRouter(started, {
        services: { a: at([a], { circuit_breaker }) },
        routes: [
          { path: "/x", to: "a", retries: { attempts: 0 } },
          { path: "/y", to: "a", retries: { attempts: 0 } },
        ],
      });
      started.add(stopClock());
      a.respond = answering(500);
      for (let i = 0; i < 3; i++) assert.equal((await world.get("/x")).status, 500);
    });

    const circuit = async () => (await world.ask("GET", "/router/status")).body.services.a.circuit;

    it("are refused on all its routes while the circuit is open", async () => {
      const { status, headers, body } = await world.get("/y");
      assert.deepEqual(
        [status, headers["retry-after"], headers["x-upstream-attempts"], a.got.length],
        [503, "30", "0", 3],
      );
      assert.match(JSON.parse(body).error, /^a keeps failing: .*; see GET :9901\/router\/status$/);
      assert.deepEqual(await circuit(), {
        state: "open",
        failures: 3,
        since: "1970-01-01T00:00:00.000Z",
        retryAfterMs: 30_000,
      });
      assert.deepEqual(world.lines, ["circuit of a: closed -> open"]);
      assert.deepEqual(await metric(world, "router_circuit_state"), { "service=a": 2 });
    });

    it("are tried once after a while; a success closes the circuit, a failure opens it again", async () => {
      mock.timers.tick(30_000);
      assert.deepEqual(await metric(world, "router_circuit_state"), { "service=a": 1 });
      assert.equal((await world.get("/y")).status, 500);
      assert.equal((await world.get("/x")).status, 503);
      mock.timers.tick(30_000);
      a.respond = answering(200);
      assert.equal((await world.get("/y")).status, 200);
      assert.equal((await world.get("/x")).status, 200);
      assert.deepEqual(await metric(world, "router_circuit_state"), { "service=a": 0 });
      assert.deepEqual(await metric(world, "router_circuit_changes_total"), {
        "service=a,to=open": 2,
        "service=a,to=half-open": 2,
        "service=a,to=closed": 1,
      });
    });

    it("go through again at once after a reset", async () => {
      a.respond = answering(200);
      const { status, body } = await world.ask("POST", "/router/services/a/reset");
      assert.deepEqual([status, body.circuit.state], [200, "closed"]);
      assert.equal((await world.get("/x")).status, 200);
    });
  });

  describe("with an endpoint that keeps failing", () => {
    it("go elsewhere for a while, from all routes, until it's over or taken back", async () => {
      const replicas = await startReplicas(started, "a", 2);
      const [bad] = replicas as [FakeReplica];
      bad.respond = answering(500);
      const outlier_detection = {
        consecutive_errors: 2,
        ejection_seconds: 10,
        max_ejection_percent: 50,
      };
      const world = await startRouter(started, {
        services: { a: at(replicas, { outlier_detection }) },
        routes: [
          { path: "/x", to: "a", retries: { attempts: 0 } },
          { path: "/y", to: "a", retries: { attempts: 0 } },
        ],
      });
      started.add(stopClock());
      const ejected = async () =>
        (await world.ask("GET", "/router/status")).body.services.a.endpoints
          .filter((one: { ejected: boolean }) => one.ejected)
          .map(({ address }: { address: string }) => address);
      for (let i = 0; i < 10; i++) await world.get(i % 4 < 2 ? "/x" : "/y");
      assert.equal(bad.got.length, 2);
      assert.deepEqual(await ejected(), [idOf(bad)]);
      assert.deepEqual(await metric(world, "router_endpoints"), {
        "service=a,state=healthy": 1,
        "service=a,state=ejected": 1,
      });
      mock.timers.tick(10_000);
      for (let i = 0; i < 8; i++) await world.get("/x");
      assert.equal(bad.got.length, 4, "it's tried again, and ejected again");
      bad.respond = answering(200);
      await world.ask("POST", "/router/services/a/reset");
      assert.deepEqual(await ejected(), []);
      for (let i = 0; i < 8; i++) await world.get("/x");
      assert.equal(bad.got.length, 8);
    });
  });

  it("are 503 without an endpoint, and 502 if nobody listens", async () => {
    const port = await freePort();
    const world = await startRouter(
      started,
      {
        services: {
          a: { endpoints: [{ url: "http://gone:8080" }] },
          b: { endpoints: [{ url: `http://127.0.0.1:${port}` }] },
        },
        routes: [
          { path: "/x", to: "a" },
          { path: "/y", to: "b", retries: HASTY },
        ],
      },
      { lookup: async () => [] },
    );
    const nobody = await world.get("/x");
    assert.deepEqual(
      [nobody.status, JSON.parse(nobody.body)],
      [503, { error: "a has no healthy replica; see GET :9901/router/status" }],
    );
    const { status, body } = await world.get("/y");
    assert.equal(status, 502);
    assert.match(JSON.parse(body).error, /^b: no answer from 127\.0\.0\.1:\d+: connect-failure: /);
  });
});
