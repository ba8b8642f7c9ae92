import { run } from "./explain.ts";

/**
 * Says in one line each which secrets of the cluster stand in the configuration as they are. None of them is shown.
 * @param cluster the settings below `micromesh:cluster`
 */
export function plainSecrets({ token, ...files }: Record<string, unknown>): string[] {
  const stored = "in plain, where the stack's file shows it to everybody";
  const problems = ["privateKey", "kubeconfig"]
    .filter((key) => isContents(files[key]))
    .map(
      (key) =>
        `micromesh:cluster.${key} holds a file's contents ${stored}: ${run(`cluster.${key}`, "PATH")}, or ` +
        `"pulumi config set --secret --path micromesh:cluster.${key} < PATH"`,
    );
  if (token === undefined) return problems;
  return [...problems, `micromesh:cluster.token is ${stored}: ${run("cluster.token", "TOKEN")}`];
}

/** As opposed to a path. */
function isContents(value: unknown): boolean {
  return typeof value === "string" && /\n|^\s*\{/.test(value);
}
