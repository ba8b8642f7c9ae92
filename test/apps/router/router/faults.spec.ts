import assert from "node:assert/strict";
import { mock } from "node:test";
import { Started } from "../../counter/servers.ts";
import { answering, type FakeReplica, startReplica } from "../../shop/gateway/front.ts";
import { eventually, reallySleep, stopClock } from "../../shop/gateway/still-clock.ts";
import { at, metric, startRouter, type World } from "./world.ts";

describe("router: faults", () => {
  const started = new Started();
  let a: FakeReplica;
  let world: World;

  beforeEach(async () => {
    a = await startReplica(started, "a-1");
    world = await startRouter(started, {
      services: { a: at([a]) },
      routes: [
        { path: "/well", to: "a" },
        { path: "/ill", to: "a", faults: { abort: { status: 418 } } },
      ],
    });
  });
  afterEach(() => started.stop());

  it("abort a request without asking the service, on their route alone", async () => {
    const { status, headers, body } = await world.get("/ill");
    assert.deepEqual(
      [status, headers["x-fault"], headers["x-upstream-attempts"], a.got.length],
      [418, "abort", "0", 0],
    );
    assert.deepEqual(JSON.parse(body), {
      error: "fault injected on route ill: abort; see GET :9901/router/status",
    });
    const well = await world.get("/well");
    assert.deepEqual([well.status, well.headers["x-fault"]], [200, undefined]);
    assert.deepEqual(await metric(world, "router_faults_total"), { "route=ill,kind=abort": 1 });
    assert.deepEqual(await metric(world, "router_requests_total"), {
      "route=ill,service=none,code=418": 1,
      "route=well,service=a,code=200": 1,
    });
  });

  it("delay a request before it's sent; its timeout begins then", async () => {
    await world.ask("PUT", "/router/routes/well/faults", { delay: { seconds: 60 } });
    started.add(stopClock());
    const asked = world.get("/well");
    await eventually(async () => {
      assert.deepEqual(await metric(world, "router_faults_total"), { "route=well,kind=delay": 1 });
    });
    mock.timers.tick(59_999);
    await reallySleep(20);
    assert.equal(a.got.length, 0);
    mock.timers.tick(1);
    const { status, headers } = await asked;
    assert.deepEqual([status, headers["x-fault"], a.got.length], [200, "delay", 1]);
  });

  it("delay, then abort", async () => {
    const both = { delay: { seconds: 2 }, abort: { status: 503 } };
    await world.ask("PUT", "/router/routes/well/faults", both);
    started.add(stopClock());
    const asked = world.get("/well");
    await reallySleep(30);
    mock.timers.tick(2000);
    const { status, headers } = await asked;
    assert.deepEqual([status, headers["x-fault"], a.got.length], [503, "delay,abort", 0]);
  });

  it("end with the client's leaving", async () => {
    await world.ask("PUT", "/router/routes/well/faults", { delay: { seconds: 3600 } });
    const leaving = new AbortController();
    const asked = world.get("/well", { signal: leaving.signal });
    await eventually(async () => {
      assert.equal((await metric(world, "router_active_requests"))[""], 1);
    });
    leaving.abort();
    await assert.rejects(asked);
    await eventually(async () => {
      assert.equal((await metric(world, "router_active_requests"))[""], 0);
    });
    assert.equal(a.got.length, 0);
  });

  it("befall their percentage of requests", async () => {
    const aborted = async (percent: number, requests: number) => {
      await world.ask("PUT", "/router/routes/well/faults", { abort: { percent, status: 500 } });
      let count = 0;
      for (let i = 0; i < requests; i++) count += (await world.get("/well")).status === 500 ? 1 : 0;
      return count;
    };
    assert.equal(await aborted(0, 30), 0);
    const count = await aborted(30, 300);
    // 7 standard deviations.
    assert.ok(count > 34 && count < 146, String(count));
  });

  it("are turned on and off until the config changes", async () => {
    const faults = async () => (await world.ask("GET", "/router/status")).body.routes.ill.faults;
    assert.deepEqual(await faults(), { abort: { percent: 100, status: 418 } });
    const off = await world.ask("PUT", "/router/routes/ill/faults", {});
    assert.deepEqual([off.status, off.body], [200, {}]);
    assert.equal((await world.get("/ill")).status, 200);
    assert.equal((await world.ask("POST", "/router/reload")).status, 200);
    assert.equal((await world.get("/ill")).status, 200, "the config is still the same");
    const on = await world.ask("PUT", "/router/routes/ill/faults", { abort: { status: 500 } });
    assert.deepEqual(on.body, { abort: { percent: 100, status: 500 } });
    assert.equal((await world.get("/ill")).status, 500);
    world.write({
      services: { a: at([a]) },
      routes: [{ path: "/ill", to: "a" }],
    });
    await world.ask("POST", "/router/reload");
    assert.equal((await world.get("/ill")).status, 200);
  });

  it("are refused when they make no sense, or there is no such route", async () => {
    const wrong: [object, RegExp][] = [
      [{ abort: { status: 600 } }, /^body abort\.status: it must be a status, .* from 200 to 599$/],
      [{ abort: {} }, /^body abort\.status: it must be a status/],
      [{ delay: { seconds: -1 } }, /^body delay\.seconds: it must be seconds, 0 to 3600$/],
      [{ delay: { seconds: 1, percent: 101 } }, /^body delay\.percent: .* 0 to 100$/],
      [{ crash: 1 }, /there may be delay, abort$/],
      [[], /^body: it must be an object with delay, abort$/],
    ];
    for (const [body, error] of wrong) {
      const answered = await world.ask("PUT", "/router/routes/ill/faults", body);
      assert.equal(answered.status, 400);
      assert.match(answered.body.error, error);
    }
    const { status, body } = await world.ask("PUT", "/router/routes/nobody/faults", {});
    assert.deepEqual(
      [status, body],
      [404, { error: "there is no route nobody; there are well, ill" }],
    );
  });

  it("can be an answer without a body", async () => {
    await world.ask("PUT", "/router/routes/well/faults", { abort: { status: 204 } });
    const { status, body, headers } = await world.get("/well");
    assert.deepEqual([status, body, headers["content-length"]], [204, "", undefined]);
    a.respond = answering(200);
  });
});
