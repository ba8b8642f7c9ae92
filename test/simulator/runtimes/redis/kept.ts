/** What the tests of the append-only file share: directories, the whole keyspace, random changes. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import {
  type ServerHandle,
  type StartOptions,
  start,
} from "../../../../micromesh/simulator/runtimes/redis/server.ts";
import { Conversation, endOfReply } from "./conversation.ts";
import { anyScript } from "./generated.ts";

/** `MICROMESH_SEED=n` runs the same random cases again. */
export const seed = Number(process.env.MICROMESH_SEED || Math.floor(Math.random() * 2 ** 31));

/** Databases that the tests use. */
const DATABASES = 3;

/** Directories and servers of one test, all of which `end` takes away. */
export class Scene {
  readonly #directories: string[] = [];
  readonly #ends: (() => unknown)[] = [];

  directory(): string {
    const path = mkdtempSync(join(tmpdir(), "mmt-aof-"));
    this.#directories.push(path);
    return path;
  }

  /** A copy of a directory as it is now: what a crash would leave. */
  copy(path: string): string {
    const copy = this.directory();
    cpSync(path, copy, { recursive: true });
    return copy;
  }

  /** Starts an embedded server that keeps its data in a directory. */
  async serve(
    dir: string,
    { settings, ...options }: StartOptions = {},
    port = 0,
  ): Promise<ServerHandle> {
    const server = await start(port, {
      settings: { appendOnly: true, dir, ...settings },
      ...options,
    });
    this.#ends.push(() => server.close());
    return server;
  }

  async talk(to: { readonly port: number } | { readonly path: string }): Promise<Conversation> {
    const conversation = await Conversation.open("path" in to ? to : { ...to, host: "127.0.0.1" });
    this.#ends.push(() => conversation.close());
    return conversation;
  }

  /** To be called at the end, too. */
  atEnd(end: () => unknown): void {
    this.#ends.push(end);
  }

  async end(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
    for (const path of this.#directories.splice(0)) rmSync(path, { recursive: true, force: true });
  }
}

/** The path of a file of the log; `incr` and `base` with their first sequence number. */
export function logFile(dir: string, name: string): string {
  const short: Record<string, string> = { incr: "1.incr.aof", base: "1.base.aof" };
  return join(dir, "appendonlydir", `appendonly.aof.${short[name] ?? name}`);
}

/** The log's bytes, as a byte string. */
export function readLog(dir: string, name = "incr"): string {
  return existsSync(logFile(dir, name)) ? readFileSync(logFile(dir, name), "latin1") : "";
}

/** Lays out a log of one increment and an empty base. */
export function layOut(dir: string, bytes: string | Buffer, base: string | Buffer = ""): void {
  mkdirSync(join(dir, "appendonlydir"), { recursive: true });
  writeFileSync(logFile(dir, "base"), base, "latin1");
  writeFileSync(logFile(dir, "incr"), bytes, "latin1");
  writeFileSync(
    logFile(dir, "manifest"),
    "file appendonly.aof.1.base.aof seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n",
  );
}

/** Everything in the first databases, in one order, with points in time at which keys expire. */
export async function keyspace(client: Conversation): Promise<string[]> {
  const found: string[] = [];
  for (let database = 0; database < DATABASES; database++) {
    await client.ask("select", String(database));
    for (const key of items(await client.ask("keys", "*")).sort()) {
      const type = (await client.ask("type", key))?.slice(1).trim() ?? "";
      const expires = (await client.ask("pexpiretime", key))?.trim();
      const value = VALUES[type]?.(items((await client.ask(...(READS[type]?.(key) ?? []))) ?? ""));
      found.push(JSON.stringify([database, key, type, expires, value]));
    }
  }
  await client.ask("select", "0");
  return found;
}

const READS: Record<string, (key: string) => string[]> = {
  string: (key) => ["get", key],
  list: (key) => ["lrange", key, "0", "-1"],
  set: (key) => ["smembers", key],
  hash: (key) => ["hgetall", key],
  zset: (key) => ["zrange", key, "0", "-1", "withscores"],
};
const VALUES: Record<string, (values: string[]) => unknown> = {
  string: ([value]) => value,
  list: (values) => values,
  set: (values) => values.sort(),
  hash: (values) => values.flatMap((field, i) => (i % 2 ? [] : [[field, values[i + 1]]])).sort(),
  zset: (values) => values,
};

/** The strings of a flat array, or the one string that isn't in any. */
function items(reply: string | undefined): string[] {
  if (!reply) return [];
  const found: string[] = [];
  let at = reply.startsWith("*") ? reply.indexOf("\r\n") + 2 : 0;
  while (at < reply.length) {
    const end = endOfReply(reply, at);
    found.push(reply.slice(reply.indexOf("\r\n", at) + 2, end - 2));
    at = end;
  }
  return found;
}

/** Random commands over several databases. What expires does so late, or at once. */
export const anyChanges: fc.Arbitrary<string[][]> = fc
  .array(fc.tuple(fc.constantFrom("0", "0", "1", "2"), anyScript), { minLength: 1, maxLength: 4 })
  .map((scripts) =>
    scripts.flatMap(([database, script]) => [
      ["select", database],
      ...script.filter((words) => !words.some((word) => /^p?x$|^ex$/i.test(word))),
      ["discard"],
    ]),
  );
