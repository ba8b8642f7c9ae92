/** A new cluster, as the image's entrypoint makes one. */
import { appendFileSync, cpSync } from "node:fs";
import { join } from "node:path";
import { give } from "./account.ts";
import { linesForHosts } from "./hba.ts";
import type { ImageSettings } from "./image.ts";
import { StartProblem } from "./problem.ts";
import { runStage } from "./stage.ts";
import { type TemplateOptions, templateCluster } from "./template.ts";

/**
 * Fills an empty directory with a cluster whose superuser has a password.
 * @param method of the connections that it lets in
 */
export async function buildCluster(
  directory: string,
  options: TemplateOptions,
  { password }: ImageSettings,
  method: string,
): Promise<void> {
  const { installation, account, env, superuser, scratch } = options;
  cpSync(await templateCluster(options), directory, { recursive: true });
  appendFileSync(join(directory, "pg_hba.conf"), linesForHosts(method));
  give(directory, account);
  if (password === "") return;
  const args = ["--single", "-F", "-D", directory, "-c", "exit_on_error=on"];
  const { code, stderr } = await runStage(
    join(installation, "bin", "postgres"),
    [...args, "-c", "log_checkpoints=off", "postgres"],
    { account, env, cwd: scratch, input: passwordStatement(superuser, password) },
  );
  if (code !== 0)
    throw new StartProblem(`can't set the password of ${superuser}: ${stderr.trim()}`);
}

/** One line, as single-user mode reads it. Of a password of several the image takes the first. */
function passwordStatement(superuser: string, password: string): string {
  const first = (password.split("\n")[0] ?? "").replaceAll("\\", "\\\\").replaceAll("'", "''");
  return `ALTER ROLE "${superuser.replaceAll('"', '""')}" PASSWORD E'${first}';\n`;
}
