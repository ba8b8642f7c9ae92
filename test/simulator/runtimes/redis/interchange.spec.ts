import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { until } from "../../declaration.ts";
import type { Conversation } from "./conversation.ts";
import { anyChanges, keyspace, layOut, logFile, readLog, Scene, seed } from "./kept.ts";
import { startRealRedis, whyNotComparable } from "./real-redis.ts";
import { scripts } from "./scripts.ts";

const reason = whyNotComparable();
const title = `append-only file, embedded and real Redis (MICROMESH_SEED=${seed})`;

describe(`${title}${reason ? ` (skipped: ${reason})` : ""}`, function () {
  this.timeout(60_000);
  const scene = new Scene();
  before(function () {
    if (reason) this.skip();
  });
  afterEach(() => scene.end());

  /** A real server whose log we could have written. @returns its client */
  async function real(dir: string): Promise<{ client: Conversation; stop(): Promise<void> }> {
    // While it syncs once a second, it answers before it has written.
    const log = ["--appendonly", "yes", "--appendfsync", "always", "--aof-use-rdb-preamble", "no"];
    const server = await startRealRedis(...log, "--dir", dir);
    let stopped: Promise<void> | undefined;
    const stop = () => (stopped ??= server.stop());
    scene.atEnd(stop);
    const client = await scene.talk(server);
    // It takes connections before it has loaded.
    while ((await client.ask("ping"))?.startsWith("-LOADING"));
    return { client, stop };
  }

  const SETTLED = [
    ["discard"],
    ["select", "1"],
    ["set", "late", "x", "ex", "1000"],
    ["rpush", "many", ...Array.from({ length: 200 }, (_, i) => `item ${i}`)],
    ["zadd", "scores", "inf", "a", "-inf", "b", "0.1", "c", "1e300", "d", "-0", "e", "3", "f"],
    ["expire", "many", "1000"],
  ];

  it("each reads what the other has written, rewritten or not", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyChanges, { minLength: 10, maxLength: 20 }), async (all) => {
        const changes = [...all.flat(), ...SETTLED];
        for (const rewrite of [false, true]) {
          const [ours, theirs] = [scene.directory(), scene.directory()];
          const embedded = await scene.serve(ours);
          const writers = {
            [ours]: await scene.talk(embedded),
            [theirs]: (await real(theirs)).client,
          };
          const written: Record<string, string[]> = {};
          for (const [dir, client] of Object.entries(writers)) {
            await client.pipeline(changes);
            if (rewrite) {
              await client.ask("bgrewriteaof");
              for (let i = 0; !readLog(dir, "manifest").includes("2.base") && i < 500; i++) {
                await new Promise((resolve) => setTimeout(resolve, 10));
              }
              assert.match(readLog(dir, "manifest"), /2\.base/);
              await client.pipeline([
                ["select", "2"],
                ["set", "after", "1"],
              ]);
            }
            // Twice: what has expired is gone for both then.
            await keyspace(client);
            written[dir] = await keyspace(client);
          }
          // Deadlines apart, as the clocks went on between the two.
          const undated = (keys: string[] = []) =>
            keys.map((key) => key.replace(/:1[789]\d{11}/, ""));
          assert.deepEqual(undated(written[ours]), undated(written[theirs]));
          assert.deepEqual(await keyspace((await real(scene.copy(ours))).client), written[ours]);
          const reader = await scene.talk(await scene.serve(scene.copy(theirs)));
          assert.deepEqual(await keyspace(reader), written[theirs]);
          await scene.end();
        }
      }),
      { numRuns: 4, seed },
    );
  });

  it("writes the same bytes", async () => {
    const [ours, theirs] = [scene.directory(), scene.directory()];
    const embedded = await scene.talk(await scene.serve(ours));
    const { client } = await real(theirs);
    // Redis leaves out an LTRIM that trims nothing; FLUSHALL goes in anyway.
    const same = (words: readonly string[]) =>
      !/^(ltrim|client|auth|hello|reset)$/i.test(words[0] ?? "");
    const script = [...Object.values(scripts).flat(), ["discard"]].filter(same);
    for (const [i, words] of script.entries()) {
      const before = [readLog(ours).length, readLog(theirs).length];
      await Promise.all([embedded.ask(...words), client.ask(...words)]);
      const [mine, its] = [ours, theirs].map((dir, k) =>
        readLog(dir)
          .slice(before[k])
          .replace(/1[789]\d{11}/g, "T"),
      );
      assert.equal(mine, its, `after '${words.join(" ")}', command ${i} of the script`);
    }
    assert.ok(readLog(ours).length > 3000);
  });

  it("makes the same of a torn log", async () => {
    const dir = scene.directory();
    const writer = await scene.talk(await scene.serve(dir));
    await writer.pipeline([
      ["set", "a", "1"],
      ["multi"],
      ["set", "b", "2"],
      ["incr", "a"],
      ["exec"],
      ["rpush", "l", "x", "y"],
    ]);
    const whole = readFileSync(logFile(dir, "incr"));
    for (let length = 1; length < whole.length; length += 11) {
      const [ours, theirs] = [scene.directory(), scene.directory()];
      for (const cut of [ours, theirs]) layOut(cut, whole.subarray(0, length));
      // Not the sizes: of a transaction that is torn in a command, Redis 7.0 leaves the MULTI there.
      const mine = await keyspace(await scene.talk(await scene.serve(ours)));
      const { client, stop } = await real(theirs);
      assert.deepEqual(mine, await keyspace(client), `of ${length} bytes`);
      await stop();
    }
  });

  it("takes no log of a real one's that begins with an RDB", async () => {
    const dir = scene.directory();
    const server = await startRealRedis("--appendonly", "yes", "--dir", dir);
    scene.atEnd(() => server.stop());
    // It answers before it has laid out its log, and names in the manifest, last, what there is.
    const folder = join(dir, "appendonlydir");
    await until("its log", () => existsSync(join(folder, "appendonly.aof.manifest")));
    assert.ok(readdirSync(folder).some((name) => name.endsWith(".rdb")));
    await assert.rejects(scene.serve(scene.copy(dir)), /base\.rdb begins with an RDB, which/);
  });
});
