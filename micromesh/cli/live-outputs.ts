import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { type StackOutputs, stackOutputs } from "../../stacks/outputs.ts";
import type { Declaration } from "../resources/declared.ts";
import { UsageError } from "../resources/usage-error.ts";
import { root } from "./options.ts";

/**
 * What to look at on a real cluster: as deployed, or with a kubeconfig of one's own as declared.
 * @throws UsageError if the file can't be read, nothing is deployed, or by another version of the program
 */
export async function liveOutputs(
  { stack, kubeconfig }: { stack: string; kubeconfig?: string },
  declaration: Declaration,
): Promise<StackOutputs> {
  return kubeconfig
    ? { ...stackOutputs.parse(declaration.outputs), kubeconfig: await contents(kubeconfig) }
    : deployedOutputs(stack);
}

async function contents(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`--kubeconfig ${file}: ${error.code}; give the path of a kubeconfig`);
  });
}

async function deployedOutputs(stack: string): Promise<StackOutputs> {
  const args = ["stack", "output", "--json", "--show-secrets", "--stack", stack];
  const { stdout } = await promisify(execFile)("pulumi", args, {
    cwd: root,
    maxBuffer: 2 ** 26,
  }).catch((error: NodeJS.ErrnoException & { stderr?: string }) => {
    const why =
      error.code === "ENOENT" ? "pulumi is not on PATH" : error.stderr?.trim().split("\n")[0];
    throw new UsageError(
      `--live reads the outputs of stack ${stack}: ${why}; or give --kubeconfig FILE`,
    );
  });
  return parseDeployed(stack, JSON.parse(stdout));
}

/**
 * The outputs of a deployed stack, as `pulumi stack output --json` prints them.
 * @throws UsageError where there are no labs among them, or they were put out by another version of the program
 */
export function parseDeployed(stack: string, outputs: unknown): StackOutputs {
  const { data, error } = stackOutputs.safeParse(outputs);
  if (data) return data;
  const deploy = `run pulumi up --stack ${stack} first`;
  if (!(outputs as { labs?: unknown }).labs) {
    throw new UsageError(`stack ${stack} has no labs deployed: ${deploy}`);
  }
  const place = error.issues[0]?.path.join(".");
  throw new UsageError(
    `stack ${stack} was deployed by another version of this program, its output ${place} is of another form: ${deploy}`,
  );
}
