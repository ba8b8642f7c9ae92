import assert from "node:assert/strict";
import type { Hono } from "hono";
import { counterRoutes } from "../../../apps/counter/app/routes.ts";
import { redisHttpRoutes } from "../../../apps/counter/redis-http/routes.ts";
import { type Redis, RedisRefused, type Reply } from "../../../apps/counter/runtime/redis.ts";
import { RedisUnavailable } from "../../../apps/runtime/redis-link.ts";

/** Redis as far as these apps know it, with a log of what it was asked. */
class MemoryRedis implements Redis {
  readonly asked: string[][] = [];
  readonly values = new Map<string, string>();
  failure?: Error;
  answer?: Reply;

  async run(...command: string[]): Promise<Reply> {
    this.asked.push(command);
    if (this.failure) throw this.failure;
    if (this.answer !== undefined) return this.answer;
    const [name, key = "", value = ""] = command;
    switch (name?.toUpperCase()) {
      case "SET":
        this.values.set(key, value);
        return { status: "OK" };
      case "GET":
        return this.values.get(key) ?? null;
      case "DEL":
        return this.values.delete(key) ? 1 : 0;
      default:
        return { status: "PONG" };
    }
  }

  close(): void {}
}

const away = new RedisUnavailable("redis at r:6379: connect ECONNREFUSED");

async function ask(app: Hono, path: string, method = "GET") {
  const response = await app.request(path, { method });
  const text = await response.text();
  const type = response.headers.get("content-type");
  return {
    status: response.status,
    body: type?.includes("json") ? JSON.parse(text) : text,
    response,
  };
}

describe("counter: the app", () => {
  let redis: MemoryRedis;
  let app: Hono;
  const noon = new Date("2026-01-31T12:00:00.000Z");

  beforeEach(() => {
    redis = new MemoryRedis();
    app = counterRoutes(redis, () => noon);
  });

  it("sends / to /get, without a host: who is in front knows it", async () => {
    const { status, response } = await ask(app, "/");
    assert.equal(status, 302);
    assert.equal(response.headers.get("location"), "/get");
  });

  it("sets, gets and resets the time", async () => {
    assert.deepEqual((await ask(app, "/get")).body, { time: null });
    assert.deepEqual((await ask(app, "/set")).body, { time: "2026-01-31T12:00:00.000Z" });
    assert.deepEqual((await ask(app, "/get")).body, { time: "2026-01-31T12:00:00.000Z" });
    assert.deepEqual((await ask(app, "/reset")).body, { time: null });
    assert.deepEqual((await ask(app, "/get")).body, { time: null });
    assert.deepEqual(redis.asked.slice(1, 4), [
      ["SET", "time", "2026-01-31T12:00:00.000Z"],
      ["GET", "time"],
      ["DEL", "time"],
    ]);
  });

  it("tells its version without asking Redis", async () => {
    redis.failure = away;
    const { status, body } = await ask(app, "/version");
    assert.deepEqual({ status, body }, { status: 200, body: { version: "1.0.0" } });
    assert.deepEqual(redis.asked, []);
  });

  for (const path of ["/healthz", "/readyz"]) {
    it(`answers ${path} as Redis does`, async () => {
      const good = await ask(app, path);
      assert.deepEqual([good.status, good.body], [200, { ping: true }]);
      redis.failure = away;
      const bad = await ask(app, path);
      assert.deepEqual([bad.status, bad.body], [503, { ping: "FAIL" }]);
    });
  }

  for (const path of ["/set", "/get", "/reset"]) {
    it(`answers ${path} with 503 and the reason when Redis is away`, async () => {
      redis.failure = away;
      const { status, body } = await ask(app, path);
      assert.deepEqual([status, body], [503, { error: away.message }]);
    });
  }

  it("answers 500 when Redis refuses, and 404 for other paths", async () => {
    redis.failure = new RedisRefused("WRONGTYPE x");
    const refused = await ask(app, "/get");
    assert.deepEqual([refused.status, refused.body], [500, { error: "WRONGTYPE x" }]);
    const unknown = await ask(app, "/nothing");
    assert.deepEqual([unknown.status, unknown.body], [404, { error: "no such path: /nothing" }]);
  });
});

describe("counter: the HTTP front of Redis", () => {
  let redis: MemoryRedis;
  let app: Hono;

  beforeEach(() => {
    redis = new MemoryRedis();
    app = redisHttpRoutes(redis);
  });

  it("answers in Webdis' form", async () => {
    redis.values.set("time", "noon");
    assert.deepEqual((await ask(app, "/GET/time")).body, { GET: "noon" });
    assert.deepEqual((await ask(app, "/GET/none")).body, { GET: null });
    assert.deepEqual((await ask(app, "/PING")).body, { PING: [true, "PONG"] });
    redis.answer = ["a", null, 1, { status: "OK" }];
    assert.deepEqual((await ask(app, "/mget/a/b")).body, { mget: ["a", null, 1, [true, "OK"]] });
  });

  it("decodes each part of the path by itself", async () => {
    await ask(app, "/GET/a%2Fb%20c");
    await ask(app, "/GET/100%");
    assert.deepEqual(redis.asked, [
      ["GET", "a/b c"],
      ["GET", "100%"],
    ]);
  });

  for (const path of ["/SET/time/1", "/flushall", "/KEYS/*", "/EVAL/x/0", "/"]) {
    it(`refuses ${path} without asking Redis`, async () => {
      const { status, body } = await ask(app, path);
      assert.equal(status, 403);
      const command = path.split("/")[1];
      assert.equal(
        body.error,
        `command "${command}" isn't allowed here; these are: DBSIZE, ECHO, EXISTS, GET, MGET, PING, PTTL, STRLEN, TIME, TTL, TYPE`,
      );
      assert.deepEqual(redis.asked, []);
    });
  }

  it("reads only, whatever the method", async () => {
    const { status, body, response } = await ask(app, "/GET/time", "POST");
    assert.deepEqual(
      [status, body],
      [405, { error: "POST isn't allowed here; use GET /COMMAND/arg" }],
    );
    assert.equal(response.headers.get("allow"), "GET, HEAD");
    assert.deepEqual(redis.asked, []);
  });

  it("answers 400 with Redis' error, and 503 when Redis is away", async () => {
    redis.failure = new RedisRefused("ERR wrong number of arguments for 'get' command");
    const refused = await ask(app, "/GET");
    assert.deepEqual(
      [refused.status, refused.body],
      [400, { GET: [false, "ERR wrong number of arguments for 'get' command"] }],
    );
    redis.failure = away;
    const gone = await ask(app, "/GET/time");
    assert.deepEqual([gone.status, gone.body], [503, { error: away.message }]);
  });

  it("is healthy by itself: that Redis is away is its answer, not its fault", async () => {
    redis.failure = away;
    const { status, body } = await ask(app, "/healthz");
    assert.deepEqual([status, body], [200, { ok: true }]);
  });
});
