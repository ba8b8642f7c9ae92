import assert from "node:assert/strict";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import {
  connectRedis,
  type Redis,
  RedisRefused,
  redisAddress,
} from "../../../apps/counter/runtime/redis.ts";
import { RedisUnavailable, retryDelay } from "../../../apps/runtime/redis-link.ts";
import { eventually, freePort, has, Started } from "./servers.ts";

describe("counter: the connection to Redis", () => {
  const started = new Started();
  let log: string[];

  beforeEach(() => {
    log = [];
  });
  afterEach(() => started.stop());

  function connect(port: number): Redis {
    const redis = connectRedis({ host: "127.0.0.1", port }, (line) => log.push(line));
    started.add(() => redis.close());
    return redis;
  }

  describe("with a real server", () => {
    before(function () {
      if (!has("redis-server")) this.skip();
    });

    it("tells statuses, texts, numbers, nothing and lists apart", async () => {
      const port = await freePort();
      await started.redis(port);
      const redis = connect(port);
      await eventually(() => redis.run("PING"));
      assert.deepEqual(await redis.run("PING"), { status: "PONG" });
      assert.deepEqual(await redis.run("SET", "key", "PONG"), { status: "OK" });
      assert.equal(await redis.run("GET", "key"), "PONG");
      assert.equal(await redis.run("STRLEN", "key"), 4);
      assert.equal(await redis.run("GET", "none"), null);
      assert.deepEqual(await redis.run("MGET", "key", "none"), ["PONG", null]);
    });

    it("hands on what Redis refuses, in its words", async () => {
      const port = await freePort();
      await started.redis(port);
      const redis = connect(port);
      await eventually(() => redis.run("LPUSH", "list", "1"));
      await assert.rejects(redis.run("GET", "list"), (error: Error) => {
        assert.ok(error instanceof RedisRefused);
        assert.equal(
          error.message,
          "WRONGTYPE Operation against a key holding the wrong kind of value",
        );
        return true;
      });
    });

    it("comes back by itself when Redis does, and says so once", async () => {
      const port = await freePort();
      const redis = connect(port);
      await eventually(() => assert.equal(log.length, 1));
      const first = await started.redis(port);
      await eventually(() => redis.run("PING"));
      await first.stop("SIGKILL");
      await eventually(() => assert.rejects(redis.run("PING"), RedisUnavailable));
      // Time for a few tries, which aren't worth a line each.
      await sleep(500);
      await started.redis(port);
      await eventually(() => redis.run("PING"));
      const states = log.map((line) => line.replace(/^redis at 127\.0\.0\.1:\d+: (\w+).*$/, "$1"));
      assert.deepEqual([states[0], states.at(-1)], ["away", "connected"]);
      assert.ok(states.length >= 4, states.join());
      // A server that is being killed may take one more connection, and reset it.
      for (const [i, state] of states.entries()) assert.notEqual(state, states[i - 1]);
    });
  });

  it("says at once that nobody listens, without queueing", async () => {
    const port = await freePort();
    const redis = connect(port);
    await eventually(() => assert.equal(log.length, 1));
    const start = Date.now();
    await assert.rejects(redis.run("PING"), {
      name: "RedisUnavailable",
      message: `redis at 127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`,
    });
    assert.ok(Date.now() - start < 100);
  });

  it("gives up on a server that doesn't answer within 2 s, and asks on a new connection", async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      const mute = connections === 1;
      socket.on("data", () => {
        if (!mute) socket.write("+PONG\r\n");
      });
    });
    const redis = connect(await started.listen(server));
    await eventually(() =>
      assert.deepEqual(
        log.map((line) => line.split(": ")[1]),
        ["connected"],
      ),
    );
    const start = Date.now();
    await assert.rejects(redis.run("PING"), { message: /: no answer within 1500 ms$/ });
    assert.ok(Date.now() - start < 2000);
    await eventually(async () => assert.deepEqual(await redis.run("PING"), { status: "PONG" }));
    assert.equal(connections, 2);
  });

  it("waits longer from try to try, a second at most, half of it by chance", () => {
    fc.assert(
      fc.property(fc.nat(100), fc.double({ min: 0, max: 1, noNaN: true }), (retries, random) => {
        const longest = Math.min(1000, 50 * 2 ** retries);
        const delay = retryDelay(retries, () => random);
        assert.ok(delay >= longest / 2 && delay <= longest);
      }),
    );
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5].map((retries) => retryDelay(retries, () => 1)),
      [50, 100, 200, 400, 800, 1000],
    );
    assert.equal(
      retryDelay(0, () => 0),
      25,
    );
  });

  it("takes its address from the environment, and else the lab's Service", () => {
    assert.deepEqual(redisAddress({}), {
      host: "redis-svc.d-redis.svc.cluster.local",
      port: 6379,
    });
    assert.deepEqual(redisAddress({ REDIS_ENDPOINT: "cache", REDIS_PORT: "7000" }), {
      host: "cache",
      port: 7000,
    });
    assert.throws(() => redisAddress({ REDIS_PORT: "redis" }), {
      message: 'REDIS_PORT is "redis"; it must be a port number between 1 and 65535',
    });
    assert.throws(() => redisAddress({ REDIS_PORT: "65536" }), /REDIS_PORT is "65536"/);
  });
});
