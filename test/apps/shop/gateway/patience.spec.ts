import assert from "node:assert/strict";
import { mock } from "node:test";
import { Started } from "../../counter/servers.ts";
import {
  answering,
  ask,
  type FakeReplica,
  type Front,
  resetting,
  silent,
  startFront,
  startReplica,
} from "./front.ts";
import { eventually, reallySleep, stopClock } from "./still-clock.ts";

/** Long enough for what happens without time's passing to have happened. */
const SETTLED_MS = 50;

/** The settings as they are by default; time stands still but for what a test lets pass. */
describe("shop: the gateway's patience", () => {
  const started = new Started();
  let front: Front;
  let catalog: FakeReplica;

  beforeEach(async () => {
    front = await startFront(started);
    catalog = await startReplica(started, "catalog-1");
    front.replicas.catalog = [catalog];
    // The first request starts clocks of the HTTP client's, which must go on.
    await ask(front.url, "/catalog/x");
    catalog.got.length = 0;
    started.add(stopClock());
  });
  afterEach(() => started.stop());

  const get = (path = "/catalog/x") => ask(front.url, path);
  const post = () => ask(front.url, "/catalog/x", { method: "POST" });
  const hasGot = (count: number) => eventually(() => assert.equal(catalog.got.length, count));
  const circuit = async () =>
    JSON.parse((await ask(front.url, "/mesh/status")).body).circuits.catalog;

  /** Fails three times, so that the circuit opens; none of it is sent again. */
  async function open(): Promise<void> {
    catalog.respond = answering(500);
    for (let i = 0; i < 3; i++) assert.equal((await post()).status, 500);
    catalog.got.length = 0;
  }

  it("has a GET that fails sent again after 1, 2 and 4 s, and its last answer passed on", async () => {
    catalog.respond = answering(503, { "retry-after": "9" });
    const asked = get();
    for (const [index, wait] of [1000, 2000, 4000].entries()) {
      await eventually(() => assert.equal(front.retries.length, index + 1));
      mock.timers.tick(wait - 1);
      await reallySleep(SETTLED_MS);
      assert.equal(catalog.got.length, index + 1, `${wait} ms are not over`);
      mock.timers.tick(1);
      await hasGot(index + 2);
    }
    const { status, headers, body } = await asked;
    assert.deepEqual([status, headers["retry-after"], body], [503, "9", "status 503"]);
    assert.deepEqual(
      catalog.got.map(({ at }) => at),
      [0, 1000, 3000, 7000],
    );
    assert.equal((await circuit()).failures, 1, "all tries together are one failure");
    const { body: metrics } = await ask(front.url, "/metrics");
    assert.match(metrics, /^shop_gateway_retries_total\{service="catalog"\} 3$/m);
  });

  it("neither sends again nor counts what fails because of another service", async () => {
    catalog.respond = answering(503, { "x-failed-dependency": "stock", "retry-after": "9" });
    for (let i = 0; i < 5; i++) {
      const { status, headers, body } = await get();
      assert.deepEqual([status, body], [503, "status 503"]);
      assert.deepEqual([headers["x-failed-dependency"], headers["retry-after"]], ["stock", "9"]);
    }
    assert.equal(catalog.got.length, 5);
    assert.deepEqual(front.retries, []);
    const { state, failures } = await circuit();
    assert.deepEqual([state, failures], ["closed", 0]);
    // Nor is the replica left out, as one that fails three times is.
    catalog.respond = (response) => response.end();
    assert.equal((await get()).status, 200);
  });

  it("ends with the first try that succeeds", async () => {
    catalog.respond = (response, { at }) => answering(at < 1000 ? 500 : 200)(response);
    const asked = get();
    await eventually(() => assert.equal(front.retries.length, 1));
    mock.timers.tick(1000);
    assert.equal((await asked).status, 200);
    assert.equal(catalog.got.length, 2);
    assert.equal((await circuit()).failures, 0);
  });

  it("waits before it sends again to the only replica, if that has reset the connection", async () => {
    catalog.respond = (response) =>
      catalog.got.length === 1 ? resetting(response) : response.end();
    const asked = get();
    await eventually(() => assert.equal(front.retries.length, 1));
    mock.timers.tick(999);
    await reallySleep(SETTLED_MS);
    assert.equal(catalog.got.length, 1);
    mock.timers.tick(1);
    assert.equal((await asked).status, 200);
  });

  it("waits 2 s for an answer to begin; to a POST that's the end: 504", async () => {
    catalog.respond = silent;
    let answered = false;
    const asked = post().finally(() => {
      answered = true;
    });
    await hasGot(1);
    mock.timers.tick(1999);
    await reallySleep(SETTLED_MS);
    assert.equal(answered, false);
    mock.timers.tick(1);
    const { status, body } = await asked;
    assert.equal(status, 504);
    assert.deepEqual(JSON.parse(body), { error: "catalog: the try took longer than 2000 ms" });
    assert.equal((await circuit()).failures, 1);
  });

  it("waits as long as need be for the end of an answer that has begun", async () => {
    let end = () => {};
    catalog.respond = (response) => {
      response.write("begun, ");
      end = () => response.end("ended");
    };
    const asked = get();
    await hasGot(1);
    await reallySleep(SETTLED_MS);
    mock.timers.tick(60_000);
    await reallySleep(SETTLED_MS);
    end();
    assert.equal((await asked).body, "begun, ended");
  });

  it("sends a GET that got no answer to another replica", async () => {
    const other = await startReplica(started, "catalog-2");
    front.replicas.catalog = [catalog, other];
    catalog.respond = silent;
    const asked = get();
    await hasGot(1);
    mock.timers.tick(2000);
    await eventually(() => assert.equal(front.retries.length, 1));
    mock.timers.tick(1000);
    assert.equal((await asked).body, "catalog-2");
  });

  it("opens the circuit after three failures: 503 at once, with the reason, and when to come again", async () => {
    await open();
    const { status, headers, body } = await get();
    assert.equal(status, 503);
    assert.equal(headers["retry-after"], "30");
    assert.deepEqual(JSON.parse(body), {
      error:
        "catalog keeps failing: the circuit is open for another 30000 ms; see GET /mesh/status",
    });
    assert.deepEqual(catalog.got, []);
    assert.deepEqual(await circuit(), {
      state: "open",
      failures: 3,
      since: "1970-01-01T00:00:00.000Z",
      retry_after_seconds: 30,
    });
    mock.timers.tick(12_500);
    assert.equal((await get()).headers["retry-after"], "18");
    assert.equal((await circuit()).retry_after_seconds, 18);
    // Other services have circuits of their own.
    const cart = await startReplica(started, "cart-1");
    front.replicas.cart = [cart];
    assert.equal((await get("/cart/ann")).status, 200);
  });

  it("counts failures in a row only, of any kind", async () => {
    catalog.respond = answering(500);
    await post();
    await post();
    catalog.respond = answering(404);
    assert.equal((await get()).status, 404);
    catalog.respond = answering(500);
    await post();
    // It broke off with one replica, and says nothing of the others.
    catalog.respond = resetting;
    assert.equal((await post()).status, 502);
    catalog.respond = answering(503);
    await post();
    assert.equal((await circuit()).state, "closed");
    catalog.respond = silent;
    const asked = post();
    await hasGot(7);
    mock.timers.tick(2000);
    assert.equal((await asked).status, 504);
    assert.equal((await circuit()).state, "open");
  });

  for (const [what, respond, status, state] of [
    ["closes it", answering(200), 200, "closed"],
    ["closes it even by a 404", answering(404), 404, "closed"],
    ["opens it again", answering(500), 500, "open"],
    ["opens it again by a reset", resetting, 502, "open"],
  ] as const) {
    it(`lets one request try after 30 s, which ${what}`, async () => {
      await open();
      mock.timers.tick(29_999);
      assert.equal((await get()).status, 503);
      assert.deepEqual(catalog.got, []);
      mock.timers.tick(1);
      assert.equal((await circuit()).state, "half-open");
      let proceed = () => {};
      catalog.respond = (response) => {
        proceed = () => respond(response);
      };
      const trial = get();
      await hasGot(1);
      // Whoever comes meanwhile is refused.
      const { status: meanwhile, headers, body } = await get();
      assert.deepEqual([meanwhile, headers["retry-after"]], [503, "1"]);
      assert.match(JSON.parse(body).error, /the circuit is half-open, and a trial is under way/);
      proceed();
      assert.equal((await trial).status, status);
      assert.deepEqual([catalog.got.length, front.retries], [1, []], "a trial isn't sent again");
      const { state: after, since } = await circuit();
      assert.deepEqual([after, since], [state, "1970-01-01T00:00:30.000Z"]);
      catalog.respond = answering(200);
      assert.equal((await get()).status, state === "closed" ? 200 : 503);
      mock.timers.tick(30_000);
      assert.equal((await get()).status, 200);
      assert.equal((await circuit()).state, "closed");
    });
  }

  it("isn't strained by who leaves: a trial whose client has left leaves the circuit half-open", async () => {
    await open();
    mock.timers.tick(30_000);
    catalog.respond = silent;
    const leaving = new AbortController();
    const trial = ask(front.url, "/catalog/x", { signal: leaving.signal });
    await hasGot(1);
    leaving.abort();
    await assert.rejects(trial);
    catalog.respond = answering(200);
    await eventually(async () => assert.equal((await get()).status, 200));
  });

  it("is begun anew by POST /mesh/reset/{service}", async () => {
    await open();
    const { status, body } = await ask(front.url, "/mesh/reset/catalog", { method: "POST" });
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(body), {
      state: "closed",
      failures: 0,
      since: "1970-01-01T00:00:00.000Z",
    });
    catalog.respond = answering(500);
    for (let i = 0; i < 2; i++) await post();
    assert.equal((await circuit()).state, "closed", "the failures before are forgotten");
    catalog.respond = answering(200);
    assert.equal((await get()).status, 200);
  });

  it("shows its circuits in its metrics, and their changes in its log", async () => {
    const states = async () => {
      const { body } = await ask(front.url, "/metrics");
      return ["closed", "open", "half-open"].filter((state) =>
        body.includes(`shop_gateway_circuit_state{service="catalog",state="${state}"} 1\n`),
      );
    };
    assert.deepEqual(await states(), ["closed"]);
    await open();
    assert.deepEqual(await states(), ["open"]);
    mock.timers.tick(30_000);
    await circuit();
    assert.deepEqual(await states(), ["half-open"]);
    assert.deepEqual(front.lines, [
      "circuit of catalog: closed -> open",
      "circuit of catalog: open -> half-open",
    ]);
  });
});
