import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { type StackOutputs, stackOutputs } from "../../stacks/outputs.ts";
import type { Declaration } from "../resources/declared.ts";
import { UsageError } from "../resources/usage-error.ts";
import { root } from "./options.ts";

/**
 * What to look at on a real cluster: as deployed, or with a kubeconfig of one's own as declared.
 * @throws UsageError if the file can't be read, or nothing is deployed
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
  const outputs = stackOutputs.safeParse(JSON.parse(stdout));
  if (!outputs.success) {
    throw new UsageError(
      `stack ${stack} has no labs deployed: run pulumi up --stack ${stack} first`,
    );
  }
  return outputs.data;
}
