import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import pg from "pg";
import { processesIn } from "../../../../micromesh/simulator/runtimes/postgres/processes.ts";
import { until } from "../../declaration.ts";
import { Bed, database, SUPERUSER } from "./database.ts";

const seed = Number(process.env.MICROMESH_SEED || Math.floor(Math.random() * 2 ** 31));
const WRITERS = 8;
const WRITES = 1_000;

describe(`PostgreSQL runtime: what it keeps (MICROMESH_SEED=${seed})`, function () {
  this.timeout(90_000);
  let bed: Bed;

  /** One for each test: a second restart of a pod would wait for its backoff. */
  const names = ["ordered", "server", "container", "busy", "backend"];
  const objects = [
    ...names.flatMap((name) => database({ name, claim: name })),
    ...database({ name: "lost" }),
  ];

  before(async () => {
    bed = await Bed.start(objects);
    await Promise.all([...names, "lost"].map((name) => bed.ready(name)));
  });
  after(() => bed?.stop());

  const pod = (name: string) => {
    const status = bed.status(name);
    assert.ok(status);
    return status.container;
  };
  /** Waits for the container that comes after one of so many restarts. */
  const restarted = async (restarts: number, name: string) => {
    await until("a restart", () => (bed.status(name)?.container.restarts ?? 0) > restarts, 30_000);
    await bed.ready(name);
  };
  const kill = async (pid: number | undefined, signal: NodeJS.Signals, name: string) => {
    const { restarts } = pod(name);
    assert.ok(pid);
    process.kill(pid, signal);
    await restarted(restarts, name);
  };

  /** Inserts by many connections till all is written or they break. @returns what was acknowledged */
  async function write(name: string, onWritten: (count: number) => void): Promise<number[]> {
    const address = await bed.address(name);
    const acknowledged: number[] = [];
    let next = 0;
    const writer = async () => {
      const client = new pg.Client({ ...SUPERUSER, ...address });
      client.on("error", () => {});
      await client.connect();
      try {
        while (next < WRITES) {
          const value = next++;
          await client.query(`insert into written values ($1)`, [value]);
          acknowledged.push(value);
          onWritten(acknowledged.length);
        }
      } catch {
        // The connection broke: this value may be there or not.
      } finally {
        await client.end().catch(() => {});
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, writer));
    return acknowledged;
  }

  async function killedWhileWriting(name: string, pid: number | undefined) {
    await bed.query("create table written (value int primary key)", {}, name);
    assert.ok(pid);
    const { restarts } = pod(name);
    const moment = fc.sample(fc.integer({ min: WRITES / 10, max: WRITES - 200 }), {
      seed,
      numRuns: 1,
    })[0] as number;
    const acknowledged = await write(name, (count) => {
      if (count === moment) process.kill(pid, "SIGKILL");
    });
    assert.ok(acknowledged.length >= moment && acknowledged.length < WRITES, "killed too late");
    await restarted(restarts, name);
    const { rows } = await bed.query("select value from written", {}, name);
    const there = new Set(rows.map(({ value }) => value));
    assert.deepEqual(
      acknowledged.filter((value) => !there.has(value)),
      [],
    );
    // Each writer had at most one on its way.
    assert.ok(there.size <= acknowledged.length + WRITERS);
    assert.match(bed.log(name), /database system was (not properly shut down|interrupted)/);
  }

  it("has its data after its pod was ended in order", async () => {
    await bed.query("create table first as select 7 as value", {}, "ordered");
    await kill(pod("ordered").pid, "SIGTERM", "ordered");
    assert.equal(pod("ordered").lastExit?.code, 0);
    const { rows } = await bed.query("select value from first", {}, "ordered");
    assert.deepEqual(rows, [{ value: 7 }]);
    assert.match(bed.log("ordered"), /received fast shutdown request/);
    assert.match(bed.log("ordered"), /appears to contain a database; Skipping initialization/);
  });

  it("keeps what it has acknowledged when the native server is killed", async () => {
    await killedWhileWriting("server", await bed.postmaster("server"));
    assert.equal(pod("server").lastExit?.code, 137);
  });

  it("keeps what it has acknowledged when the container is killed", async () => {
    const postmaster = await bed.postmaster("container");
    await killedWhileWriting("container", pod("container").pid);
    assert.throws(() => process.kill(postmaster, 0), { code: "ESRCH" });
  });

  it("comes back at once though a query of the killed server would go on", async function () {
    if (process.platform !== "linux") this.skip();
    const client = await bed.client({}, "busy");
    const busy = client
      .query("select count(*) from generate_series(1, 1000000000000)")
      .catch(() => {});
    await kill(await bed.postmaster("busy"), "SIGKILL", "busy");
    await busy;
    const { rows } = await bed.query("select 1 as one", {}, "busy");
    assert.deepEqual(rows, [{ one: 1 }]);
  });

  it("restarts by itself when one of its processes is killed", async () => {
    const client = await bed.client({}, "backend");
    const { rows } = await client.query("select pg_backend_pid() as pid");
    const sleeping = assert.rejects(client.query("select pg_sleep(10)"));
    process.kill(rows[0].pid, "SIGKILL");
    await sleeping;
    const recovered = /reinitializing[\s\S]*ready to accept connections/;
    await until("recovery", () => recovered.test(bed.log("backend")));
    await bed.query("select 1", {}, "backend");
    assert.equal(pod("backend").restarts, 0);
  });

  it("loses its data with its container where there's no volume", async () => {
    await bed.query("create table first as select 7 as value", {}, "lost");
    await kill(pod("lost").pid, "SIGTERM", "lost");
    await assert.rejects(bed.query("select value from first", {}, "lost"), { code: "42P01" });
  });

  it("isn't shared: a second server on the claim ends with PostgreSQL's own message", async () => {
    await bed.apply([...objects, ...database({ name: "second", claim: "ordered" })]);
    await until("the second's end", () => bed.status("second")?.container.lastExit);
    assert.equal(bed.status("second")?.container.lastExit?.code, 1);
    const log = bed.log("second");
    assert.match(log, /FATAL: {2}lock file "postmaster\.pid" already exists/);
    assert.match(log, /HINT: {2}Is another postmaster \(PID \d+\) running in data directory/);
    const { rows } = await bed.query("select value from first", {}, "ordered");
    assert.deepEqual(rows, [{ value: 7 }]);
    await bed.apply(objects);
  });

  it("leaves no process behind, and no data", async () => {
    const postmaster = await bed.postmaster("ordered");
    const { rows } = await bed.query("show data_directory", {}, "ordered");
    const directory: string = rows[0].data_directory;
    if (process.platform === "linux") assert.ok(processesIn(directory)?.includes(postmaster));
    await bed.stop();
    assert.throws(() => process.kill(postmaster, 0), { code: "ESRCH" });
    assert.deepEqual(processesIn(directory) ?? [], []);
    assert.throws(() => readFileSync(`${directory}/PG_VERSION`), { code: "ENOENT" });
  });
});
