import assert from "node:assert/strict";
import type { Query } from "../../../../apps/items/api/database/database.ts";
import { openDatabase } from "../../../../apps/items/api/database/database.ts";
import { MIGRATIONS, migrate } from "../../../../apps/items/api/database/migrations.ts";
import { freePort, Started } from "../../counter/servers.ts";
import { hasPostgres, Postgres } from "../postgres.ts";
import { make, poolOptions, ready, startApi } from "../world.ts";

describe("items: migrations", function () {
  this.timeout(60_000);
  const started = new Started();
  const own = new Started();
  let postgres: Postgres;

  before(async function () {
    if (!hasPostgres) this.skip();
    postgres = await Postgres.start(own);
  });
  beforeEach(() => postgres.query("DROP TABLE IF EXISTS items, schema_migrations, extra"));
  afterEach(() => started.stop());
  after(() => own.stop());

  const alone = (work: (query: Query) => Promise<void>) => {
    const database = openDatabase(poolOptions(postgres.port), {
      log: () => {},
      failed: () => {},
      tablesMissing: () => {},
    });
    return database.alone(work).finally(() => database.close());
  };
  const applied = () => postgres.query("SELECT id, name FROM schema_migrations ORDER BY id");

  it("are numbered without gaps, and each has a name", () => {
    assert.deepEqual(
      MIGRATIONS.map(({ id }) => id),
      MIGRATIONS.map((_, i) => i + 1),
    );
    assert.equal(new Set(MIGRATIONS.map(({ name }) => name)).size, MIGRATIONS.length);
  });

  it("are done once by replicas that begin at the same time", async () => {
    const apis = await Promise.all(
      Array.from({ length: 4 }, () => startApi(started, postgres.port)),
    );
    await Promise.all(apis.map(ready));
    const done = apis.flatMap(({ lines }) => lines.filter((line) => line.startsWith("migration")));
    assert.deepEqual(done, ["migration 1: items"]);
    assert.deepEqual(await applied(), [{ id: 1, name: "items" }]);
    // Who asks before they are done hears just that.
    const wrong = apis.flatMap(({ lines }) =>
      lines.filter((line) => / (query|connect): (?!.*the tables aren't there yet$)/.test(line)),
    );
    assert.deepEqual(wrong, []);
  });

  it("are done one after another by many at once, each exactly once", async () => {
    const many = Array.from({ length: 5 }, (_, i) => ({
      id: i + 1,
      name: `m${i + 1}`,
      sql: i === 0 ? "CREATE TABLE extra (n int)" : `INSERT INTO extra VALUES (${i + 1})`,
    }));
    const done: number[] = [];
    await Promise.all(
      Array.from({ length: 6 }, () =>
        alone(async (query) => {
          done.push(...(await migrate(query, many)).map(({ id }) => id));
        }),
      ),
    );
    assert.deepEqual(done.sort(), [1, 2, 3, 4, 5]);
    const rows = await postgres.query("SELECT n FROM extra ORDER BY n");
    assert.deepEqual(
      rows.map(({ n }) => n),
      [2, 3, 4, 5],
    );
  });

  it("are undone as a whole where one fails, and leave those before it", async () => {
    const [first] = MIGRATIONS;
    assert.ok(first);
    const bad = { id: 2, name: "bad", sql: "CREATE TABLE extra (n int); SELECT nonsense" };
    await assert.rejects(
      alone(async (query) => void (await migrate(query, [first, bad]))),
      /a query failed: column "nonsense" does not exist/,
    );
    assert.deepEqual(await applied(), [{ id: 1, name: "items" }]);
    assert.deepEqual(await postgres.query("SELECT to_regclass('extra') AS t"), [{ t: null }]);
  });

  it("leave what a newer program has done", async () => {
    const api = await startApi(started, postgres.port);
    await ready(api);
    await make(api.url, { name: "kept" });
    await postgres.query("INSERT INTO schema_migrations VALUES (2, 'newer')");
    const older = await startApi(started, postgres.port);
    await ready(older);
    assert.equal((await postgres.query("SELECT * FROM items")).length, 1);
  });

  it("wait for the database, however late it comes", async () => {
    const late = await Postgres.start(started);
    await late.stop();
    const api = await startApi(started, late.port);
    const { status, body } = await fetch(`${api.url}/readyz`).then(async (answer) => ({
      status: answer.status,
      body: (await answer.json()) as { hop: string },
    }));
    assert.deepEqual([status, body.hop], [503, "connect"]);
    await late.run();
    await ready(api);
    assert.equal((await make(api.url, { name: "x" })).status, 201);
    assert.ok(api.lines.includes("migration 1: items"));
  });

  it("don't keep the API from stopping when they can't be done", async () => {
    const api = await startApi(started, await freePort());
    await fetch(`${api.url}/readyz`);
    const began = Date.now();
    await started.stop();
    assert.ok(Date.now() - began < 2000);
  });
});
