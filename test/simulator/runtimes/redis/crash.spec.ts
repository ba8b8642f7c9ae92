import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import fc from "fast-check";
import type { Conversation } from "./conversation.ts";
import { Scene, seed } from "./kept.ts";

const source = fileURLToPath(
  new URL("../../../../micromesh/simulator/runtimes/redis/main.ts", import.meta.url),
);
/** Clients that write at the same time. */
const CLIENTS = 4;

describe(`embedded Redis: killed while it writes (MICROMESH_SEED=${seed})`, function () {
  this.timeout(60_000);
  const scene = new Scene();
  const programs = new Scene();
  let bundle: string;
  before(async () => {
    bundle = join(programs.directory(), "redis.mjs");
    const options = { bundle: true, platform: "node", format: "esm", logLevel: "error" } as const;
    await build({ entryPoints: [source], outfile: bundle, ...options });
  });
  after(() => programs.end());
  afterEach(() => scene.end());

  async function freePort(): Promise<number> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, "close");
    return port;
  }

  async function connected(port: number): Promise<Conversation> {
    for (let tries = 0; ; tries++) {
      try {
        return await scene.talk({ port });
      } catch (error) {
        if (tries > 200) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  /** Writes till the server is gone. @returns how many transactions have been acknowledged */
  async function write(client: Conversation, name: string): Promise<number> {
    for (let done = 0; ; ) {
      const rounds = Array.from({ length: 5 }, (_, i) => String(done + i + 1));
      const replies = await client.pipeline(
        rounds.flatMap((n) => [
          ["multi"],
          ["incr", name],
          ["rpush", `${name} list`, n],
          ["select", "1"],
          ["set", name, n],
          ["select", "0"],
          ["exec"],
        ]),
      );
      const acknowledged = replies.filter((reply) => reply?.startsWith("*5")).length;
      done += acknowledged;
      if (acknowledged < rounds.length) return done;
    }
  }

  for (const [appendfsync, more] of [
    ["always", []],
    ["everysec", []],
    // Rewrites all the time.
    ["always", ["--auto-aof-rewrite-min-size", "1", "--auto-aof-rewrite-percentage", "1"]],
  ] as const) {
    it(`loses nothing that it has answered, by ${[appendfsync, ...more].join(" ")}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 20, max: 600 }), async (milliseconds) => {
          const dir = scene.directory();
          const port = await freePort();
          const kept = ["--appendonly", "yes", "--appendfsync", appendfsync, "--dir", dir, ...more];
          const child = spawn(process.execPath, [bundle, "--port", String(port), ...kept], {
            env: { MICROMESH_REDIS: "embedded" },
            stdio: "ignore",
          });
          scene.atEnd(() => child.kill("SIGKILL"));
          const clients = await Promise.all(Array.from({ length: CLIENTS }, () => connected(port)));
          const writing = Promise.all(clients.map((client, i) => write(client, `c${i}`)));
          setTimeout(() => child.kill("SIGKILL"), milliseconds);
          const acknowledged = await writing;
          const survivor = await scene.talk(await scene.serve(dir));
          let most = 0;
          for (const [i, least] of acknowledged.entries()) {
            const name = `c${i}`;
            await survivor.ask("select", "0");
            // `$-1` where nothing came to be written.
            const reply = (await survivor.ask("get", name)) ?? "";
            const count = Number(/^\$\d+\r\n(\d+)\r\n$/.exec(reply)?.[1] ?? 0);
            assert.ok(count >= least, `${count} of ${least} acknowledged`);
            // All or nothing of each transaction.
            assert.equal(await survivor.ask("llen", `${name} list`), `:${count}\r\n`);
            await survivor.ask("select", "1");
            const other = (await survivor.ask("get", name)) ?? "";
            assert.ok(count === 0 || other.endsWith(`\r\n${count}\r\n`), `${other} and ${count}`);
            most = Math.max(most, least);
          }
          if (milliseconds > 300) assert.ok(most > 0, "nothing was written at all");
          await scene.end();
        }),
        { numRuns: 5, seed },
      );
    });
  }
});
