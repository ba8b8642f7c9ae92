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
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Conversation, request } from "./conversation.ts";
import { realVersion } from "./real-redis.ts";

const source = fileURLToPath(
  new URL("../../../../micromesh/simulator/runtimes/redis/main.ts", import.meta.url),
);
const reason = realVersion() ? "" : " (skipped: no redis-server on PATH)";

describe("Redis runtime: the program", () => {
  let directory: string;
  let bundle: string;
  const children: ChildProcess[] = [];

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "mmt-"));
    bundle = join(directory, "redis.mjs");
    const options = { bundle: true, platform: "node", format: "esm", logLevel: "error" } as const;
    await build({ entryPoints: [source], outfile: bundle, ...options });
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      // An orphan that shouldn't be there would hold the pipe, and this process, open.
      child.stdout?.destroy();
      child.stderr?.destroy();
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  interface Run {
    readonly child: ChildProcess;
    readonly exit: Promise<number | null>;
    /** Its own temporary directory, to see what it leaves there. */
    readonly temporary: string;
    output(): string;
  }

  function run(words: readonly string[], env: NodeJS.ProcessEnv = {}): Run {
    const temporary = mkdtempSync(join(directory, "t"));
    const child = spawn(process.execPath, [bundle, ...words], {
      env: { PATH: process.env.PATH, TMPDIR: temporary, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    let output = "";
    const take = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    const exit = once(child, "close").then(([code]) => code as number | null);
    return { child, exit, temporary, output: () => output };
  }

  async function freePort(): Promise<number> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    server.close();
    await once(server, "close");
    assert.ok(address && typeof address === "object");
    return address.port;
  }

  async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>) {
    const deadline = Date.now() + 8000;
    for (;;) {
      const seen = await look();
      if (seen) return seen;
      if (Date.now() > deadline) throw new Error(`waited for ${what} in vain`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  function connected(port: number): Promise<Conversation> {
    return until(`port ${port}`, () =>
      Conversation.open({ port, host: "127.0.0.1" }).catch(() => undefined),
    );
  }

  function isAlive(pid: number): boolean {
    try {
      process.kill(pid, 0);
      // A zombie counts as gone: it waits for whoever inherits it.
      return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
      return false;
    }
  }

  for (const kind of ["embedded", "server"] as const) {
    describe(kind + (kind === "server" ? reason : ""), () => {
      const env = { MICROMESH_REDIS: kind };
      before(function () {
        if (kind === "server" && reason) this.skip();
      });

      it("serves by its arguments and ends with 0 on SIGTERM", async () => {
        const port = await freePort();
        const words = ["redis-server", "--port", String(port), "--requirepass", 'p "w" é'];
        const { child, exit, temporary } = run([...words, "--save", ""], env);
        const client = await connected(port);
        assert.match((await client.ask("get", "a")) ?? "", /^-NOAUTH/);
        const password = Buffer.from('p "w" é').toString("latin1");
        assert.equal(await client.ask("auth", password), "+OK\r\n");
        assert.equal(await client.ask("set", "a", "1"), "+OK\r\n");
        child.kill("SIGTERM");
        assert.equal(await client.rest(), "");
        assert.equal(await exit, 0);
        assert.deepEqual(readdirSync(temporary), []);
      });

      it("reads its configuration file, and the command line after it", async () => {
        const port = await freePort();
        const file = join(directory, `${kind}.conf`);
        const more = join(directory, `${kind}-more.conf`);
        writeFileSync(file, `# ours\nport 1\ninclude ${more}\nmaxmemory 64mb\n`);
        writeFileSync(more, 'databases 3\nmaxmemory-policy "allkeys-lru"\n');
        run(["redis-server", file, "--port", String(port), "--timeout 7"], env);
        const client = await connected(port);
        for (const [name, value] of [
          ["databases", "3"],
          ["maxmemory", "67108864"],
          ["maxmemory-policy", "allkeys-lru"],
          ["timeout", "7"],
        ] as const) {
          assert.equal(
            await client.ask("config", "get", name),
            `*2\r\n$${name.length}\r\n${name}\r\n$${value.length}\r\n${value}\r\n`,
          );
        }
      });

      it("ends with 0 on SHUTDOWN, and leaves nothing behind", async () => {
        const port = await freePort();
        const { exit, temporary } = run(["--port", String(port)], env);
        const client = await connected(port);
        client.send(request(["shutdown", "nosave"]));
        assert.equal(await exit, 0);
        assert.deepEqual(readdirSync(temporary), []);
      });

      it("says in a line that its port is taken, and leaves nothing behind", async () => {
        const taken = createServer().listen(0);
        await once(taken, "listening");
        const address = taken.address();
        assert.ok(address && typeof address === "object");
        const { exit, temporary, output } = run(["--port", String(address.port)], env);
        assert.equal(await exit, 1);
        taken.close();
        assert.match(output(), /# Can't start Redis: listen EADDRINUSE.*\n$/);
        assert.deepEqual(readdirSync(temporary), []);
      });

      it("answers a client that has finished sending", async () => {
        const port = await freePort();
        run(["--port", String(port)], env);
        const client = await connected(port);
        await client.ask("set", "big", "x".repeat(3_000_000));
        client.send(request(["strlen", "big"]));
        assert.equal(await client.reply(), ":3000000\r\n");
        client.socket.end(request(["ping"]));
        assert.equal(await client.rest(), "+PONG\r\n");
      });

      it("has its data again after SIGTERM and SIGKILL, in a mounted directory", async () => {
        const data = mkdtempSync(join(directory, "data"));
        const kept = ["--appendonly", "yes", "--appendfsync", "always", "--dir", data];
        for (const [i, signal] of (["SIGTERM", "SIGKILL", "SIGTERM"] as const).entries()) {
          const port = await freePort();
          const { child, exit } = run(["--port", String(port), "--save", "", ...kept], env);
          const client = await connected(port);
          assert.equal(await client.ask("incr", "starts"), `:${i + 1}\r\n`);
          child.kill(signal);
          await exit;
        }
        assert.ok(readdirSync(join(data, "appendonlydir")).includes("appendonly.aof.manifest"));
      });

      it("leaves nothing behind where no volume is mounted", async () => {
        const port = await freePort();
        const { child, exit, temporary } = run(
          ["--port", String(port), "--appendonly", "yes", "--save", ""],
          env,
        );
        const client = await connected(port);
        assert.equal(await client.ask("set", "a", "1"), "+OK\r\n");
        child.kill("SIGTERM");
        assert.equal(await exit, 0);
        assert.deepEqual(readdirSync(temporary), []);
      });

      it("refuses strangers in protected mode only", async () => {
        const port = await freePort();
        run(["--port", String(port), "--protected-mode", "yes"], env);
        const client = await connected(port);
        assert.equal(await client.ask("ping"), "+PONG\r\n");
      });
    });
  }

  describe(`server, guarded${reason}`, () => {
    before(function () {
      if (reason) this.skip();
    });

    async function started(env: NodeJS.ProcessEnv = {}) {
      const port = await freePort();
      const program = run(["--port", String(port)], { MICROMESH_REDIS: "server", ...env });
      const client = await connected(port);
      const info = (await client.ask("info", "server")) ?? "";
      const pid = Number(/process_id:(\d+)/.exec(info)?.[1]);
      assert.ok(isAlive(pid));
      return { ...program, client, pid };
    }

    it("doesn't outlive us when we're killed", async () => {
      const { child, pid, temporary } = await started();
      child.kill("SIGKILL");
      try {
        await until("redis-server's end", () => !isAlive(pid));
      } finally {
        if (isAlive(pid)) process.kill(pid, "SIGKILL");
      }
      await until("the empty directory", () => readdirSync(temporary).length === 0);
    });

    it("takes us down when it dies, with its code", async () => {
      const { exit, pid, client, temporary } = await started();
      process.kill(pid, "SIGKILL");
      assert.equal(await exit, 137);
      assert.equal(await client.rest(), "");
      assert.deepEqual(readdirSync(temporary), []);
    });

    it("outlasts the Ctrl-C that its whole process group gets, till it has saved", async () => {
      const data = join(directory, "data");
      mkdirSync(data, { recursive: true });
      const port = await freePort();
      const child = spawn(process.execPath, [bundle, "--port", String(port), "--save", "1 1"], {
        env: { PATH: process.env.PATH, MICROMESH_REDIS: "server", MICROMESH_REDIS_DIR: data },
        stdio: "ignore",
        detached: true,
      });
      children.push(child);
      const client = await connected(port);
      await client.ask("set", "a", "1");
      const exit = once(child, "exit");
      process.kill(-(child.pid as number), "SIGINT");
      assert.deepEqual(await exit, [0, null]);
      assert.ok(existsSync(join(data, "dump.rdb")));
    });

    it("hands on what redis-server says to a bad directive, and its code", async () => {
      const { exit, output } = run(["--nosuch", "1"], { MICROMESH_REDIS: "server" });
      assert.equal(await exit, 1);
      assert.match(output(), /nosuch "1"/);
    });
  });

  describe("which server", () => {
    it("runs redis-server where there is one, else the embedded one", async () => {
      const bin = join(directory, "bin");
      mkdirSync(bin);
      writeFileSync(join(bin, "redis-server"), '#!/bin/sh\necho stand-in "$1"\nexit 7\n');
      chmodSync(join(bin, "redis-server"), 0o755);
      const found = run([], { PATH: bin });
      assert.equal(await found.exit, 7);
      assert.match(found.output(), /^stand-in .*redis\.conf/);

      const port = await freePort();
      const missing = run(["--port", String(port)], { PATH: directory });
      assert.equal(await (await connected(port)).ask("ping"), "+PONG\r\n");
      assert.match(missing.output(), /Embedded Redis/);
    });

    for (const [title, words, env, line] of [
      [
        "the real one, which isn't there",
        [],
        { MICROMESH_REDIS: "server", PATH: "" },
        "MICROMESH_REDIS is server, but there's no redis-server on PATH",
      ],
      [
        "one that doesn't exist",
        [],
        { MICROMESH_REDIS: "real" },
        "MICROMESH_REDIS is 'real'; write server or embedded, or unset it",
      ],
      [
        "another program",
        ["sh", "-c", "true"],
        {},
        "the image's command is 'sh -c true': the Redis runtime runs redis-server only; " +
          "remove the command, or begin it with redis-server",
      ],
      [
        "a directive that Redis doesn't have",
        ["--nosuch", "1"],
        { MICROMESH_REDIS: "embedded" },
        "command line: 'nosuch 1': there's no directive 'nosuch' in Redis 7",
      ],
      [
        "a directory that isn't there",
        ["--dir", "/nosuch/data"],
        { MICROMESH_REDIS: "embedded" },
        "'dir /nosuch/data': ENOENT: no such file or directory, lstat '/nosuch'; mount a volume there",
      ],
      [
        "a log in another directory by its name",
        ["--appendfilename", "a/b"],
        { MICROMESH_REDIS: "embedded" },
        "command line: 'appendfilename a/b': it can't be a path, just a filename",
      ],
      [
        "a size that is none",
        ["--maxmemory", "1x"],
        { MICROMESH_REDIS: "embedded" },
        "command line: 'maxmemory 1x': argument must be a memory value; write it as 64mb",
      ],
    ] as const) {
      it(`says in one line what's wrong with asking for ${title}`, async () => {
        const { exit, output } = run(words, env);
        assert.equal(await exit, 1);
        assert.match(output(), /^[^\n]*\n$/);
        assert.ok(output().endsWith(`# Can't start Redis: ${line}\n`), output());
      });
    }

    it("tells what the embedded one doesn't honour", async () => {
      const port = await freePort();
      const words = ["--port", String(port), "--save", "900 1", "--appendonly", "no", "--hz", "5"];
      const { output } = run(words, { MICROMESH_REDIS: "embedded" });
      await connected(port);
      assert.match(output(), /WARNING the embedded Redis doesn't honour 'save 900 1'\n/);
      assert.match(output(), /WARNING the embedded Redis doesn't honour 'hz 5'\n/);
      assert.doesNotMatch(output(), /appendonly/);
    });
  });
});
