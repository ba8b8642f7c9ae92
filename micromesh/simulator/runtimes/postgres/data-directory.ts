/** The directory of a cluster: where it is on this machine, and how it comes to be there. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { StartProblem } from "./problem.ts";
import { isAlive, processesIn } from "./processes.ts";

/** A cluster in the making stands in the directory itself, named by the process that makes it. */
const MAKING = /^\.new-(\d+)$/;

/**
 * Where a path of the container is on this machine, if a volume is mounted there or above it. What
 * this machine has at that path isn't the image's.
 * @param run the run's folder, which has all volumes
 */
export function onVolume(path: string, run: string): string | undefined {
  const missing: string[] = [];
  for (let at = resolve(path); ; at = dirname(at)) {
    try {
      const real = join(realpathSync(at), ...missing);
      return real.startsWith(run + sep) ? real : undefined;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "ENOTDIR") return undefined;
      missing.unshift(basename(at));
    }
  }
}

/** By the rule of the image's entrypoint. */
export function hasCluster(directory: string): boolean {
  const version = statSync(join(directory, "PG_VERSION"), { throwIfNoEntry: false });
  return version !== undefined && version.size > 0;
}

/**
 * Makes a cluster in an empty directory: all of it or, where we are killed meanwhile, nothing that
 * the next start takes for one.
 * @param declared the directory as the container names it
 * @param build fills the directory that it's given
 * @throws StartProblem in initdb's words where something is there, another process' cluster included
 */
export async function createCluster(
  directory: string,
  declared: string,
  build: (directory: string) => Promise<void>,
): Promise<void> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  removeRemains(directory);
  if (readdirSync(directory).length > 0) throw notEmpty(declared);
  const making = join(directory, `.new-${process.pid}`);
  mkdirSync(making, { mode: 0o700 });
  try {
    await build(making);
    promote(making, directory, declared);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

/** What a process that was killed has left of a cluster that it was making. */
export function removeRemains(directory: string): void {
  const dead = (name: string) => {
    const pid = MAKING.exec(name)?.[1];
    return pid !== undefined && !isAlive(Number(pid));
  };
  const entries = readdirSync(directory);
  if (!entries.some(dead)) return;
  // It began with an empty directory, so without PG_VERSION, which comes last, all is its own.
  const remains = hasCluster(directory) ? entries.filter(dead) : entries;
  for (const name of remains) rmSync(join(directory, name), { recursive: true, force: true });
}

/** Moves `base` first, which never replaces another one, and what makes it a cluster last. */
function promote(making: string, directory: string, declared: string): void {
  const rank = (name: string) => (name === "base" ? 0 : name === "PG_VERSION" ? 2 : 1);
  const names = readdirSync(making).sort((a, b) => rank(a) - rank(b));
  for (const name of names) {
    try {
      renameSync(join(making, name), join(directory, name));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOTEMPTY" || code === "EEXIST") throw notEmpty(declared);
      throw error;
    }
  }
}

function notEmpty(declared: string): StartProblem {
  return new StartProblem(
    `initdb: error: directory "${declared}" exists but is not empty\n` +
      `initdb: hint: If you want to create a new database system, either remove or empty the directory "${declared}" or run initdb with an argument other than "${declared}".`,
  );
}

/** The process that a cluster's lock file names, dead or alive. */
export function lockHolder(directory: string): number | undefined {
  const file = lockFile(directory);
  const pid = existsSync(file) ? Number(readFileSync(file, "utf8").split("\n")[0]) : 0;
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

/** Whether a cluster's server says in its lock file that it is ready, as pg_ctl looks for it. */
export function isReady(directory: string): boolean {
  try {
    return readFileSync(lockFile(directory), "utf8").split("\n")[7]?.trim() === "ready";
  } catch {
    return false;
  }
}

/**
 * Removes the lock file of a server that was killed, where its number has become another program's:
 * in a container of its own that can't be. A living server's stays.
 */
export function removeStaleLock(directory: string): void {
  const pid = lockHolder(directory);
  if (pid === undefined || !isAlive(pid)) return;
  const working = processesIn(directory);
  // The server itself sees to what its children still use.
  if (working && working.length === 0) rmSync(lockFile(directory), { force: true });
}

function lockFile(directory: string): string {
  return join(directory, "postmaster.pid");
}
