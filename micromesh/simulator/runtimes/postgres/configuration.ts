/** What a server's configuration says, wherever it says it, as far as it concerns us. */
import { chownSync, copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Account } from "./account.ts";
import { settingsIn, withValues } from "./arguments.ts";
import { onVolume } from "./data-directory.ts";
import { rulesForSocket } from "./hba.ts";
import { StartProblem } from "./problem.ts";
import { runStage } from "./stage.ts";

/** Settings that name files which only we may see where they're mounted. */
const FILES = ["config_file", "hba_file", "ident_file"];

/** Copies a file for the server. */
function copyFor(account: Account | undefined, from: string, to: string): string {
  copyFileSync(from, to);
  if (account) chownSync(to, account.uid, account.gid);
  return to;
}

/**
 * The arguments with mounted files as copies that the server can read.
 * @param directory for the copies
 * @param run the run's folder, which has all volumes
 */
export function withReadableFiles(
  args: readonly string[],
  directory: string,
  run: string,
  account: Account | undefined,
): string[] {
  return withValues(args, ({ name, value }) => {
    const real = FILES.includes(name) ? onVolume(value, run) : undefined;
    return real === undefined ? value : copyFor(account, real, join(directory, name));
  });
}

/** @throws StartProblem where the arguments name another directory than the image initialises */
export function checkDataDirectory(args: readonly string[], declared: string): void {
  const other = settingsIn(args).find((s) => s.name === "data_directory" && s.value !== declared);
  if (other) {
    throw new StartProblem(
      `the arguments say that the data is in ${other.value}, PGDATA says ${declared}: set PGDATA alone`,
    );
  }
}

/** The server that is asked, before it runs. */
export interface Asked {
  readonly installation: string;
  readonly data: string;
  readonly args: readonly string[];
  readonly account: Account | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** A directory that the account can enter. */
  readonly cwd: string;
}

/**
 * The values of settings, from the arguments, the configuration files and the defaults.
 * @throws StartProblem with what the server has against its configuration
 */
export function effective(asked: Asked, names: readonly string[]): Promise<string[]> {
  const { installation, data, args, account, env, cwd } = asked;
  const program = join(installation, "bin", "postgres");
  return Promise.all(
    names.map(async (name) => {
      const words = [...args, "-D", data, "-C", name];
      const { code, stdout, stderr } = await runStage(program, words, { account, env, cwd });
      if (code !== 0) throw new StartProblem(stderr.trim());
      return stdout.trim();
    }),
  );
}

/**
 * Writes the rules for the server's socket that stand for those of a `pg_hba.conf`.
 * @param network of the pods
 * @returns the file, and a line for each rule that doesn't hold here
 */
export function writeRules(
  from: string,
  directory: string,
  network: string,
  account: Account | undefined,
): { file: string; warnings: readonly string[] } {
  const { text, warnings } = rulesForSocket(readFileSync(from, "utf8"), network);
  return { file: writeFor(account, join(directory, "socket_hba.conf"), text), warnings };
}

/** A file of rules that lets in whoever can reach the socket. */
export function writeTrust(directory: string, account: Account | undefined): string {
  return writeFor(account, join(directory, "socket_hba.conf"), "local all all trust\n");
}

function writeFor(account: Account | undefined, file: string, text: string): string {
  writeFileSync(file, text, { mode: 0o600 });
  if (account) chownSync(file, account.uid, account.gid);
  return file;
}
