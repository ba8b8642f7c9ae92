import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { RunDirectory } from "../../micromesh/simulator/run-directory.ts";

const MODULE = new URL("../../micromesh/simulator/run-directory.ts", import.meta.url).href;

/** Starts what a pod is: a leader of a group of its own, here with a child of the same group. */
const START_GROUP = `spawn("sh", ["-c", "sleep 300 & wait"], { detached: true, stdio: "ignore" })`;

const groupLives = (pid: number) => {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function eventually(what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`${what}: not within 10 s`);
}

interface Run {
  path: string;
  noted: number;
  forgotten: number;
}

/** A simulator's stand-in that has a run folder, and one group noted and another one forgotten. */
async function startRun() {
  const program = `
    import { spawn } from "node:child_process";
    import { RunDirectory } from ${JSON.stringify(MODULE)};
    const run = new RunDirectory();
    const [noted, forgotten] = [${START_GROUP}, ${START_GROUP}];
    for (const { pid } of [noted, forgotten]) run.noteProcess(pid);
    run.forgetProcess(forgotten.pid);
    console.log(JSON.stringify({ path: run.path, noted: noted.pid, forgotten: forgotten.pid }));
    setInterval(() => {}, 1000);
  `;
  const args = ["--import", "tsx", "--input-type=module", "--eval", program];
  const simulator = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface({ input: simulator.stdout }), "line");
  return { simulator, run: JSON.parse(line as string) as Run };
}

describe("RunDirectory", function () {
  this.timeout(30_000);

  describe("when its process is killed", () => {
    for (const signal of ["SIGKILL", "SIGTERM", "SIGINT"] as const) {
      it(`by ${signal}, ends the processes that are noted, and no others, and goes`, async () => {
        const { simulator, run } = await startRun();
        try {
          assert.ok(existsSync(run.path) && groupLives(run.noted) && groupLives(run.forgotten));
          simulator.kill(signal);
          await eventually("the group ends", () => !groupLives(run.noted));
          await eventually("the folder goes", () => !existsSync(run.path));
          assert.ok(groupLives(run.forgotten));
        } finally {
          simulator.kill("SIGKILL");
          for (const pid of [run.noted, run.forgotten]) {
            if (groupLives(pid)) process.kill(-pid, "SIGKILL");
          }
        }
      });
    }
  });

  describe("while it lasts", () => {
    let run: RunDirectory;
    beforeEach(() => {
      run = new RunDirectory();
    });
    afterEach(() => run.remove());

    it("has folders for sockets, pods, claims and bundles, for the owner alone", () => {
      for (const folder of [run.path, run.sockets, run.pods, run.claims, run.bundles]) {
        assert.equal(statSync(folder).mode & 0o777, 0o700, folder);
        assert.ok(folder.startsWith(run.path));
      }
    });

    it("is another one than any other run's", async () => {
      const other = new RunDirectory();
      assert.notEqual(other.path, run.path);
      await other.remove();
      assert.ok(existsSync(run.path));
    });

    it("remembers processes until it's told to forget them, and minds no unknown one", () => {
      run.noteProcess(123456);
      assert.deepEqual(readdirSync(join(run.path, "pids")), ["123456"]);
      run.forgetProcess(123456);
      run.forgetProcess(654321);
      assert.deepEqual(readdirSync(join(run.path, "pids")), []);
    });
  });

  describe("remove", () => {
    it("removes everything that is in it", async () => {
      const run = new RunDirectory();
      await writeFile(join(run.pods, "file"), "x");
      await run.remove();
      assert.equal(existsSync(run.path), false);
    });

    it("ends the processes that are still noted", async () => {
      const run = new RunDirectory();
      const child = spawn("sleep", ["300"], { detached: true, stdio: "ignore" });
      const ended = once(child, "exit");
      const late = setTimeout(() => child.kill("SIGTERM"), 10_000);
      run.noteProcess(child.pid as number);
      await run.remove();
      assert.equal((await ended)[1], "SIGKILL");
      clearTimeout(late);
    });

    it("may be called again", async () => {
      const run = new RunDirectory();
      await run.remove();
      await run.remove();
    });
  });

  it("keeps no process from ending by itself", async () => {
    const program = `
      import { RunDirectory } from ${JSON.stringify(MODULE)};
      console.log(new RunDirectory().path);
    `;
    const args = ["--import", "tsx", "--input-type=module", "--eval", program];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    if (child.exitCode === null) await once(child, "exit");
    await eventually("the folder goes", () => !existsSync(line as string));
  });
});
