import assert from "node:assert/strict";
import { once } from "node:events";
import { METHODS, request } from "node:http";
import { json } from "node:stream/consumers";
import { mock } from "node:test";
import { seed } from "../../../traffic/chance.ts";
import { Started } from "../../counter/servers.ts";
import { described, fuzz } from "../../shop/fuzz.ts";
import { eventually, reallySleep, stopClock } from "../../shop/gateway/still-clock.ts";
import { ask } from "../../shop/runtime/world.ts";
import { behaving, type Replica, startReplica } from "./replica.ts";

const JSON_TYPE = { "content-type": "application/json" };

describe("service: its answers", () => {
  const started = new Started();
  let replica: Replica;

  beforeEach(async () => {
    replica = await startReplica(started);
  });
  afterEach(() => started.stop());

  /** Sends any method, and says what the answer's body is; undefined for none. */
  async function send(method: string, path: string, body?: string) {
    const { port } = new URL(replica.url);
    const headers = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    const sent = request({ port, host: "127.0.0.1", method, path, headers, agent: false });
    sent.end(body);
    const [response] = await once(sent, "response");
    return {
      status: response.statusCode,
      body: method === "HEAD" ? undefined : await json(response),
    };
  }

  it("say who has got which request, without its query", async () => {
    const { status, headers, body } = await ask("GET", `${replica.url}/x/y?token=secret`);
    const who = { service: "a", version: "v1", replica: "a-0", environment: "test" };
    assert.deepEqual([status, body], [200, { ...who, method: "GET", path: "/x/y" }]);
    assert.deepEqual(
      ["x-service", "x-replica-id", "x-version", "x-environment"].map((name) => headers.get(name)),
      ["a", "a-0", "v1", "test"],
    );
    assert.match(headers.get("x-trace-id") ?? "", /^[0-9a-f]{32}$/);
  });

  it("come to every method and path", async () => {
    for (const method of METHODS) {
      if (method === "CONNECT") continue;
      const { status, body } = await send(method, `/${method}`);
      assert.equal(status, 200, method);
      if (method !== "HEAD") assert.deepEqual(Object(body).method, method);
    }
    for (const path of ["/", "//", "/a/../b", "/%20", "/a%2Fb", `/${"x".repeat(500)}`]) {
      assert.deepEqual(Object((await send("GET", path)).body).path, path);
    }
  });

  it("come to bodies of up to 1 MiB, whatever is in them", async () => {
    const body = "{".repeat(1024 * 1024);
    for (const type of ["application/json", "text/plain", "", "a/b;"]) {
      const { status } = await ask("POST", replica.url, { "content-type": type }, body);
      assert.equal(status, 200, type);
    }
    const more = await ask("PUT", replica.url, JSON_TYPE, `${body}{`);
    assert.deepEqual([more.status, typeof more.body.error], [413, "string"]);
  });

  it("are failures if it's told to fail", async () => {
    replica.behaviour.set(behaving({ fail_percent: 100, fail_status: 418 }));
    const { status, headers, body } = await ask("GET", replica.url);
    assert.deepEqual([status, body], [418, { error: "a fails, as its behaviour says" }]);
    assert.equal(headers.get("x-service"), "a");
  });

  it("don't come if it's told to break connections", async () => {
    replica.behaviour.set(behaving({ reset_percent: 100 }));
    const { port } = new URL(replica.url);
    const sent = request({ port, host: "127.0.0.1", agent: false });
    sent.end();
    const [error] = await once(sent, "error");
    assert.equal(error.code, "ECONNRESET");
    replica.behaviour.set(behaving({}));
    assert.equal((await ask("GET", replica.url)).status, 200);
  });

  it("don't come if it's told to crash", async () => {
    replica.behaviour.set(behaving({ crash_after: 2 }));
    await ask("GET", replica.url);
    assert.equal(replica.crashes(), 0);
    await ask("GET", replica.url);
    assert.equal(replica.crashes(), 1);
  });

  it("are metered", async () => {
    const text = async () => (await fetch(`${replica.admin}/metrics`)).text();
    await ask("GET", replica.url);
    replica.behaviour.set(behaving({ fail_first: 1 }));
    await ask("GET", replica.url);
    replica.behaviour.set(behaving({ reset_percent: 100 }));
    await assert.rejects(ask("GET", replica.url));
    await eventually(async () => {
      const metrics = await text();
      assert.match(metrics, /^service_requests_total\{code="200"\} 1$/m);
      assert.match(metrics, /^service_requests_total\{code="500"\} 1$/m);
      assert.match(metrics, /^service_requests_total\{code="0"\} 1$/m);
      assert.match(metrics, /^service_request_duration_seconds_count 3$/m);
      assert.match(metrics, /^service_active_requests 0$/m);
    });
  });

  describe("that take time", () => {
    let restart: () => void;
    beforeEach(() => {
      restart = stopClock();
    });
    afterEach(() => restart());

    const active = async (count: number) => {
      const metrics = await (await fetch(`${replica.admin}/metrics`)).text();
      assert.match(metrics, new RegExp(`^service_active_requests ${count}$`, "m"));
    };

    it("come after the delay, and not before", async () => {
      replica.behaviour.set(behaving({ delay_seconds: 60 }));
      let answered = false;
      const slow = ask("GET", replica.url).then((answer) => {
        answered = true;
        return answer;
      });
      await eventually(() => active(1));
      mock.timers.tick(59_999);
      await reallySleep(50);
      assert.equal(answered, false);
      mock.timers.tick(1);
      assert.equal((await slow).status, 200);
    });

    it("aren't worked on for a client that has left", async () => {
      replica.behaviour.set(behaving({ delay_seconds: 60 }));
      const { port } = new URL(replica.url);
      const sent = request({ port, host: "127.0.0.1", agent: false });
      sent.on("error", () => {});
      sent.end();
      await eventually(() => active(1));
      sent.destroy();
      await eventually(() => active(0));
    });
  });
});

