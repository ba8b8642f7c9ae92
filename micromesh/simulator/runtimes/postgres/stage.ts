/** PostgreSQL's programs that run to their end: they're in our process group, and die with it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Account } from "./account.ts";

export interface StageResult {
  /** 137 where a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program.
 * @param cwd a directory that the account can enter
 * @param input for its standard input
 */
export async function runStage(
  program: string,
  args: readonly string[],
  options: {
    readonly account: Account | undefined;
    readonly env: NodeJS.ProcessEnv;
    readonly cwd: string;
    readonly input?: string;
  },
): Promise<StageResult> {
  const { account, env, cwd, input } = options;
  const child = spawn(program, args, { env, cwd, uid: account?.uid, gid: account?.gid });
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
    });
  }
  // It may end without having read.
  child.stdin.on("error", () => {});
  child.stdin.end(input ?? "");
  const [code] = (await once(child, "close")) as [number | null];
  return { code: code ?? 137, ...texts };
}
