import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  familyOf,
  procUsage,
  psUsage,
  readProcesses,
} from "../../../micromesh/simulator/usage/processes.ts";

const process_ = (pid: number, parent: number, group = pid) => ({
  pid,
  parent,
  group,
  cpuSeconds: 0,
  memoryBytes: 0,
});

describe("the processes of this machine", () => {
  it("are read from Linux' own files, whatever their names", () => {
    const stat =
      "42 (a) b (c) S 7 40 40 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 11 0 1 1 1 1 1 1 1 1 1";
    assert.deepEqual(procUsage(stat, "Name:\ta\nVmRSS:\t    2048 kB\nThreads:\t1\n"), {
      pid: 42,
      parent: 7,
      group: 40,
      cpuSeconds: 3,
      memoryBytes: 2 ** 21,
    });
    assert.equal(procUsage(stat, "Name:\tkthread\n")?.memoryBytes, 0, "a thread of the kernel");
    assert.equal(procUsage("", ""), undefined);
  });

  for (const [time, seconds] of [
    ["00:00:07", 7],
    ["1:02.50", 62.5],
    ["2-01:00:00", 176_400],
  ] as const) {
    it(`are read from ps, with time ${time}`, () => {
      assert.deepEqual(psUsage(`   42     7    40  2048 ${time}`), {
        pid: 42,
        parent: 7,
        group: 40,
        cpuSeconds: seconds,
        memoryBytes: 2 ** 21,
      });
    });
  }

  it("of ps that isn't a process is none", () => {
    assert.equal(psUsage(""), undefined);
    assert.equal(psUsage("PID PPID PGID RSS TIME"), undefined);
  });

  it("are one family with their children, theirs, and those of their groups, in any order", () => {
    const grandchild = process_(3, 2);
    const orphan = process_(9, 1, 3);
    const all = [
      orphan,
      grandchild,
      process_(2, 10),
      process_(10, 1),
      process_(4, 1),
      process_(1, 0),
    ];
    const pids = familyOf(10, all).map(({ pid }) => pid);
    assert.deepEqual(
      pids.sort((a, b) => a - b),
      [2, 3, 9, 10],
    );
    assert.deepEqual(familyOf(77, all), []);
  });

  it("have this one among them, and one that it starts", async () => {
    const child = spawn("sleep", ["30"]);
    await once(child, "spawn");
    const family = familyOf(process.pid, await readProcesses());
    child.kill();
    assert.ok(family.some(({ pid }) => pid === child.pid));
    const own = family.find(({ pid }) => pid === process.pid);
    assert.ok(own && own.cpuSeconds > 0 && own.memoryBytes > 10 * 2 ** 20, JSON.stringify(own));
  });
});
