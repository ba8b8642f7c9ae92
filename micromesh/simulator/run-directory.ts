import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Waits for its standard input to end, which it does when the simulator is gone, however it went;
 * then kills the process groups whose leaders are noted, and removes the folder.
 * $1 is the folder. POSIX sh, so that it costs no second Node; `kill -KILL --` isn't (dash refuses it).
 */
const REAPER = `
trap '' INT TERM HUP
while read -r _; do :; done
for note in "$1"/pids/*; do
  [ -e "$note" ] && kill -s KILL -- "-\${note##*/}" 2>/dev/null
done
rm -rf "$1"
`;

/** The folder of one run, with everything that the run leaves on the machine while it lasts. */
export class RunDirectory {
  readonly path: string;
  readonly sockets: string;
  readonly pods: string;
  readonly claims: string;
  readonly bundles: string;
  /** Where runtimes that stand for an image keep what is theirs; a short name, for sockets are there. */
  readonly temporary: string;
  private readonly pids: string;
  private readonly reaper: ChildProcess;

  constructor() {
    this.path = mkdtempSync(join(tmpdir(), "mm-"));
    this.sockets = join(this.path, "n");
    this.pods = join(this.path, "pods");
    this.claims = join(this.path, "claims");
    this.bundles = join(this.path, "bundles");
    this.temporary = join(this.path, "t");
    this.pids = join(this.path, "pids");
    const { sockets, pods, claims, bundles, temporary, pids } = this;
    for (const folder of [sockets, pods, claims, bundles, temporary, pids]) {
      mkdirSync(folder, { mode: 0o700 });
    }
    this.reaper = spawn("sh", ["-c", REAPER, "reaper", this.path], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    this.reaper.unref();
    (this.reaper.stdin as unknown as { unref(): void }).unref();
  }

  /** A process group that must not outlive the run. */
  noteProcess(pid: number): void {
    writeFileSync(join(this.pids, String(pid)), "");
  }

  forgetProcess(pid: number): void {
    rmSync(join(this.pids, String(pid)), { force: true });
  }

  /** Removes everything, through the reaper, and waits until it's done. */
  async remove(): Promise<void> {
    const { reaper } = this;
    reaper.ref();
    const ended = reaper.exitCode !== null || reaper.signalCode !== null;
    const closed = ended ? undefined : once(reaper, "close");
    reaper.stdin?.end();
    await closed;
    rmSync(this.path, { recursive: true, force: true });
  }
}
