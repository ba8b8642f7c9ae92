/** A real redis-server for differential tests, where one of the version that we follow is there. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Conversation } from "./conversation.ts";

/** `7.0.15`, or undefined where there's no redis-server on PATH. */
export function realVersion(): string | undefined {
  try {
    return /v=(\S+)/.exec(execFileSync("redis-server", ["--version"], { encoding: "utf8" }))?.[1];
  } catch {
    return undefined;
  }
}

/** Why there can't be a comparison with real Redis, or undefined where there can. */
export function whyNotComparable(): string | undefined {
  const version = realVersion();
  if (version === undefined) return "no redis-server on PATH";
  if (!version.startsWith("7.0.")) return `redis-server is ${version}, not 7.0`;
  return undefined;
}

export interface RealRedis {
  readonly path: string;
  stop(): Promise<void>;
}

export async function startRealRedis(...args: string[]): Promise<RealRedis> {
  const dir = mkdtempSync(join(tmpdir(), "mmr-real-"));
  const path = join(dir, "s");
  const child = spawn(
    "redis-server",
    ["--port", "0", "--unixsocket", path, "--save", "", "--dir", dir, ...args],
    { stdio: "ignore" },
  );
  const exited = once(child, "exit");
  for (let tries = 0; ; tries++) {
    try {
      (await Conversation.open({ path })).close();
      break;
    } catch (error) {
      if (tries > 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  return {
    path,
    stop: async () => {
      child.kill("SIGKILL");
      await exited;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
