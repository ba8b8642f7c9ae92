import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import {
  type ServerHandle,
  type StartOptions,
  start,
} from "../../../../micromesh/simulator/runtimes/redis/server.ts";
import { Conversation, request } from "./conversation.ts";

describe("embedded Redis: server", () => {
  const servers: ServerHandle[] = [];
  const conversations: Conversation[] = [];

  afterEach(async () => {
    for (const conversation of conversations.splice(0)) conversation.close();
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  async function serve(options?: StartOptions): Promise<ServerHandle> {
    const server = await start(0, options);
    servers.push(server);
    return server;
  }
  async function talk({ port }: ServerHandle): Promise<Conversation> {
    const conversation = await Conversation.open({ port, host: "127.0.0.1" });
    conversations.push(conversation);
    return conversation;
  }

  it("keeps bytes as they are", async () => {
    const client = await talk(await serve());
    const bytes = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");
    await client.ask("set", bytes, bytes);
    assert.equal(await client.ask("get", bytes), `$256\r\n${bytes}\r\n`);
  });

  it("takes a request byte by byte, and many at once in order", async () => {
    const client = await talk(await serve());
    for (const byte of request(["echo", "slow"])) {
      client.send(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(await client.reply(), "$4\r\nslow\r\n");
    const many = Array.from({ length: 5000 }, (_, i) => ["echo", String(i)]);
    const replies = await client.pipeline(many);
    assert.deepEqual(
      replies,
      many.map(([, text = ""]) => `$${text.length}\r\n${text}\r\n`),
    );
  });

  it("doesn't read on while a client doesn't take its replies", async () => {
    const server = await serve();
    const client = await talk(server);
    const size = 256 * 1024;
    await client.ask("set", "big", "x".repeat(size));
    client.socket.pause();
    const requests = 200;
    client.send(request(["get", "big"]).repeat(requests) + request(["incr", "done"]));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const other = await talk(server);
    assert.equal(await other.ask("get", "done"), "$-1\r\n");
    client.socket.resume();
    const whole = `$${size}\r\n${"x".repeat(size)}\r\n`;
    for (let i = 0; i < requests; i++) assert.ok((await client.reply()) === whole);
    assert.equal(await client.reply(), ":1\r\n");
  });

  it("expires keys by the clock, whether asked for or not", async () => {
    let now = 1_000_000;
    const client = await talk(await serve({ now: () => now }));
    await client.ask("set", "a", "1", "px", "500");
    await client.ask("set", "b", "1", "ex", "1");
    assert.equal(await client.ask("pttl", "a"), ":500\r\n");
    now += 499;
    assert.equal(await client.ask("get", "a"), "$1\r\n1\r\n");
    now += 1;
    assert.equal(await client.ask("get", "a"), "$-1\r\n");
    assert.equal(await client.ask("ttl", "b"), ":1\r\n");
    now += 500;
    for (let tries = 0; (await client.ask("dbsize")) !== ":0\r\n"; tries++) {
      assert.ok(tries < 50, "the expired key is still there");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.match((await client.ask("info", "stats")) ?? "", /expired_keys:2\r\n/);
  });

  it("aborts a transaction whose watched key has expired since", async () => {
    let now = 1_000_000;
    const client = await talk(await serve({ now: () => now }));
    await client.ask("set", "a", "1", "px", "500");
    await client.ask("watch", "a");
    now += 1000;
    await client.ask("multi");
    assert.equal(await client.ask("exec"), "*-1\r\n");
  });

  it("aborts a transaction whose watched key another client has changed", async () => {
    const server = await serve();
    const [client, other] = [await talk(server), await talk(server)];
    await client.ask("watch", "a");
    await other.ask("set", "a", "1");
    await client.ask("multi");
    await client.ask("set", "a", "2");
    assert.equal(await client.ask("exec"), "*-1\r\n");
    assert.equal(await client.ask("get", "a"), "$1\r\n1\r\n");
  });

  it("asks for the password, and limits what strangers may send", async () => {
    const server = await serve({ settings: { password: "secret" } });
    const client = await talk(server);
    assert.equal(await client.ask("get", "a"), "-NOAUTH Authentication required.\r\n");
    assert.match((await client.ask("auth", "wrong")) ?? "", /^-WRONGPASS /);
    assert.match((await client.ask("hello", "3")) ?? "", /^-NOAUTH HELLO /);
    assert.match((await client.ask("hello", "3", "auth", "default", "secret")) ?? "", /^%7\r\n/);
    assert.equal(await client.ask("get", "a"), "_\r\n");
    const stranger = await talk(server);
    stranger.send("*11\r\n");
    assert.equal(
      await stranger.rest(),
      "-ERR Protocol error: unauthenticated multibulk length\r\n",
    );
    const big = await talk(server);
    big.send("*2\r\n$4\r\nauth\r\n$16385\r\n");
    assert.equal(await big.rest(), "-ERR Protocol error: unauthenticated bulk length\r\n");
  });

  it("hands messages to subscribers of channels and of patterns", async () => {
    const server = await serve();
    const [old, modern, publisher] = [await talk(server), await talk(server), await talk(server)];
    await modern.ask("hello", "3");
    assert.equal(
      await old.ask("subscribe", "news"),
      "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n",
    );
    assert.equal(
      await modern.ask("psubscribe", "n*"),
      ">3\r\n$10\r\npsubscribe\r\n$2\r\nn*\r\n:1\r\n",
    );
    assert.equal(await publisher.ask("publish", "news", "hi"), ":2\r\n");
    assert.equal(await old.reply(), "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$2\r\nhi\r\n");
    assert.equal(
      await modern.reply(),
      ">4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$2\r\nhi\r\n",
    );
    assert.match((await old.ask("get", "a")) ?? "", /^-ERR Can't execute 'get': only \(P\|S\)SUB/);
    assert.equal(await old.ask("ping"), "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
    assert.equal(await modern.ask("get", "a"), "_\r\n");
    old.close();
    modern.close();
    for (let tries = 0; (await publisher.ask("publish", "news", "hi")) !== ":0\r\n"; tries++) {
      assert.ok(tries < 50, "subscribers that have gone still count");
    }
  });

  it("refuses to grow beyond maxmemory, and takes writes again after deletions", async () => {
    const client = await talk(await serve({ settings: { maxMemory: 10_000 } }));
    assert.equal(await client.ask("set", "a", "x".repeat(11_000)), "+OK\r\n");
    assert.equal(
      await client.ask("set", "b", "1"),
      "-OOM command not allowed when used memory > 'maxmemory'.\r\n",
    );
    assert.match((await client.ask("get", "a")) ?? "", /^\$11000\r\n/);
    await client.ask("del", "a");
    assert.equal(await client.ask("set", "b", "1"), "+OK\r\n");
    await client.ask("del", "b");
  });

  it("counts as gone what it counted as come", async () => {
    const client = await talk(await serve());
    const used = async () =>
      /used_memory:(\d+)/.exec((await client.ask("info", "memory")) ?? "")?.[1] ?? "";
    for (const words of ["rpush l a", "hset h f v", "sadd s a", "zadd z 1 a", "set t a"]) {
      await client.ask(...words.split(" "));
    }
    const before = await used();
    for (const words of [
      ...["rpush l bb ccc", "lset l 0 longer", "lpop l", "lpush l a", "rpop l 2"],
      ...["hset h g 1 f longer", "hset h f v", "hdel h g"],
      ...["sadd s a bb", "srem s bb"],
      ...["zadd z 2 a 3 bb", "zrem z bb"],
      ...["append t bb", "set t a", "set u 1 px 1000", "rename u w", "del w"],
    ]) {
      assert.match((await client.ask(...words.split(" "))) ?? "", /^[^-]/, words);
    }
    assert.equal(await used(), before);
    await client.ask("del", "l", "h", "s", "z", "t");
    assert.equal(await used(), "0");
  });

  it("evicts the least recently used keys where the policy says so", async () => {
    let now = 1_000_000;
    const settings = { maxMemory: 1000, maxMemoryPolicy: "allkeys-lru" };
    const client = await talk(await serve({ settings, now: () => now++ }));
    for (const key of ["a", "b", "c"]) await client.ask("set", key, "x".repeat(200));
    await client.ask("get", "a");
    for (const key of ["d", "e"]) await client.ask("set", key, "x".repeat(200));
    assert.equal(await client.ask("mget", "a", "b"), `*2\r\n$200\r\n${"x".repeat(200)}\r\n$-1\r\n`);
    await client.ask("config", "set", "maxmemory-policy", "volatile-lru");
    await client.ask("set", "f", "x".repeat(900));
    assert.match((await client.ask("set", "g", "1")) ?? "", /^-OOM /);
  });

  it("turns away clients beyond maxclients", async () => {
    const server = await serve({ settings: { maxClients: 1 } });
    const first = await talk(server);
    assert.equal(await first.ask("ping"), "+PONG\r\n");
    const second = await talk(server);
    assert.equal(await second.rest(), "-ERR max number of clients reached\r\n");
  });

  it("disconnects idle clients, but not subscribers", async () => {
    let now = 1_000_000;
    const server = await serve({ settings: { timeout: 5 }, now: () => now });
    const [idle, subscriber] = [await talk(server), await talk(server)];
    await idle.ask("ping");
    await subscriber.ask("subscribe", "a");
    now += 5001;
    assert.equal(await idle.rest(), "");
    assert.equal(await subscriber.ask("ping"), "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
  });

  it("hangs up on HTTP, without a word", async () => {
    const client = await talk(await serve());
    client.send("GET / HTTP/1.1\r\nHost: redis\r\n\r\nPING\r\n");
    assert.equal(await client.rest(), "");
  });

  it("answers QUIT, drops what follows and closes", async () => {
    const client = await talk(await serve());
    client.send(request(["set", "a", "1"]) + request(["quit"]) + request(["get", "a"]));
    assert.equal(await client.rest(), "+OK\r\n+OK\r\n");
  });

  it("kills the clients that CLIENT KILL names", async () => {
    const server = await serve();
    const [killer, victim] = [await talk(server), await talk(server)];
    const id = (await victim.ask("client", "id"))?.slice(1).trim() ?? "";
    assert.equal(await killer.ask("client", "kill", "id", id), ":1\r\n");
    assert.equal(await victim.rest(), "");
    assert.equal(await killer.ask("client", "kill", "type", "normal", "skipme", "no"), ":1\r\n");
    assert.equal(await killer.reply(), undefined);
  });

  it("mutes replies by CLIENT REPLY", async () => {
    const client = await talk(await serve());
    client.send(request(["client", "reply", "skip"]) + request(["echo", "unheard"]));
    assert.equal(await client.ask("echo", "heard"), "$5\r\nheard\r\n");
    client.send(request(["client", "reply", "off"]) + request(["echo", "unheard"]));
    assert.equal(await client.ask("client", "reply", "on"), "+OK\r\n");
  });

  it("finds each key once in a scan, also while keys come and go", async () => {
    const client = await talk(await serve());
    const keys = Array.from({ length: 100 }, (_, i) => `k${i}`);
    for (const key of keys) await client.ask("set", key, "1");
    const found: string[] = [];
    let cursor = "0";
    do {
      const reply = (await client.ask("scan", cursor, "count", "7")) ?? "";
      const words = reply.split("\r\n").filter((line) => /^(\d|k\d)/.test(line));
      cursor = words[0] ?? "";
      found.push(...words.slice(1));
      await client.ask("set", keys[0] ?? "", "2");
      await client.ask("del", `gone${cursor}`);
    } while (cursor !== "0");
    assert.deepEqual(found.sort(), keys.sort());
  });

  it("says honestly that it saves no RDB files", async () => {
    const client = await talk(await serve());
    for (const name of ["save", "bgsave"]) {
      assert.match((await client.ask(name)) ?? "", /^-ERR this embedded Redis saves no RDB files/);
    }
  });

  it("ends by SHUTDOWN", async () => {
    const server = await serve();
    const client = await talk(server);
    client.send(request(["shutdown"]));
    assert.equal(await client.rest(), "");
    await server.closed;
  });

  it("frees its port and lets go of its clients when it's closed", async () => {
    const server = await serve();
    const client = await talk(server);
    await server.close();
    assert.equal(await client.rest(), "");
    const again = await start(server.port);
    await again.close();
  });

  it("fails where the port is taken", async () => {
    const { port } = await serve();
    await assert.rejects(start(port), { code: "EADDRINUSE" });
  });

  it("listens on the addresses that bind names, and on no others", async () => {
    const { port } = await serve({ settings: { bind: ["127.0.0.1", "-192.0.2.1"] } });
    const there = connect({ port, host: "127.0.0.1" });
    await once(there, "connect");
    there.destroy();
    const elsewhere = connect({ port, host: "127.0.0.2" });
    await assert.rejects(once(elsewhere, "connect"), { code: "ECONNREFUSED" });
    await assert.rejects(start(0, { settings: { bind: ["192.0.2.1"] } }), {
      code: "EADDRNOTAVAIL",
    });
  });
});
