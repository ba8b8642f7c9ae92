/** Commands that are talked with while they run. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import type { Readable } from "node:stream";
import { BIN } from "./micromesh.ts";

/** What is read of a stream, line by line. */
export class Lines {
  readonly read: string[] = [];
  readonly #lines: Interface;

  constructor(input: Readable) {
    this.#lines = createInterface({ input });
    this.#lines.on("line", (line) => this.read.push(line));
  }

  /** The first line that matches, of those read already or yet to come; fails where it ends without one. */
  async until(wanted: RegExp): Promise<string> {
    const closed = once(this.#lines, "close").then(() => assert.fail(this.text));
    // It may close later, when nobody waits for it any more.
    closed.catch(() => {});
    for (;;) {
      const found = this.read.find((line) => wanted.test(line));
      if (found !== undefined) return found;
      await Promise.race([once(this.#lines, "line"), closed]);
    }
  }

  get text(): string {
    return this.read.join("\n");
  }
}

const running = new Set<ChildProcess>();

export function begin(args: string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  running.add(child);
  const ended = once(child, "close").then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  return { child, out: new Lines(child.stdout), err: new Lines(child.stderr), ended };
}

/** For after the tests: none that failed leaves a command behind. */
export function endAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** Begins `micromesh simulate` on free ports. @returns it, and its control port once it has probed everything */
export async function simulating(...args: string[]) {
  const ports = ["--gateway-port", "0", "--control-port", "0"];
  const simulator = begin(["simulate", ...ports, ...args]);
  const line = await simulator.out.until(/^ *metrics +http/);
  return { ...simulator, port: Number(/:(\d+)\/metrics/.exec(line)?.[1]) };
}
