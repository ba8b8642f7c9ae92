import assert from "node:assert/strict";
import { createServer } from "node:http";
import { eventually, freePort, Started } from "../counter/servers.ts";
import { ask } from "../shop/runtime/world.ts";
import { hasPostgres, PASSWORD, Postgres } from "./postgres.ts";
import { make, Network, programOf } from "./world.ts";

/** The programs as they run in pods: bundled, in a process of their own, told by signals. */
describe("items: the bundled programs", function () {
  this.timeout(60_000);
  const bundled = new Started();
  const started = new Started();
  const files = { api: "", client: "" };

  before(() => {
    files.api = programOf(bundled, "api");
    files.client = programOf(bundled, "client");
  });
  afterEach(() => started.stop());
  after(() => bundled.stop());

  async function run(name: "api" | "client", env: NodeJS.ProcessEnv) {
    const port = await freePort();
    const child = started.process(process.execPath, [files[name]], { PORT: String(port), ...env });
    await child.says(`listening on ${port}`);
    return { child, url: `http://127.0.0.1:${port}` };
  }
  const database = (port: number) => ({
    DATABASE_HOST: "127.0.0.1",
    DATABASE_PORT: String(port),
    DATABASE_PASSWORD: PASSWORD,
    POD_NAME: "api-7",
  });

  it("make items that survive them, and a client that sees them", async function () {
    if (!hasPostgres) this.skip();
    const postgres = await Postgres.start(started);
    const first = await run("api", database(postgres.port));
    await first.child.says("migration 1: items");
    const made = await make(first.url, { name: "bolt" });
    assert.deepEqual([made.status, made.headers.get("x-replica-id")], [201, "api-7"]);
    assert.equal(await first.child.stop("SIGTERM"), 0);
    assert.match(first.child.output, /SIGTERM: stopping\nstopped\n$/);

    const second = await run("api", database(postgres.port));
    const client = await run("client", { API_URL: second.url, INTERVAL_SECONDS: "0.05" });
    await client.child.says("GET /items: ok: 200");
    assert.deepEqual((await ask("GET", `${second.url}/items/1`)).body, made.body);
    await postgres.stop();
    await client.child.says("GET /items: hop-connect: 503 connect: 127.0.0.1:");
    await postgres.run();
    await client.child.says("GET /items: ok: 200 (before: hop-connect)");
    second.child.signal("SIGKILL");
    await client.child.says("GET /items: refused: connection refused");
    const { body } = await ask("GET", client.url);
    assert.deepEqual([body.api, body.current], [second.url, "refused"]);
    assert.ok(body.last.some(({ outcome }: { outcome: string }) => outcome === "hop-connect"));
    const metrics = await (await fetch(`${client.url}/metrics`)).text();
    assert.match(metrics, /^items_client_requests_total\{outcome="refused"\} [1-9]/m);
    assert.match(metrics, /^items_client_last_ok 0$/m);
    assert.equal((await ask("GET", `${client.url}/healthz`)).status, 200);
    assert.equal(await client.child.stop("SIGTERM"), 0);
    for (const { child } of [first, second, client]) assert.ok(!child.output.includes(PASSWORD));
  });

  it("finish what is under way when they are told to stop", async function () {
    if (!hasPostgres) this.skip();
    const postgres = await Postgres.start(started);
    const network = await Network.before(started, postgres.port);
    const api = await run("api", database(network.port));
    await api.child.says("migration 1: items");
    network.delayMs = 1500;
    const slow = make(api.url, { name: "bolt" });
    await ask("GET", `${api.url}/healthz`);
    api.child.signal("SIGTERM");
    await api.child.says("SIGTERM: stopping");
    assert.equal((await slow).status, 201);
    assert.equal(await api.child.exited, 0);
  });

  it("listen before there is a database, and stop without one", async () => {
    const port = await freePort();
    const api = await run("api", database(port));
    assert.equal((await ask("GET", `${api.url}/healthz`)).status, 200);
    const { status, body } = await ask("GET", `${api.url}/readyz`);
    assert.deepEqual([status, body.hop], [503, "connect"]);
    assert.equal(await api.child.stop("SIGTERM"), 0);
    const said = api.child.output.split("\n").filter((line) => line.startsWith("database: "));
    assert.deepEqual(said, [`database: connect: 127.0.0.1:${port}: refused`]);
  });

  it("ask an API that answers late, with something else, or not at all", async () => {
    let answer = (): [number, string] | undefined => [200, "{}"];
    const server = createServer((_, response) => {
      const now = answer();
      if (now) response.writeHead(now[0]).end(now[1]);
    });
    const port = await started.listen(server);
    const client = await run("client", {
      API_URL: `http://127.0.0.1:${port}`,
      INTERVAL_SECONDS: "0.05",
      ANSWER_TIMEOUT_SECONDS: "0.1",
    });
    await client.child.says("GET /items: ok: 200");
    answer = () => [500, "not JSON"];
    await client.child.says("GET /items: status: 500 (before: ok)");
    answer = () => [503, '{"error":"db: no such name","hop":"name"}'];
    await client.child.says("GET /items: hop-name: 503 name: db: no such name (before: status)");
    answer = () => undefined;
    await eventually(() => client.child.says("GET /items: late: no answer within 0.1 s"));
  });

  const wrong: [string, "api" | "client", NodeJS.ProcessEnv, string][] = [
    [
      "no host",
      "api",
      { DATABASE_PASSWORD: PASSWORD },
      "DATABASE_HOST isn't set; it must be the database's host name, such as db",
    ],
    [
      "no password",
      "api",
      { DATABASE_HOST: "db" },
      "DATABASE_PASSWORD isn't set; it must be the password of the database's user",
    ],
    [
      "a pool of none",
      "api",
      { ...database(1), POOL_MAX: "0" },
      'POOL_MAX is "0"; it must be a whole number, 1 to 100',
    ],
    [
      "no time",
      "api",
      { ...database(1), QUERY_TIMEOUT_SECONDS: "-1" },
      'QUERY_TIMEOUT_SECONDS is "-1"; it must be a number of seconds, 0.05 to 3600',
    ],
    [
      "no API",
      "client",
      {},
      "API_URL isn't set; it must be a URL without a path, such as http://api.items:8090",
    ],
  ];
  for (const [what, name, env, line] of wrong) {
    it(`say in one line why they can't start: ${what}`, async () => {
      const child = started.process(process.execPath, [files[name]], env);
      assert.equal(await child.exited, 1);
      assert.equal(child.output, `${line}\n`);
    });
  }
});
