import assert from "node:assert/strict";
import fs, { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import fc from "fast-check";
import { request } from "./conversation.ts";
import { anyChanges, keyspace, layOut, logFile, readLog, Scene, seed } from "./kept.ts";

describe(`embedded Redis: append-only file (MICROMESH_SEED=${seed})`, function () {
  this.timeout(60_000);
  const scene = new Scene();
  const originals = { ...fs };
  const replaced = new Set<keyof typeof fs>();
  afterEach(async () => {
    for (const name of replaced) Object.assign(fs, { [name]: originals[name] });
    syncBuiltinESMExports();
    await scene.end();
  });

  /** Replaces functions of node:fs, for the server and for everyone else, till the test's end. */
  function replace(functions: Partial<Record<keyof typeof fs, unknown>>): void {
    for (const name of Object.keys(functions)) replaced.add(name as keyof typeof fs);
    Object.assign(fs, functions);
    syncBuiltinESMExports();
  }
  async function until(what: string, look: () => unknown): Promise<void> {
    for (const end = Date.now() + 5000; !(await look()); ) {
      if (Date.now() > end) throw new Error(`waited for ${what} in vain`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  const failing = (code: string) => () => {
    throw Object.assign(new Error(`${code}: as the test wants`), { code });
  };

  it("has the same keys after an end, a crash and a rewrite", async () => {
    const now = () => 1_800_000_000_000;
    await fc.assert(
      fc.asyncProperty(anyChanges, async (changes) => {
        const dir = scene.directory();
        const first = await scene.serve(dir, { now });
        const client = await scene.talk(first);
        await client.pipeline(changes);
        const before = await keyspace(client);
        const crashed = scene.copy(dir);
        await first.close();
        const again = await scene.serve(crashed, { now });
        const survivor = await scene.talk(again);
        assert.deepEqual(await keyspace(survivor), before);
        assert.match((await survivor.ask("bgrewriteaof")) ?? "", /^\+Background append only/);
        await until("the rewrite", () => readLog(crashed, "manifest").includes("2.base.aof seq 2"));
        assert.equal(readLog(crashed, "2.incr.aof"), "");
        await again.close();
        for (const end of [dir, crashed]) {
          const last = await scene.serve(end, { now });
          assert.deepEqual(await keyspace(await scene.talk(last)), before);
        }
        await scene.end();
      }),
      { numRuns: 25, seed },
    );
  });

  it("writes effects, in Redis' words", async () => {
    const dir = scene.directory();
    let now = 1_800_000_000_000;
    const server = await scene.serve(dir, { now: () => now });
    const client = await scene.talk(server);
    let at = 0;
    const written = async (...requests: string[][]) => {
      await client.pipeline(requests);
      const log = readLog(dir).slice(at);
      at += log.length;
      return log
        .split(/\*\d+\r\n/)
        .slice(1)
        .map((one) =>
          one
            .split(/\$\d+\r\n/)
            .slice(1)
            .map((word) => word.slice(0, -2))
            .join(" "),
        );
    };
    assert.deepEqual(await written(["Set", "a", "1"]), ["SELECT 0", "Set a 1"]);
    assert.deepEqual(await written(["set", "a", "1", "ex", "1", "GET"]), [
      "SET a 1 PXAT 1800000001000",
    ]);
    assert.deepEqual(await written(["setex", "b", "2", "v"]), ["SET b v PXAT 1800000002000"]);
    assert.deepEqual(await written(["expire", "b", "3", "xx"]), ["PEXPIREAT b 1800000003000 xx"]);
    assert.deepEqual(await written(["expire", "b", "-1"]), ["DEL b"]);
    assert.deepEqual(await written(["getex", "a", "px", "5"]), ["PEXPIREAT a 1800000000005"]);
    assert.deepEqual(await written(["getex", "a", "persist"]), ["PERSIST a"]);
    assert.deepEqual(await written(["incrbyfloat", "a", "0.5"]), ["SET a 1.5 KEEPTTL"]);
    assert.deepEqual(await written(["hincrbyfloat", "h", "f", "0.5"]), ["HSET h f 0.5"]);
    assert.deepEqual(await written(["getdel", "a"]), ["DEL a"]);
    assert.deepEqual(await written(["get", "a"], ["del", "a"], ["set", "a", "1", "xx"]), []);
    assert.deepEqual(await written(["multi"], ["get", "a"], ["exec"]), []);
    assert.deepEqual(await written(["multi"], ["set", "a", "1"], ["exec"]), ["set a 1"]);
    assert.deepEqual(
      await written(
        ["multi"],
        ["set", "a", "1"],
        ["select", "2"],
        ["del", "a"],
        ["incr", "a"],
        ["exec"],
      ),
      ["MULTI", "set a 1", "SELECT 2", "incr a", "EXEC"],
    );
    assert.deepEqual(await written(["set", "a", "1", "px", "5"]), ["SET a 1 PXAT 1800000000005"]);
    now += 5;
    assert.deepEqual(await written(["incr", "a"]), ["MULTI", "DEL a", "incr a", "EXEC"]);
    await written(["set", "a", "1", "px", "5"]);
    now += 5;
    await until("the key's end", async () => readLog(dir).endsWith(request(["DEL", "a"])));
  });

  it("logs evicted keys", async () => {
    const dir = scene.directory();
    const settings = { maxMemory: 2000, maxMemoryPolicy: "allkeys-lru" };
    const server = await scene.serve(dir, { settings });
    const client = await scene.talk(server);
    for (let i = 0; i < 20; i++) await client.ask("set", `k${i}`, "x".repeat(200));
    const before = await keyspace(client);
    assert.ok(before.length > 0 && before.length < 10);
    const again = await scene.serve(scene.copy(dir));
    assert.deepEqual(await keyspace(await scene.talk(again)), before);
  });

  it("cuts off what is torn, wherever that is, a transaction as a whole", async () => {
    const dir = scene.directory();
    const client = await scene.talk(await scene.serve(dir));
    const states: { end: number; keys: string[] }[] = [{ end: 0, keys: [] }];
    for (const requests of [
      [["set", "a", "\r\n*1\r\n"]],
      [["multi"], ["incr", "n"], ["rpush", "l", "x", ""], ["select", "1"], ["incr", "n"], ["exec"]],
      [
        ["select", "2"],
        ["hset", "h", "f", "v"],
      ],
      [
        ["select", "2"],
        ["pexpireat", "h", "9999999999999"],
      ],
    ]) {
      await client.pipeline(requests);
      const { size } = statSync(logFile(dir, "incr"));
      states.push({ end: size, keys: await keyspace(client) });
    }
    const whole = readFileSync(logFile(dir, "incr"));
    assert.equal(states.at(-1)?.end, whole.length);
    for (let length = 0; length <= whole.length; length++) {
      const cut = scene.directory();
      layOut(cut, whole.subarray(0, length));
      const expected = states.findLast(({ end }) => end <= length);
      const server = await scene.serve(cut);
      const survivor = await scene.talk(server);
      assert.deepEqual(await keyspace(survivor), expected?.keys, `${length} bytes`);
      // A SELECT that is whole may stay.
      const left = readLog(cut);
      assert.ok(left.length <= length && left === whole.toString("latin1", 0, left.length));
      await survivor.ask("select", "1");
      await survivor.ask("set", "after", "1");
      const after = await keyspace(survivor);
      await server.close();
      const again = await scene.serve(cut);
      assert.deepEqual(await keyspace(await scene.talk(again)), after, `${length} bytes, again`);
      await again.close();
    }
    const cut = scene.directory();
    layOut(cut, whole.subarray(0, 20));
    await assert.rejects(
      scene.serve(cut, { settings: { aofLoadTruncated: false } }),
      /^PersistenceError: Unexpected end of file reading the append only file appendonly\.aof\.1\.incr\.aof\. You can: 1\) Make a backup/,
    );
    assert.equal(readLog(cut).length, 20);
  });

  describe("refuses in one line", () => {
    const good = request(["set", "a", "1"]);
    for (const [what, bytes, line] of [
      ["a log that isn't one", "hello", "at offset 0: make a backup"],
      ["a broken command", `${good}*x\r\n`, "at offset 27: make a backup"],
      ["a command of nothing", `${good}*0\r\n`, "at offset 27: make a backup"],
      ["a wrong length", `${good}*1\r\n$3\r\nping\r\n`, "at offset 27: make a backup"],
      ["a missing length", `${good}*1\r\nping\r\n`, "at offset 27: make a backup"],
      ["an unknown command", request(["nosuch", "a"]), "Unknown command 'nosuch' reading"],
      ["a command with too few words", request(["set", "a"]), "Unknown command 'set' reading"],
    ] as const) {
      it(what, async () => {
        const dir = scene.directory();
        layOut(dir, bytes + good);
        await assert.rejects(scene.serve(dir), (error: Error) => {
          assert.ok(error.message.includes(line) && !error.message.includes("\n"), error.message);
          return error.name === "PersistenceError";
        });
        assert.equal(readLog(dir), bytes + good);
      });
    }

    it("an RDB base", async () => {
      const dir = scene.directory();
      layOut(dir, good, "REDIS0010\xfa");
      await assert.rejects(
        scene.serve(dir),
        /base\.aof begins with an RDB, which .* or remove it$/,
      );
    });

    it("a base that is torn", async () => {
      const dir = scene.directory();
      layOut(dir, good, good.slice(0, -1));
      await assert.rejects(scene.serve(dir), /base\.aof is not the last file$/);
    });

    it("a missing file, and a missing directory", async () => {
      const dir = scene.directory();
      layOut(dir, good);
      fs.rmSync(logFile(dir, "base"));
      await assert.rejects(scene.serve(dir), /a file of the AOF manifest is missing: ENOENT/);
      await assert.rejects(
        scene.serve(join(dir, "nosuch")),
        /can't create the append-only directory .*nosuch\/appendonlydir: ENOENT/,
      );
    });

    for (const [line, problem] of [
      ["file a seq 1", "Invalid AOF manifest file format, at line 1"],
      ["file a seq x type b", "Invalid AOF manifest file format, at line 1"],
      ["file a seq 1 type", "Invalid AOF manifest file format, at line 1"],
      ["file ../a seq 1 type b", "File can't be a path, just a filename, at line 1"],
      ["file a seq 1 type q", "Unknown AOF file type, at line 1"],
      [
        "file a seq 1 type b\nfile b seq 2 type b",
        "Found duplicate base file information, at line 2",
      ],
      [
        "file a seq 2 type i\nfile b seq 2 type i",
        "Found a non-monotonic sequence number, at line 2",
      ],
    ] as const) {
      it(`a manifest with '${line.replace("\n", "', '")}'`, async () => {
        const dir = scene.directory();
        layOut(dir, good);
        writeFileSync(logFile(dir, "manifest"), `${line}\n`);
        await assert.rejects(scene.serve(dir), ({ message }: Error) => {
          assert.ok(message.includes(`appendonly.aof.manifest: ${problem}: '`), message);
          return true;
        });
      });
    }
  });

  it("takes over a single file from before Redis 7, and notes in a log", async () => {
    const dir = scene.directory();
    writeFileSync(join(dir, "appendonly.aof"), `#TS:1\r\n${request(["set", "a", "1"])}`);
    for (let starts = 0; starts < 2; starts++) {
      const server = await scene.serve(dir);
      assert.equal((await keyspace(await scene.talk(server))).length, 1);
      await server.close();
    }
    assert.deepEqual(readdirSync(dir), ["appendonlydir"]);
  });

  it("answers by 'always' only when it's on disk, one fsync for all that wait", async () => {
    const dir = scene.directory();
    const settings = { appendFsync: "always" } as const;
    const server = await scene.serve(dir, { settings });
    const clients = await Promise.all([1, 2, 3, 4].map(() => scene.talk(server)));
    for (const client of clients) await client.ask("ping");
    let syncs = 0;
    let onDisk = 0;
    replace({
      fdatasyncSync: (fd: number) => {
        originals.fdatasyncSync(fd);
        syncs++;
        onDisk = originals.fstatSync(fd).size;
      },
    });
    const rounds = 50;
    for (let round = 0; round < rounds; round++) {
      await Promise.all(
        clients.map(async (client, i) => {
          assert.equal(await client.ask("set", `k${i}`, String(round)), "+OK\r\n");
          assert.ok(onDisk > 0);
          const log = readLog(dir).slice(0, onDisk);
          assert.ok(
            log.includes(request(["set", `k${i}`, String(round)])),
            "answered before fsync",
          );
        }),
      );
    }
    assert.ok(syncs < rounds * clients.length * 0.75, `${syncs} syncs`);

    replace({ fdatasyncSync: failing("EIO") });
    const [client] = clients;
    assert.equal(await client?.ask("set", "lost", "1"), undefined);
    await assert.rejects(server.closed, /^PersistenceError: Can't recover from AOF write error/);
  });

  it("syncs by 'everysec' once a second, if there's something to sync", async () => {
    const dir = scene.directory();
    let now = Date.now();
    let syncs = 0;
    replace({
      fdatasync: (fd: number, done: (error: Error | null) => void) => {
        syncs++;
        originals.fdatasync(fd, done);
      },
      fdatasyncSync: failing("EIO"),
    });
    const client = await scene.talk(await scene.serve(dir, { now: () => now }));
    await client.ask("set", "a", "1");
    await new Promise((resolve) => setTimeout(resolve, 250));
    assert.equal(syncs, 0);
    now += 1000;
    await until("the sync", () => syncs === 1);
    now += 1000;
    await new Promise((resolve) => setTimeout(resolve, 250));
    assert.equal(syncs, 1);
  });

  it("refuses writes while the disk is full, and goes on when it isn't any more", async () => {
    const dir = scene.directory();
    const server = await scene.serve(dir);
    const client = await scene.talk(server);
    await client.ask("set", "a", "1");
    const whole = readLog(dir);
    let half = true;
    replace({
      // Half of it fits, then nothing more.
      writeSync: (fd: number, bytes: Buffer, at: number) => {
        if (!half) failing("ENOSPC")();
        half = false;
        return originals.writeSync(fd, bytes, at, (bytes.length - at) >> 1);
      },
    });
    assert.equal(await client.ask("set", "b", "2"), "+OK\r\n");
    assert.equal(readLog(dir), whole);
    assert.match(
      (await client.ask("set", "c", "3")) ?? "",
      /^-MISCONF Errors writing to the AOF file: ENOSPC/,
    );
    assert.match((await client.ask("ping")) ?? "", /^-MISCONF/);
    assert.equal(await client.ask("get", "b"), "$1\r\n2\r\n");
    assert.match((await client.ask("info", "persistence")) ?? "", /aof_last_write_status:err\r\n/);
    replace({ writeSync: originals.writeSync });
    await until("space", async () => (await client.ask("set", "c", "3")) === "+OK\r\n");
    const before = await keyspace(client);
    assert.equal(before.length, 3);
    const again = await scene.serve(scene.copy(dir));
    assert.deepEqual(await keyspace(await scene.talk(again)), before);
  });

  it("rewrites by itself when the log has doubled, and only then", async () => {
    const dir = scene.directory();
    const server = await scene.serve(dir, { settings: { aofRewriteMinSize: 3000 } });
    const client = await scene.talk(server);
    const write = (count: number) =>
      client.pipeline(Array.from({ length: count }, (_, i) => ["set", `k${i % 100}`, `${i}`]));
    await write(50);
    await new Promise((resolve) => setTimeout(resolve, 250));
    assert.match(readLog(dir, "manifest"), /seq 1 type i/);
    await write(400);
    await until("a rewrite", () => readLog(dir, "manifest").includes("seq 2 type i"));
    await until("its end", () => readdirSync(join(dir, "appendonlydir")).length === 3);
    await write(50);
    await new Promise((resolve) => setTimeout(resolve, 250));
    assert.match(readLog(dir, "manifest"), /seq 2 type i/);
    const before = await keyspace(client);
    const again = await scene.serve(scene.copy(dir));
    assert.deepEqual(await keyspace(await scene.talk(again)), before);
    assert.match((await client.ask("info", "persistence")) ?? "", /aof_rewrites:1\r\n/);
  });

  it("loses nothing when it's killed during a rewrite, or when the rewrite fails", async () => {
    const dir = scene.directory();
    const server = await scene.serve(dir);
    const client = await scene.talk(server);
    await client.pipeline(Array.from({ length: 50 }, (_, i) => ["incr", `n${i % 7}`]));
    let finish: ((error: Error | null) => void) | undefined;
    replace({
      fsync: (_: number, done: (error: Error | null) => void) => {
        finish = done;
      },
    });
    await client.ask("bgrewriteaof");
    assert.match((await client.ask("bgrewriteaof")) ?? "", /^-ERR .* already in progress/);
    await client.pipeline(Array.from({ length: 50 }, (_, i) => ["incr", `n${i % 7}`]));
    const before = await keyspace(client);
    const again = await scene.serve(scene.copy(dir));
    assert.deepEqual(await keyspace(await scene.talk(again)), before);
    finish?.(new Error("as the test wants"));
    await until("its failure", async () =>
      /aof_last_bgrewrite_status:err/.test((await client.ask("info", "persistence")) ?? ""),
    );
    replace({ fsync: originals.fsync });
    await client.ask("incr", "n0");
    await client.ask("bgrewriteaof");
    await until("the next one", () => readLog(dir, "manifest").includes("2.base.aof"));
    const after = await keyspace(client);
    const last = await scene.serve(scene.copy(dir));
    assert.deepEqual(await keyspace(await scene.talk(last)), after);
    assert.notDeepEqual(after, before);
  });

  it("is turned on and off by CONFIG SET", async () => {
    const dir = scene.directory();
    const server = await scene.serve(dir, { settings: { appendOnly: false } });
    const client = await scene.talk(server);
    assert.deepEqual(readdirSync(dir), []);
    await client.ask("set", "a", "1");
    assert.match((await client.ask("bgrewriteaof")) ?? "", /^-ERR the append only file is off/);
    assert.equal(await client.ask("config", "set", "appendonly", "yes"), "+OK\r\n");
    assert.match((await client.ask("info", "persistence")) ?? "", /aof_enabled:1\r\n/);
    await client.ask("set", "b", "2");
    const before = await keyspace(client);
    assert.equal(await client.ask("config", "set", "appendonly", "no"), "+OK\r\n");
    await client.ask("set", "c", "3");
    const kept = await scene.serve(scene.copy(dir));
    assert.deepEqual(await keyspace(await scene.talk(kept)), before);
    assert.equal(await client.ask("config", "set", "appendonly", "yes"), "+OK\r\n");
    const again = await scene.serve(scene.copy(dir));
    assert.equal((await keyspace(await scene.talk(again))).length, 3);
    assert.match(
      (await client.ask("config", "set", "dir", "/")) ?? "",
      /^-ERR CONFIG SET failed .*'dir'\) - can't set protected config/,
    );

    const nowhere = await scene.serve(join(dir, "nosuch"), { settings: { appendOnly: false } });
    const other = await scene.talk(nowhere);
    assert.match(
      (await other.ask("config", "set", "appendonly", "yes")) ?? "",
      /^-ERR CONFIG SET failed .* - Unable to turn on AOF\. Check server logs\./,
    );
    assert.match((await other.ask("config", "get", "appendonly")) ?? "", /\r\nno\r\n$/);
  });

  it("says LOADING till it has read everything, and can be ended meanwhile", async () => {
    const dir = scene.directory();
    layOut(dir, request(["set", "big", "x".repeat(1_000_000)]).repeat(60));
    const { port } = await scene.serve(scene.directory()).then(async (server) => {
      await server.close();
      return server;
    });
    const started = scene.serve(dir, {}, port);
    let client = await scene.talk({ port }).catch(() => undefined);
    while (!client) client = await scene.talk({ port }).catch(() => undefined);
    assert.equal(
      await client.ask("get", "big"),
      "-LOADING Redis is loading the dataset in memory\r\n",
    );
    assert.match((await client.ask("info", "persistence")) ?? "", /loading:1\r\n/);
    const server = await started;
    assert.equal(await client.ask("strlen", "big"), ":1000000\r\n");
    assert.match((await client.ask("info", "persistence")) ?? "", /loading:0\r\n/);
    await server.close();

    const ending = new AbortController();
    const { size } = statSync(logFile(dir, "incr"));
    setTimeout(() => ending.abort(), 30);
    await (await scene.serve(dir, { signal: ending.signal })).closed;
    assert.equal(statSync(logFile(dir, "incr")).size, size);
  });
});
