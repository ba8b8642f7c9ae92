import assert from "node:assert/strict";
import dns from "node:dns";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually, freePort, Started } from "../../counter/servers.ts";
import { ask } from "../../shop/runtime/world.ts";
import { hasPostgres, PASSWORD, Postgres } from "../postgres.ts";
import { type Api, JSON_TYPE, make, Network, ready, startApi } from "../world.ts";

const impatient = { connectTimeoutMs: 500, queryTimeoutMs: 1000 };

/** What each kind of request is told: the hop, and the words without the advice. */
async function told({ url }: Api) {
  const answers = [
    await ask("GET", `${url}/readyz`),
    await ask("GET", `${url}/items`),
    await ask("GET", `${url}/items/1`),
    await make(url, { name: "x" }),
    await ask("PUT", `${url}/items/1`, JSON_TYPE, '{"name": "x"}'),
    await ask("DELETE", `${url}/items/1`),
  ];
  for (const { status, headers, body } of answers) {
    assert.equal(status, 503, JSON.stringify(body));
    assert.equal(headers.get("x-failed-dependency"), "db");
    assert.ok(!JSON.stringify(body).includes(PASSWORD));
  }
  const told = answers.map(({ body: { hop, error } }) => `${hop}: ${error.split(";")[0]}`);
  return [...new Set(told)];
}

