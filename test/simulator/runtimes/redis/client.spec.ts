import assert from "node:assert/strict";
import { createClient } from "@redis/client";
import { type ServerHandle, start } from "../../../../micromesh/simulator/runtimes/redis/server.ts";

describe("embedded Redis: with @redis/client", () => {
  for (const RESP of [2, 3] as const) {
    it(`serves its commands, RESP${RESP}`, async () => {
      const server = await start(0, { settings: { password: "pass word" } });
      const client = createClient({
        RESP,
        socket: { host: "127.0.0.1", port: server.port },
        password: "pass word",
        name: "lab",
        database: 2,
      });
      try {
        await client.connect();
        assert.equal(await client.ping(), "PONG");
        assert.equal(await client.clientGetName(), "lab");
        assert.equal(
          await client.set("time", "12:00 ü", { expiration: { type: "EX", value: 60 } }),
          "OK",
        );
        assert.equal(await client.get("time"), "12:00 ü");
        assert.equal(await client.get("nosuch"), null);
        assert.equal(await client.incrBy("n", 41), 41);
        await client.hSet("h", { a: "1", b: "2" });
        assert.deepEqual({ ...(await client.hGetAll("h")) }, { a: "1", b: "2" });
        await client.zAdd("z", [
          { value: "x", score: 1.5 },
          { value: "y", score: -1 },
        ]);
        assert.deepEqual(
          [...(await client.zRangeWithScores("z", 0, -1))].map((one) => ({ ...one })),
          [
            { value: "y", score: -1 },
            { value: "x", score: 1.5 },
          ],
        );
        const [set, got] = await client.multi().set("m", "1").get("m").exec();
        assert.deepEqual([set, got], ["OK", "1"]);
        assert.deepEqual({ ...(await client.configGet("databases")) }, { databases: "16" });
        const keys: string[] = [];
        for await (const found of client.scanIterator()) keys.push(...found);
        assert.deepEqual(keys.sort(), ["h", "m", "n", "time", "z"]);
        await assert.rejects(client.lPush("n", "1"), /WRONGTYPE/);
      } finally {
        client.destroy();
        await server.close();
      }
    });

    it(`delivers messages, RESP${RESP}`, async () => {
      const server = await start(0);
      const socket = { host: "127.0.0.1", port: server.port };
      const [subscriber, publisher] = [
        createClient({ RESP, socket }),
        createClient({ RESP, socket }),
      ];
      try {
        await Promise.all([subscriber.connect(), publisher.connect()]);
        const message = new Promise((resolve) => {
          void subscriber
            .subscribe("news", (text, channel) => resolve([channel, text]))
            .then(() => publisher.publish("news", "hi"));
        });
        assert.deepEqual(await message, ["news", "hi"]);
      } finally {
        subscriber.destroy();
        publisher.destroy();
        await server.close();
      }
    });
  }

  it("rejects a wrong password", async () => {
    const server = await start(0, { settings: { password: "right" } });
    const client = createClient({
      socket: { host: "127.0.0.1", port: server.port, reconnectStrategy: false },
      password: "wrong",
    });
    client.on("error", () => {});
    try {
      await assert.rejects(client.connect(), /WRONGPASS/);
    } finally {
      client.destroy();
      await server.close();
    }
  });

  it("is found again after a restart", async () => {
    let server: ServerHandle = await start(0);
    const client = createClient({
      socket: { host: "127.0.0.1", port: server.port, reconnectStrategy: 20 },
    });
    client.on("error", () => {});
    // Not events.once: it takes the error of the lost connection for its own.
    const seen = (event: string) => new Promise<void>((go) => client.once(event, () => go()));
    try {
      await client.connect();
      await client.set("a", "1");
      const lost = seen("reconnecting");
      await server.close();
      await lost;
      const back = seen("ready");
      server = await start(server.port);
      await back;
      assert.equal(await client.get("a"), null);
    } finally {
      client.destroy();
      await server.close();
    }
  });
});
