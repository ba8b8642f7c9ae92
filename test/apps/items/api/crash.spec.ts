import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Started } from "../../counter/servers.ts";
import { hasPostgres, Postgres } from "../postgres.ts";
import { make, ready, startApi } from "../world.ts";

const WRITES = 1000;
const WRITERS = 8;

describe("items: PostgreSQL dies in the middle of 1,000 writes", function () {
  this.timeout(90_000);
  const started = new Started();

  before(function () {
    if (!hasPostgres) this.skip();
  });
  afterEach(() => started.stop());

  it("and no acknowledged write is lost, none is written twice, and the API goes on by itself", async () => {
    // As it comes: each commit is on the disk before it's acknowledged.
    const postgres = await Postgres.start(started, []);
    const api = await startApi(started, postgres.port, { connectTimeoutMs: 500 });
    await ready(api);
    const acknowledged = new Map<string, number>();
    const outcomes = { no: new Set<string>(), unknown: new Set<string>() };
    let next = 0;
    let crash: Promise<void> | undefined;

    const write = async () => {
      while (next < WRITES) {
        const name = `item ${++next}`;
        // Half of the writes are still to come.
        if (next === WRITES / 2)
          crash = postgres
            .kill()
            .then(() => sleep(300))
            .then(() => postgres.run());
        for (;;) {
          const { status, body } = await make(api.url, { name });
          if (status === 201) {
            acknowledged.set(name, body.id);
            break;
          }
          assert.equal(status, 503, JSON.stringify(body));
          outcomes[body.written as "no" | "unknown"].add(name);
          // Whoever doesn't know whether it has been written asks, instead of writing again.
          if (body.written === "unknown") break;
          await sleep(20);
        }
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, write));
    await crash;
    await ready(api);

    const rows = (await postgres.query("SELECT id::int, name FROM items")) as {
      id: number;
      name: string;
    }[];
    const kept = new Map(rows.map(({ id, name }) => [name, id]));
    assert.equal(kept.size, rows.length, "one has been written twice");
    for (const [name, id] of acknowledged) assert.equal(kept.get(name), id, `${name} is lost`);
    for (const name of kept.keys()) {
      assert.ok(
        acknowledged.has(name) || outcomes.unknown.has(name),
        `${name} was said not to be written`,
      );
    }
    assert.equal(
      acknowledged.size + [...outcomes.unknown].filter((name) => !acknowledged.has(name)).length,
      WRITES,
    );
    // The crash was in the middle: some were refused, and most were written.
    assert.ok(outcomes.no.size > 0);
    assert.ok(outcomes.unknown.size <= WRITERS);
    assert.ok(acknowledged.size >= WRITES - WRITERS);
    assert.match(api.lines.at(-1) as string, /: well again$/);
  });

  it("one of its processes only, and the API goes on as well", async () => {
    const postgres = await Postgres.start(started);
    const api = await startApi(started, postgres.port);
    await ready(api);
    const [{ pid }] = (await postgres.query(
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'items' LIMIT 1",
    )) as [{ pid: number }];
    process.kill(pid, "SIGKILL");
    await ready(api);
    assert.equal((await make(api.url, { name: "x" })).status, 201);
  });
});
