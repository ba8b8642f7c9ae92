import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { mock } from "node:test";
import { stringify } from "yaml";
import type { RouterConfigInput } from "../../../../apps/router/router/config.ts";
import { ConfigFile } from "../../../../apps/router/router/config-file.ts";
import { Started } from "../../counter/servers.ts";
import { answering, type FakeReplica, startReplica } from "../../shop/gateway/front.ts";
import { eventually, reallySleep, stopClock } from "../../shop/gateway/still-clock.ts";
import { at, countsOf, idOf, metric, startReplicas, startRouter, type World } from "./world.ts";

describe("router: a change of the config", () => {
  const started = new Started();
  let a: FakeReplica;
  let b: FakeReplica;
  let config: RouterConfigInput;
  let world: World;

  beforeEach(async () => {
    a = await startReplica(started, "a-1");
    b = await startReplica(started, "b-1");
    config = {
      services: { a: at([a]), b: at([b]) },
      routes: [
        { path: "/a", to: "a", retries: { backoff_seconds: 0 } },
        { path: "/b", to: "b" },
      ],
    };
    world = await startRouter(started, config);
  });
  afterEach(() => started.stop());

  async function change(next: RouterConfigInput | string) {
    world.write(next);
    return world.ask("POST", "/router/reload");
  }

  const withoutA = (): RouterConfigInput => ({
    services: { b: at([b]) },
    routes: [{ path: "/b", to: "b" }],
  });

  it("holds for requests from then on, by its hash", async () => {
    const before = (await world.ask("GET", "/router/status")).body.config;
    const { status, body } = await change({
      ...config,
      routes: [{ path: "/a", to: "b", rewrite: "/moved" }],
    });
    assert.equal(status, 200);
    assert.match(body.hash, /^[0-9a-f]{10}$/);
    assert.notEqual(body.hash, before.hash);
    assert.deepEqual([(await world.get("/a")).body, b.got[0]?.url], ["b-1", "/moved"]);
    assert.equal((await world.get("/b")).status, 404);
    assert.equal((await world.ask("GET", "/router/status")).body.config.hash, body.hash);
    assert.equal((await world.ask("POST", "/router/reload")).body.hash, body.hash);
    assert.deepEqual(world.lines, [`config ${body.hash} runs`], "it's logged once");
  });

  it("drops none of hundreds of requests under way, 50 times over", async function () {
    this.timeout(60_000);
    const replicas = [...(await startReplicas(started, "c", 3)), a];
    for (const replica of replicas) {
      replica.respond = (response) => {
        response.write("begun ");
        setTimeout(() => response.end("done"), 5 + Math.random() * 60);
      };
    }
    const configOf = (round: number): RouterConfigInput => ({
      services: {
        // Endpoints come and go, services too.
        a: at(replicas.slice(round % 3), { balancer: round % 2 ? "random" : "round-robin" }),
        [round % 2 ? "odd" : "even"]: at([b]),
      },
      routes: [
        { path: "/a", to: "a", timeout: { overall_seconds: 10 + round } },
        { path: "/b", to: round % 2 ? "odd" : "even", name: `b-${round}` },
        { path: `/round-${round}`, to: "a" },
      ],
    });
    assert.equal((await change(configOf(0))).status, 200);

    const clients = 200;
    const agent = new Agent({ keepAlive: true, maxSockets: clients });
    started.add(() => agent.destroy());
    let stop = false;
    let done = 0;
    const failures: string[] = [];
    let underWay = 0;
    const { hostname, port } = new URL(world.url);
    const once = (path: string) =>
      new Promise<void>((resolve) => {
        underWay++;
        const end = (failure?: string) => {
          underWay--;
          if (failure) failures.push(failure);
          else done++;
          resolve();
        };
        request({ hostname, port, path, agent }, (response) => {
          text(response).then(
            (body) =>
              end(response.statusCode === 200 ? undefined : `${response.statusCode} ${body}`),
            (error) => end(String(error)),
          );
        })
          .on("error", (error) => end(String(error)))
          .end();
      });
    const loops = Array.from({ length: clients }, async (_, index) => {
      while (!stop) await once(index % 4 === 0 ? "/b/x" : "/a/x");
    });
    let least = Infinity;
    for (let round = 1; round <= 50; round++) {
      const before = done;
      await eventually(() => assert.ok(done > before + 20));
      least = Math.min(least, underWay);
      const { status } = await change(configOf(round));
      assert.equal(status, 200);
    }
    stop = true;
    await Promise.all(loops);
    assert.deepEqual(failures, []);
    assert.ok(done > 1000 && least > 100, `${done} requests, at least ${least} under way`);
    assert.deepEqual(await metric(world, "router_active_requests"), { "": 0 });
    assert.equal((await metric(world, "router_config_reloads_total"))["result=success"], 51);
  });

  it("lets requests on a route that goes finish, with all that they had", async () => {
    const named = { url: `http://name-of-a:${new URL(a.url).port}` };
    const services = { a: at([named]), b: at([b]) };
    world = await startRouter(
      started,
      { ...config, services },
      { lookup: async () => ["127.0.0.1"] },
    );
    await eventually(() => assert.ok(world.router.isReady()));
    const answers: (() => void)[] = [];
    a.respond = (response, { url }) => {
      if (url === "/stream") response.write("first ");
      answers.push(() => (url === "/fail" ? answering(500)(response) : response.end("last")));
    };
    const asked = ["/a/x", "/a/stream", "/a/fail"].map((path) => world.get(path));
    await eventually(() => assert.equal(answers.length, 3));
    assert.equal((await change(withoutA())).status, 200);
    assert.equal((await world.get("/a/x")).status, 404);
    assert.deepEqual(Object.keys((await world.ask("GET", "/router/status")).body.services), ["b"]);
    // Names are followed anew, and that of a service that has gone isn't among them.
    const { b: left } = withoutA().services;
    assert.ok(left);
    const c = at([{ url: "http://127.0.0.2:1" }]);
    await change({ services: { b: left, c }, routes: withoutA().routes });
    for (const answer of answers) answer();
    // The third one is sent again, to a service that the config knows no more.
    await eventually(() => assert.equal(answers.length, 4));
    answers[3]?.();
    const answered = await Promise.all(asked);
    assert.deepEqual(
      answered.map(({ status, body, headers }) => [status, body, headers["x-upstream-attempts"]]),
      [
        [200, "last", "1"],
        [200, "first last", "1"],
        [500, "status 500", "2"],
      ],
    );
  });

  it("keeps the circuit, unless its own settings change", async () => {
    a.respond = answering(500);
    const next = (weight: number, failure_threshold: number): RouterConfigInput => ({
      ...config,
      services: {
        a: { endpoints: [{ url: a.url, weight }], circuit_breaker: { failure_threshold } },
      },
      routes: [{ path: "/a", to: "a", retries: { attempts: 0 }, rewrite: `/w${weight}` }],
    });
    const state = async () =>
      (await world.ask("GET", "/router/status")).body.services.a.circuit.state;
    await change(next(1, 2));
    for (let i = 0; i < 2; i++) await world.get("/a");
    assert.equal(await state(), "open");
    await change(next(2, 2));
    assert.equal(await state(), "open");
    assert.equal((await world.get("/a")).status, 503);
    await change(next(2, 3));
    assert.equal(await state(), "closed");
  });

  it("keeps who is ejected, and whose turn it is", async () => {
    const replicas = await startReplicas(started, "c", 3);
    const [bad] = replicas as [FakeReplica];
    bad.respond = answering(500);
    const outlier_detection = { consecutive_errors: 1, max_ejection_percent: 40 };
    const next = (...more: { url: string }[]): RouterConfigInput => ({
      services: { a: at([...replicas, ...more], { outlier_detection }) },
      routes: [{ path: "/a", to: "a", retries: { attempts: 0 }, rewrite: `/n${more.length}` }],
    });
    await change(next());
    await world.get("/a");
    assert.deepEqual(countsOf(replicas), [1, 0, 0]);
    await world.get("/a");
    await change(next(b));
    for (let i = 0; i < 6; i++) await world.get("/a");
    assert.equal(bad.got.length, 1);
    const { endpoints } = (await world.ask("GET", "/router/status")).body.services.a;
    assert.deepEqual(
      endpoints.map(({ address, ejected }: Record<string, unknown>) => [address, ejected]),
      [...replicas, b].map((one) => [idOf(one), one === bad]),
    );
    const [, one = 0, two = 0] = countsOf(replicas);
    assert.deepEqual([b.got.length, one + two], [2, 5]);
  });

  it("keeps the retry budget of a route that stays as it was", async () => {
    const callers = () =>
      [...world.router.running.routes.values()].map(({ targets }) => targets[0]?.caller);
    const before = callers();
    const [routeA, routeB] = config.routes;
    assert.ok(routeA && routeB);
    await change({ ...config, routes: [{ ...routeA, retries: { attempts: 2 } }, routeB] });
    const after = callers();
    assert.notEqual(after[0], before[0]);
    assert.equal(after[1], before[1]);
  });

  it("waits for the addresses of a new service, so that who asks for it at once finds it", async () => {
    let found = (_: string[]) => {};
    const looked = await startRouter(started, config, {
      lookup: () =>
        new Promise((resolve) => {
          found = resolve;
        }),
    });
    const url = `http://new:${new URL(a.url).port}`;
    looked.write({
      services: { ...config.services, c: { endpoints: [{ url }] } },
      routes: [{ path: "/c", to: "c" }],
    });
    const changing = looked.ask("POST", "/router/reload");
    await reallySleep(30);
    assert.equal((await looked.get("/a")).status, 200);
    found(["127.0.0.1"]);
    assert.equal((await changing).status, 200);
    const { status, body } = await looked.get("/c");
    assert.deepEqual([status, body, a.got.at(-1)?.headers.host], [200, "a-1", url.slice(7)]);
  });

  it("doesn't wait for addresses for longer than 2 s", async () => {
    const looked = await startRouter(started, config, { lookup: () => new Promise(() => {}) });
    looked.write({
      services: { c: { endpoints: [{ url: "http://new:80" }] } },
      routes: [{ path: "/c", to: "c" }],
    });
    started.add(stopClock());
    const changing = looked.file.reload();
    await reallySleep(30);
    mock.timers.tick(1999);
    await reallySleep(10);
    assert.equal(looked.router.running.routes.has("c"), false);
    mock.timers.tick(1);
    await changing;
    assert.equal(looked.router.running.routes.has("c"), true);
    assert.equal((await looked.get("/c")).status, 503);
  });

  describe("for a wrong one", () => {
    const problem = 'routes[0].to is "z"; it must be one of the services: b';
    const wrong = () => ({ ...withoutA(), routes: [{ path: "/b", to: "z" }] });

    it("is refused in one line, and changes nothing", async () => {
      const { hash } = (await world.ask("GET", "/router/status")).body.config;
      const { status, body } = await change(wrong());
      assert.deepEqual([status, body], [400, { error: problem }]);
      assert.equal((await world.get("/a")).status, 200);
      const after = (await world.ask("GET", "/router/status")).body.config;
      assert.deepEqual([after.hash, after.error], [hash, problem]);
      assert.deepEqual(await metric(world, "router_config_valid"), { "": 0 });
      assert.deepEqual(await metric(world, "router_config_reloads_total"), {
        "result=success": 0,
        "result=failure": 1,
      });
      assert.equal((await change(config)).status, 200);
      assert.equal((await world.ask("GET", "/router/status")).body.config.error, null);
      assert.deepEqual(await metric(world, "router_config_valid"), { "": 1 });
    });

    it("is logged once, however often it's looked at", async () => {
      started.add(stopClock());
      void world.file.watch();
      const look = async () => {
        mock.timers.tick(1000);
        await reallySleep(20);
      };
      world.write(wrong());
      for (let i = 0; i < 3; i++) await look();
      const { hash } = world.router.running;
      assert.equal(world.lines.length, 1);
      assert.ok(world.lines[0]?.endsWith(`routes.yaml: ${problem}; config ${hash} stays`));
      world.write("services: [");
      for (let i = 0; i < 3; i++) await look();
      assert.match(world.lines[1] ?? "", /routes\.yaml: not YAML: .*; config [0-9a-f]{10} stays$/);
      world.write(config);
      for (let i = 0; i < 3; i++) await look();
      assert.deepEqual(world.lines.slice(2), [`config ${hash} runs`]);
    });
  });

  it("is noticed within a second when a mounted ConfigMap's link is swapped, or is away meanwhile", async () => {
    const mount = started.directory();
    const swap = (name: string, content: RouterConfigInput) => {
      mkdirSync(join(mount, name));
      writeFileSync(join(mount, name, "routes.yaml"), stringify(content));
      symlinkSync(name, join(mount, "..new"));
      renameSync(join(mount, "..new"), join(mount, "..data"));
    };
    swap("..1", config);
    symlinkSync("..data/routes.yaml", join(mount, "routes.yaml"));
    const reloads: (string | undefined)[] = [];
    const file = new ConfigFile(join(mount, "routes.yaml"), stringify(config), world.router, {
      reloaded: (problem) => reloads.push(problem),
      log: () => {},
    });
    started.add(() => file.close());
    started.add(stopClock());
    void file.watch();
    mock.timers.tick(1000);
    await reallySleep(20);
    assert.deepEqual(reloads, []);
    swap("..2", withoutA());
    rmSync(join(mount, "..1"), { recursive: true });
    mock.timers.tick(1000);
    await eventually(() => assert.deepEqual(reloads, [undefined]));
    assert.equal((await world.get("/a")).status, 404);
    rmSync(join(mount, "..2"), { recursive: true });
    for (let i = 0; i < 3; i++) {
      mock.timers.tick(1000);
      await reallySleep(20);
    }
    assert.match(reloads[1] ?? "", /^it can't be read: ENOENT/);
    assert.equal(reloads.length, 2);
    assert.equal((await world.get("/b")).status, 200);
    file.close();
    swap("..3", config);
    mock.timers.tick(1000);
    await reallySleep(20);
    assert.equal(reloads.length, 2, "it's closed");
  });
});
