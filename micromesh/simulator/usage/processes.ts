/** What the processes of this machine use, by the operating system's own accounts. */
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";

export interface ProcessUsage {
  pid: number;
  parent: number;
  group: number;
  /** Since its start, user and system together. */
  cpuSeconds: number;
  /** Resident. */
  memoryBytes: number;
}

/** Linux shows times to programs in hundredths of a second, whatever its kernel counts in (proc(5), sysconf(3)). */
const TICKS_PER_SECOND = 100;

/** Every process that can be seen. Linux tells more exactly by /proc than `ps` does; elsewhere `ps` is asked. */
export function readProcesses(): Promise<ProcessUsage[]> {
  return process.platform === "linux" ? fromProc() : fromPs();
}

async function fromProc(): Promise<ProcessUsage[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      try {
        const [stat, status] = await Promise.all([
          readFile(`/proc/${pid}/stat`, "latin1"),
          readFile(`/proc/${pid}/status`, "latin1"),
        ]);
        return procUsage(stat, status);
      } catch {
        // It has ended in the meantime, or is another user's.
        return undefined;
      }
    }),
  );
  return found.filter((one) => one !== undefined);
}

/** @param stat `/proc/PID/stat`; @param status `/proc/PID/status` */
export function procUsage(stat: string, status: string): ProcessUsage | undefined {
  // The name, in parentheses, may have anything in it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [, parent, group] = fields.map(Number);
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? "0";
  const usage = {
    pid: Number.parseInt(stat, 10),
    parent: parent as number,
    group: group as number,
    cpuSeconds: (user + system) / TICKS_PER_SECOND,
    memoryBytes: Number(kilobytes) * 1024,
  };
  return Object.values(usage).some(Number.isNaN) ? undefined : usage;
}

async function fromPs(): Promise<ProcessUsage[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,pgid=,rss=,time="], {
    maxBuffer: 2 ** 24,
  });
  return stdout.split("\n").flatMap((line) => psUsage(line) ?? []);
}

/** @param line `PID PPID PGID RSS TIME`, as POSIX has ps print them; RSS in KiB */
export function psUsage(line: string): ProcessUsage | undefined {
  const [, pid, parent, group, rss, time = ""] =
    /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s*$/.exec(line) ?? [];
  const [, days = 0, clock = ""] = /^(?:(\d+)-)?([\d:.]+)$/.exec(time) ?? [];
  if (pid === undefined || clock === "") return undefined;
  const seconds = clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  return {
    pid: Number(pid),
    parent: Number(parent),
    group: Number(group),
    cpuSeconds: Number(days) * 86_400 + seconds,
    memoryBytes: Number(rss) * 1024,
  };
}

/** A process, those it has started, theirs, and whoever is in their process groups. */
export function familyOf(pid: number, all: readonly ProcessUsage[]): ProcessUsage[] {
  const family = new Set<ProcessUsage>();
  const parents = new Set([pid]);
  for (;;) {
    const before = family.size;
    for (const one of all) {
      if (one.pid !== pid && !parents.has(one.parent) && !parents.has(one.group)) continue;
      family.add(one);
      parents.add(one.pid);
    }
    if (family.size === before) return [...family];
  }
}
