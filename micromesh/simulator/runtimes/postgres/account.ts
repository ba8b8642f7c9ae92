/**
 * Whom PostgreSQL runs as. It refuses to run as root, so root runs it as `nobody` and hands over
 * what belongs to it.
 */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join, sep } from "node:path";
import { StartProblem } from "./problem.ts";

const OTHERS_ENTER = 0o001;
/** Where root keeps a copy of programs that stand where nobody else can read. */
const SYSTEM_CACHE = "/var/cache/micromesh";

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The user that PostgreSQL needs to run as; undefined where that's us. */
export function otherAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
  try {
    return { uid: id("-u"), gid: id("-g") };
  } catch {
    throw new StartProblem(
      "PostgreSQL doesn't run as root, and there's no user nobody to run it as: start the simulator as another user",
    );
  }
}

/** Hands a directory and all in it over, itself last: it tells whether all has been. */
export function give(path: string, account: Account | undefined): void {
  if (!account || statSync(path).uid === account.uid) return;
  for (const entry of readdirSync(path, { recursive: true, encoding: "utf8" })) {
    lchownSync(join(path, entry), account.uid, account.gid);
  }
  lchownSync(path, account.uid, account.gid);
}

/**
 * Lets another user pass through the folders above a path, as far as they are the run's: they may
 * enter them then, not list them.
 * @param run the run's folder
 * @throws StartProblem naming a folder above it that is closed
 */
export function letPass(path: string, run: string, account: Account | undefined): void {
  if (!account) return;
  const ofRun = foldersAbove(path).filter((at) => at === run || at.startsWith(run + sep));
  for (const folder of ofRun) {
    const { mode, uid } = statSync(folder);
    if (mode & OTHERS_ENTER || uid === account.uid) continue;
    chmodSync(folder, (mode & 0o7777) | OTHERS_ENTER);
  }
  if (canEnter(dirname(path), account)) return;
  throw new StartProblem(
    `PostgreSQL doesn't run as root, and as nobody it can't enter ${dirname(run)}, where the run's files are: ` +
      "set TMPDIR to a folder that everybody can enter, such as /tmp",
  );
}

/** Asked of this machine itself: to us, a volume of the pod's may stand at the path of a folder above. */
function canEnter(folder: string, { uid, gid }: Account): boolean {
  try {
    execFileSync("/bin/sh", ["-c", 'cd -- "$1"', "sh", folder], { uid, gid, stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/**
 * An installation that the account can read: itself, or a copy that root keeps for all.
 * @param identity tells it from other versions
 * @param cache where the copy is kept
 */
export function readableInstallation(
  native: string,
  identity: string,
  account: Account | undefined,
  cache = SYSTEM_CACHE,
): string {
  if (!account || foldersAbove(native).every((folder) => statSync(folder).mode & OTHERS_ENTER)) {
    return native;
  }
  const copy = join(cache, `postgres-${identity}`);
  if (existsSync(copy)) {
    const { uid, mode } = lstatSync(copy);
    if (uid === 0 && (mode & 0o022) === 0) return copy;
    throw new StartProblem(`${copy} isn't root's alone, so root doesn't run it: remove it`);
  }
  mkdirSync(cache, { recursive: true, mode: 0o755 });
  const temporary = mkdtempSync(join(cache, "new-"));
  try {
    cpSync(native, temporary, { recursive: true, verbatimSymlinks: true });
    chmodSync(temporary, 0o755);
    renameSync(temporary, copy);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    // Another one was faster.
    if (!existsSync(copy)) throw error;
  }
  return copy;
}

/** Its parent, that one's parent and so on, without the root. */
function foldersAbove(path: string): string[] {
  const parent = dirname(path);
  return parent === dirname(parent) ? [] : [...foldersAbove(parent), parent];
}