describe("items: which hop to the database fails", function () {
  this.timeout(60_000);
  const started = new Started();
  const own = new Started();
  let postgres: Postgres;
  let network: Network;

  before(async function () {
    if (!hasPostgres) this.skip();
    postgres = await Postgres.start(own, ["fsync=off", "max_connections=12"]);
  });
  beforeEach(async () => {
    network = await Network.before(started, postgres.port);
  });
  afterEach(() => started.stop());
  after(() => own.stop());

  const start = (change = {}, port = network.port) =>
    startApi(started, port, { ...impatient, ...change });

  it("name: there's no such name, whatever is asked", async () => {
    const api = await start({ host: "db.items.invalid" });
    assert.deepEqual(
      (await told(api)).filter(
        (one) =>
          !/^name: db\.items\.invalid: (no such name|the name can't be asked for at present \(EAI_AGAIN\))$/.test(
            one,
          ),
      ),
      [],
    );
    assert.equal((await ask("GET", `${api.url}/healthz`)).status, 200);
    assert.equal(api.lines.length, 1);
    assert.match(api.lines[0] as string, /^database: name: db\.items\.invalid: /);
  });

  it("connect: refused", async () => {
    const port = await freePort();
    const api = await start({}, port);
    assert.deepEqual(await told(api), [`connect: 127.0.0.1:${port}: refused`]);
    const { body } = await make(api.url, { name: "x" });
    assert.deepEqual(body, {
      error: `127.0.0.1:${port}: refused; nothing was written: try again later`,
      hop: "connect",
      written: "no",
    });
  });

  it("connect: packets are lost", async () => {
    network.mode = "drop";
    const api = await start();
    const began = Date.now();
    assert.deepEqual(await told(api), [
      `connect: 127.0.0.1:${network.port}: no answer within 0.5 s`,
    ]);
    const each = (Date.now() - began) / 6;
    assert.ok(each > 450 && each < 1000, `${each} ms each`);
  });

  it("connect: more requests than connections, and none can be had", async () => {
    network.mode = "drop";
    const api = await start();
    const began = Date.now();
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => ask("GET", `${api.url}/items`)),
    );
    assert.deepEqual([...new Set(answers.map(({ body }) => body.hop))], ["connect"]);
    assert.ok(Date.now() - began < 2500);
    network.mode = "pass";
    await ready(api);
  });

  it("connect: reset, or closed, instead of an answer", async () => {
    const resetting = await started.listen(createServer((socket) => socket.resetAndDestroy()));
    assert.deepEqual(await told(await start({}, resetting)), [
      `connect: 127.0.0.1:${resetting}: reset`,
    ]);
    const closing = await started.listen(createServer((socket) => socket.end()));
    assert.deepEqual(await told(await start({}, closing)), [
      `connect: 127.0.0.1:${closing}: closed the connection`,
    ]);
  });

  it("connect: too many connections", async () => {
    const before = await start({ max: 12, idleTimeoutMs: 100 });
    const held = Array.from({ length: 12 }, () =>
      before.database
        .alone(async (query) => {
          await query("SELECT pg_sleep(0.5)");
        })
        .catch(() => {}),
    );
    await sleep(200);
    const api = await start();
    assert.deepEqual((await ask("GET", `${api.url}/items`)).body.hop, "connect");
    assert.ok(
      api.lines.some(
        (line) => line === `database: connect: 127.0.0.1:${network.port}: too many connections`,
      ),
      api.lines.join("\n"),
    );
    await Promise.all(held);
    await ready(api);
  });

  it("auth: wrong password, user, database", async () => {
    const where = `auth: 127.0.0.1:${network.port}`;
    const password = "another-Password-of-theirs";
    const api = await start({ password, connectTimeoutMs: 3000 });
    assert.deepEqual(await told(api), [`${where}: the password of user "items" is wrong`]);
    assert.ok(!api.lines.join().includes(password));
    assert.deepEqual(await told(await start({ user: "nobody", connectTimeoutMs: 3000 })), [
      `${where}: the password of user "nobody" is wrong`,
    ]);
    assert.deepEqual(await told(await start({ database: "nothing", connectTimeoutMs: 3000 })), [
      `${where}: there is no database "nothing"`,
    ]);
  });

  it("query: an established connection goes dead, is noticed, and replaced", async () => {
    const api = await start();
    await ready(api);
    network.mode = "drop";
    const began = Date.now();
    const { status, body } = await ask("GET", `${api.url}/items`);
    const took = Date.now() - began;
    assert.deepEqual(
      [status, body],
      [
        503,
        {
          error: `127.0.0.1:${network.port}: no answer to a query within 1 s; try again later`,
          hop: "query",
        },
      ],
    );
    assert.ok(took > 950 && took < 1800, `${took} ms`);
    // So are others that were there, one by one; and new ones can't be made.
    await eventually(async () => {
      assert.equal((await ask("GET", `${api.url}/items`)).body.hop, "connect");
    });
    network.mode = "pass";
    assert.equal((await ask("GET", `${api.url}/items`)).status, 200);
  });

  it("query: a write on a dead connection may have been written, and isn't repeated", async () => {
    const api = await start();
    await ready(api);
    const received = network.connections;
    network.mode = "drop";
    const { body } = await make(api.url, { name: "x" });
    assert.deepEqual(body, {
      error: `127.0.0.1:${network.port}: no answer to a query within 1 s; it may or may not have been written: look before you send it again`,
      hop: "query",
      written: "unknown",
    });
    assert.equal(network.connections, received);
  });

  it("connect: readiness asks by a new connection, whatever those of the pool still do", async () => {
    const api = await start({ maxLifetimeMs: 1000 });
    await ready(api);
    const list = () => ask("GET", `${api.url}/items`);
    assert.equal((await list()).status, 200);
    network.accepts = false;
    const { status, body } = await ask("GET", `${api.url}/readyz`);
    assert.deepEqual([status, body.hop], [503, "connect"]);
    assert.equal((await list()).status, 200, "it goes on by the connection that it has");
    await eventually(async () => assert.equal((await list()).body.hop, "connect"));
    network.accepts = true;
    await ready(api);
  });

  it("query: a write whose answer is lost is written once, and said to be in doubt", async () => {
    const api = await start();
    await ready(api);
    await postgres.query("TRUNCATE items");
    network.answers = (data) => !data.includes("INSERT");
    const { status, body } = await make(api.url, { name: "once" });
    assert.deepEqual([status, body.hop, body.written], [503, "query", "unknown"]);
    assert.match(body.error, /: a query broke off: reset; /);
    network.answers = () => true;
    const found = (await ask("GET", `${api.url}/items`)).body.items;
    assert.deepEqual(
      found.map(({ name }: { name: string }) => name),
      ["once"],
    );
  });

  it("doesn't fail a read for a connection that broke off while nobody used it, or while it's used", async () => {
    const api = await start();
    await ready(api);
    // Both ends think that it's there, and the first byte on it brings a reset.
    network.answers = () => {
      network.answers = () => true;
      return false;
    };
    assert.equal((await ask("GET", `${api.url}/items`)).status, 200);
    network.reset();
    assert.equal((await ask("GET", `${api.url}/items`)).status, 200);
    assert.equal((await make(api.url, { name: "x" })).status, 201);
    assert.deepEqual(
      api.lines.filter((line) => line.startsWith("database")),
      [`database: 127.0.0.1:${network.port}: connected`],
    );
  });

  it("gives a read up that breaks off on a new connection, too", async () => {
    const api = await start();
    await ready(api);
    network.answers = (data) => !data.includes("SELECT");
    const { status, body } = await ask("GET", `${api.url}/items`);
    assert.deepEqual([status, body.hop], [503, "query"]);
    assert.ok(network.connections <= 3, `${network.connections} connections`);
  });

  it("query: one that takes too long is given up by PostgreSQL, and hasn't been done", async () => {
    const api = await start();
    await ready(api);
    const locked = api.database.alone(async (query) => {
      await query("BEGIN");
      await query("LOCK TABLE items");
      await query("SELECT pg_sleep(0.7)");
      await query("SELECT pg_sleep(0.7)");
      await query("ROLLBACK");
    });
    await sleep(100);
    const { status, body } = await make(api.url, { name: "x" });
    assert.deepEqual([status, body.hop, body.written], [503, "query", "no"]);
    assert.match(
      body.error,
      /: a query took too long: canceling statement due to statement timeout; /,
    );
    await locked;
  });

  it("query: all connections wait for answers", async () => {
    const api = await start({ max: 1, queryTimeoutMs: 2000 });
    await ready(api);
    const busy = api.database.alone(async (query) => {
      await query("SELECT pg_sleep(1)");
    });
    const { body } = await ask("GET", `${api.url}/items`);
    assert.deepEqual(body, {
      error: `127.0.0.1:${network.port}: all 1 connections have waited for answers for 0.5 s; try again later`,
      hop: "query",
    });
    await busy;
    assert.equal((await ask("GET", `${api.url}/items`)).status, 200);
  });

  it("makes the tables again when the database is a new one", async () => {
    const api = await start();
    await ready(api);
    await postgres.query("DROP TABLE items, schema_migrations");
    assert.equal((await ask("GET", `${api.url}/items`)).body.hop, "query");
    await ready(api);
    assert.equal((await make(api.url, { name: "x" })).status, 201);
  });

  it("logs one line for each change of hop, and not for each request", async () => {
    const api = await start();
    await ready(api);
    api.lines.length = 0;
    const requests = async () => {
      for (let i = 0; i < 5; i++) await ask("GET", `${api.url}/items`);
    };
    await requests();
    assert.deepEqual(api.lines, []);
    network.mode = "drop";
    await requests();
    network.mode = "pass";
    await requests();
    const where = `127.0.0.1:${network.port}`;
    assert.deepEqual(api.lines, [
      `database: query: ${where}: no answer to a query within 1 s`,
      `database: connect: ${where}: no answer within 0.5 s`,
      `database: ${where}: well again`,
    ]);
    const metrics = await (await fetch(`${api.url}/metrics`)).text();
    const failed = [...metrics.matchAll(/^items_api_database_failures_total\{.*\} (\d+)$/gm)];
    assert.equal(
      failed.reduce((sum, [, n]) => sum + Number(n), 0),
      5,
    );
  });

  it("comes back by itself when PostgreSQL does", async () => {
    const api = await start();
    await ready(api);
    await postgres.stop();
    const where = `127.0.0.1:${network.port}`;
    await eventually(async () => {
      const { body } = await ask("GET", `${api.url}/readyz`);
      assert.equal(body.hop, "connect");
    });
    await postgres.run();
    await ready(api);
    assert.equal(api.lines.at(-1), `database: ${where}: well again`);
  });

  it("name: asks for it anew with each connection, and waits no longer for it than for one", async () => {
    const { lookup } = dns;
    type Answer = (error: Error | null, addresses?: { address: string; family: number }[]) => void;
    let answer: (callback: Answer) => void = (callback) =>
      callback(Object.assign(new Error("no"), { code: "ENOTFOUND", syscall: "getaddrinfo" }));
    const at = (address: string) => (callback: Answer) => callback(null, [{ address, family: 4 }]);
    dns.lookup = ((host: string, options: object, callback: Answer) =>
      host === "db.items.test"
        ? answer(callback)
        : lookup(host, options, callback as never)) as typeof lookup;
    started.add(() => {
      dns.lookup = lookup;
    });
    const api = await start({ host: "db.items.test" });
    const where = `db.items.test:${network.port}`;
    assert.deepEqual(await told(api), ["name: db.items.test: no such name"]);
    answer = () => {};
    assert.deepEqual(await told(api), [
      "name: db.items.test: no answer about the name within 0.5 s",
    ]);
    answer = at("127.0.0.1");
    await ready(api);
    // The name leads somewhere else now, where nobody is; the old connections still do what they did.
    answer = at("127.0.0.53");
    assert.equal((await ask("GET", `${api.url}/items`)).status, 200);
    network.reset();
    await eventually(async () => {
      const { body } = await ask("GET", `${api.url}/items`);
      assert.equal(body.error, `${where}: refused; try again later`);
    });
    answer = at("127.0.0.1");
    assert.equal((await ask("GET", `${api.url}/items`)).status, 200);
    // A name that is known isn't to blame for packets that are lost behind it.
    network.mode = "drop";
    network.reset();
    await eventually(async () => {
      assert.deepEqual(await told(api), [`connect: ${where}: no answer within 0.5 s`]);
    });
  });
});
