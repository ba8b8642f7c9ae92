import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { BIN } from "../cli/micromesh.ts";
import { until } from "./declaration.ts";

/** Processes that were started with something of this folder, but for those that have ended. */
function processesOf(folder: string): string[] {
  return execFileSync("ps", ["-A", "-ww", "-o", "pid=,stat=,args="], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.includes(folder) && !/^\s*\d+\s+Z/.test(line));
}

/** Resolves once it has probed everything and says that it stays up. */
async function isUp(simulator: ChildProcess): Promise<void> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: simulator.stdout as NodeJS.ReadableStream })) {
    lines.push(line);
    if (line.startsWith("Running until Ctrl-C")) return;
  }
  assert.fail(`the simulator ended before it was up:\n${lines.join("\n")}`);
}

describe("a simulator that has ended", () => {
  let folder: string;
  let simulator: ChildProcess;

  beforeEach(async function () {
    this.timeout(60_000);
    // Short, because the pods' sockets stand in it.
    folder = mkdtempSync(join(realpathSync(tmpdir()), "lo-"));
    // Root's PostgreSQL runs as nobody, who must be able to enter it.
    chmodSync(folder, 0o755);
    simulator = spawn(
      process.execPath,
      [BIN, "simulate", "--gateway-port", "0", "--control-port", "0"],
      {
        // tsx keeps what it has compiled in the temporary folder, for the next run: not of the run.
        env: { ...process.env, TMPDIR: folder, TSX_DISABLE_CACHE: "1" },
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    await isUp(simulator);
    // Otherwise none of them being left would say nothing.
    assert.ok(processesOf(folder).length >= 4, "no pods and reaper of this folder were found");
  });

  afterEach(() => {
    simulator.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  it("by Ctrl-C leaves no process and no file, and its exit code tells that all probes passed", async () => {
    simulator.kill("SIGINT");
    const [code] = await once(simulator, "exit");
    assert.equal(code, 0);
    assert.deepEqual(processesOf(folder), []);
    assert.deepEqual(readdirSync(folder), []);
  }).timeout(20_000);

  it("by SIGKILL leaves none either, five seconds later at most", async () => {
    simulator.kill("SIGKILL");
    await once(simulator, "exit");
    await until(
      "no process and no file is left",
      () => processesOf(folder).length === 0 && readdirSync(folder).length === 0,
      5_000,
    );
  }).timeout(20_000);
});