describe("service: its admin port", function () {
  this.timeout(30_000);
  const started = new Started();
  let replica: Replica;

  beforeEach(async () => {
    replica = await startReplica(started);
  });
  afterEach(() => started.stop());

  const WELL = {
    ...{ delay_seconds: 0, jitter_seconds: 0, reset_percent: 0 },
    ...{ fail_first: 0, fail_percent: 0, fail_status: 500 },
  };
  const put = (body: unknown) =>
    ask("PUT", `${replica.admin}/behaviour`, JSON_TYPE, JSON.stringify(body));

  it("shows and sets the whole behaviour", async () => {
    assert.deepEqual((await ask("GET", `${replica.admin}/behaviour`)).body, WELL);
    const failing = { fail_percent: 100, fail_status: 503 };
    assert.deepEqual((await put(failing)).body, { ...WELL, ...failing });
    assert.equal((await ask("GET", replica.url)).status, 503);
    assert.deepEqual((await put({ delay_seconds: 0.05 })).body, { ...WELL, delay_seconds: 0.05 });
    const start = performance.now();
    assert.equal((await ask("GET", replica.url)).status, 200);
    assert.ok(performance.now() - start >= 49);
    assert.deepEqual((await put({})).body, WELL);
    assert.deepEqual((await ask("GET", `${replica.admin}/behaviour`)).body, WELL);
  });

  it("refuses a behaviour that makes no sense in one line, and keeps the one it has", async () => {
    await put({ fail_status: 599 });
    const cases: [unknown, string][] = [
      [{ delay_seconds: 61 }, "body delay_seconds: it must be seconds, 0 to 60"],
      [{ jitter_seconds: "1" }, "body jitter_seconds: it must be seconds, 0 to 60"],
      [{ fail_percent: -1 }, "body fail_percent: it must be a number from 0 to 100"],
      [{ fail_status: 200 }, "body fail_status: it must be a status from 400 to 599"],
      [{ fail_first: 1.5 }, "body fail_first: it must be a number of requests, at least 0"],
      [{ crash_after: 0 }, "body crash_after: it must be a number of requests, at least 1"],
      [{ delay: 1 }, 'body: Unrecognized key: "delay"'],
      [[], "body: it must be an object"],
      [null, "body: it must be an object"],
    ];
    for (const [body, error] of cases) {
      const answer = await put(body);
      assert.deepEqual([answer.status, answer.body], [400, { error }], JSON.stringify(body));
    }
    const { body } = await ask("GET", `${replica.admin}/behaviour`);
    assert.deepEqual(body, { ...WELL, fail_status: 599 });
  });

  it("is alive always, and ready as long as requests are taken", async () => {
    const status = async (path: string) => (await ask("GET", replica.admin + path)).status;
    assert.deepEqual([await status("/health"), await status("/ready")], [200, 200]);
    replica.ready = false;
    assert.deepEqual([await status("/health"), await status("/ready")], [200, 503]);
  });

  it("crashes when the answer is out", async () => {
    const { status, body } = await ask("POST", `${replica.admin}/crash`);
    assert.deepEqual([status, body], [202, { status: "crashing" }]);
    assert.equal(replica.crashes(), 1);
  });

  it(`answers requests of all kinds, never by a 5xx (MICROMESH_SEED=${seed})`, async () => {
    const { body } = await ask("GET", `${replica.admin}/service/openapi.json`);
    const operations = described(body);
    assert.equal(operations.length, 6);
    const statuses = await fuzz(replica.admin, operations, { seed, numRuns: 400 });
    for (const { method, path } of operations) {
      // A body made by chance is hardly ever a behaviour.
      const others: Record<string, number> = { "POST /crash": 202, "PUT /behaviour": 400 };
      const usual = others[`${method} ${path}`] ?? 200;
      assert.ok(statuses.get(`${method} ${path}`)?.has(usual), `${method} ${path}`);
    }
  });
});
