/** Clusters as initdb makes them, kept to be copied: initdb takes a second, a copy a tenth of it. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Account } from "./account.ts";
import { StartProblem } from "./problem.ts";
import { runStage, type StageResult } from "./stage.ts";

export interface TemplateOptions {
  /** Folder with `bin`. */
  readonly installation: string;
  /** Tells the installation from others. */
  readonly identity: string;
  /** Where templates are kept; it need not be there or be writable. */
  readonly cache: string;
  /** A directory of the account's own, to work in. */
  readonly scratch: string;
  readonly account: Account | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly superuser: string;
  /** More arguments for initdb. */
  readonly words: readonly string[];
}

/**
 * The directory of a new cluster, without passwords: to be copied, not to be used.
 * @throws StartProblem with what initdb says
 */
export async function templateCluster(options: TemplateOptions): Promise<string> {
  const { identity, superuser, words, cache } = options;
  // Its files are readable to their owner only.
  const key = JSON.stringify([superuser, words, process.getuid?.()]);
  const hash = createHash("sha256").update(key).digest("hex").slice(0, 16);
  const kept = join(cache, `postgres-${identity}-${hash}`);
  if (existsSync(kept)) return kept;
  const made = join(options.scratch, "cluster");
  await initdb(options, made);
  return keep(made, kept, cache);
}

async function initdb(options: TemplateOptions, directory: string): Promise<void> {
  // As the image has it, but for the language: not every system has en_US.utf8.
  const result = await run(options, directory, "C.UTF-8");
  // Older systems have only C.
  const retried = /invalid locale/.test(result.stderr)
    ? await run(options, directory, "C")
    : result;
  if (retried.code !== 0) throw new StartProblem(retried.stderr.trim());
}

function run(options: TemplateOptions, directory: string, locale: string): Promise<StageResult> {
  const { installation, superuser, words, account, env, scratch } = options;
  const args = [
    ...["-D", directory, "--no-sync", "--no-instructions", "--auth=trust"],
    ...[`--username=${superuser}`, "--encoding=UTF8", `--locale=${locale}`],
    ...["--set", "listen_addresses=*"],
    ...words,
  ];
  return runStage(join(installation, "bin", "initdb"), args, { account, env, cwd: scratch });
}

/** Puts it into the cache at once, so that no one sees half of it. @returns where it is now */
function keep(made: string, kept: string, cache: string): string {
  let temporary: string | undefined;
  try {
    mkdirSync(cache, { recursive: true });
    temporary = mkdtempSync(join(cache, "new-"));
    cpSync(made, temporary, { recursive: true });
    renameSync(temporary, kept);
    return kept;
  } catch {
    // Another one was faster, or the cache can't be written: the next start makes it again.
    if (temporary) rmSync(temporary, { recursive: true, force: true });
    return existsSync(kept) ? kept : made;
  }
}
