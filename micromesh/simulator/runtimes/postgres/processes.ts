/** Which processes work in a directory: a server of a cluster, and each of its children, does. */
import { readdirSync, readlinkSync } from "node:fs";

/**
 * Processes whose working directory is `directory`, by what Linux tells of them.
 * @param directory its real path; it may be removed already
 * @returns undefined where the system doesn't tell
 */
export function processesIn(directory: string): number[] | undefined {
  if (process.platform !== "linux") return undefined;
  const names = [directory, `${directory} (deleted)`];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return names.includes(readlinkSync(`/proc/${pid}/cwd`));
      } catch {
        // It has ended, or is another user's.
        return false;
      }
    })
    .map(Number);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
