/**
 * Prints one context of a kubeconfig, self-contained; Pulumi runs it as a local command on every
 * preview and update. MICROMESH_KUBECONFIG holds `{path?, context?}` as JSON; without a path it is
 * $KUBECONFIG (which may list several files), else ~/.kube/config, as with kubectl.
 */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { flatten } from "../kubeconfig.ts";

const { path = "", context } = JSON.parse(process.env.MICROMESH_KUBECONFIG ?? "{}") as {
  path?: string;
  context?: string;
};

try {
  process.stdout.write(flatten(files().map(source), context, readEmbedded));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}

function files(): string[] {
  if (path !== "") return [resolve(path.replace(/^~(?=[/\\])/, homedir()))];
  const listed = (process.env.KUBECONFIG ?? "").split(delimiter).filter((file) => file !== "");
  // kubectl passes over listed files that don't exist.
  const found = listed.filter((file) => existsSync(file));
  return found.length > 0
    ? found
    : listed.length > 0
      ? listed
      : [join(homedir(), ".kube", "config")];
}

function source(file: string) {
  try {
    return { text: readFileSync(file, "utf8"), folder: dirname(file) };
  } catch (error) {
    throw new Error(
      `the kubeconfig ${file} can't be read (${(error as NodeJS.ErrnoException).code}): ` +
        `run "pulumi config set --path micromesh:cluster.kubeconfig PATH"`,
    );
  }
}

function readEmbedded(file: string, folder: string): Buffer {
  try {
    return readFileSync(resolve(folder, file));
  } catch (error) {
    throw new Error(
      `the kubeconfig names ${file}, which can't be read (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}
