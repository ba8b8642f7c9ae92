/** What is predicted: a stack, a scenario of it, a folder of manifests, or a commit. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { assumedPlatform, networkConfig } from "../../resources/assumed-platform.ts";
import type { Declaration, KubernetesObject } from "../../resources/declared.ts";
import { kubernetesObjects } from "../../resources/kubernetes.ts";
import { readManifests } from "../../resources/manifests/manifests.ts";
import { manifestProblemLine } from "../../resources/manifests/problem.ts";
import { type DeclaredPlatform, declaredPlatform } from "../../resources/platform.ts";
import { UsageError } from "../../resources/usage-error.ts";
import { declare, type LabOptions, root, type StackOptions, scenariosOf } from "../options.ts";

export interface Subject {
  /** As the output calls it: `stack dev`, `counter=isolated`, `folder manifests`. */
  title: string;
  objects: KubernetesObject[];
  platform: DeclaredPlatform;
  /** Files and objects that couldn't be read, one line each. */
  problems: string[];
  notes: string[];
}

export interface SubjectOptions extends StackOptions, LabOptions {
  manifests?: string;
}

/** What the options name. @throws UsageError */
export async function subjectOf(options: SubjectOptions): Promise<Subject> {
  if (options.manifests !== undefined) return folder(options.manifests, options.config);
  const { rest } = networkConfig(options.config);
  const declaration = await declare({ ...options, config: rest });
  const scenarios = (options.scenario ?? []).join(" ");
  return declared(scenarios || `stack ${options.stack}`, declaration, options.config);
}

/**
 * What something is compared with: `LAB=SCENARIO`, a folder, a stack, or a commit of the program's repository.
 * @throws UsageError where it's none of them
 */
export async function otherSubject(other: string, options: SubjectOptions): Promise<Subject> {
  const { rest } = networkConfig(options.manifests === undefined ? options.config : []);
  if (other.includes("=")) {
    const scenarios = { ...scenariosOf(options), ...scenariosOf({ scenario: [other] }) };
    return declared(other, await declare({ ...options, config: rest }, scenarios), options.config);
  }
  if (await exists(join(root, `Pulumi.${other}.yaml`))) {
    const stack = { ...options, stack: other, config: rest };
    return declared(`stack ${other}`, await declare(stack), options.config);
  }
  if (await exists(other)) {
    return folder(other, options.manifests === undefined ? [] : options.config);
  }
  return commit(other, { ...options, config: rest });
}

function declared(title: string, declaration: Declaration, config: string[]): Subject {
  const platform = declaredPlatform(declaration);
  const { network } = networkConfig(config);
  return {
    title,
    objects: kubernetesObjects(declaration),
    platform: { ...platform, settings: { ...platform.settings, ...network } },
    problems: [],
    notes: declaration.warnings,
  };
}

async function folder(directory: string, config: string[]): Promise<Subject> {
  const { objects, problems, notes } = await readManifests(directory);
  return {
    title: `folder ${directory}`,
    objects,
    platform: assumedPlatform(objects, config),
    problems: problems.map(manifestProblemLine),
    notes,
  };
}

/** The program as a commit has it, run with the packages that are installed here. */
async function commit(revision: string, options: SubjectOptions): Promise<Subject> {
  const { hash, prefix } = await commitNamed(revision);
  const directory = await mkdtemp(join(tmpdir(), "micromesh-commit-"));
  try {
    await checkOut(`${hash}:${prefix}`, directory);
    await symlink(join(root, "node_modules"), join(directory, "node_modules"), "dir");
    const declaration = await declare({ ...options, root: directory });
    return declared(`commit ${hash.slice(0, 10)}`, declaration, options.config);
  } catch (error) {
    const { message } = error as Error;
    const text = `--diff ${revision}: commit ${hash.slice(0, 10)} can't be predicted: ${message}`;
    throw error instanceof UsageError ? new UsageError(text) : new Error(text, { cause: error });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Where the program lies in its repository is its prefix there. */
async function commitNamed(revision: string): Promise<{ hash: string; prefix: string }> {
  const refused = (why: string) =>
    new UsageError(`--diff ${revision}: it's no LAB=SCENARIO, no stack and no folder, ${why}`);
  const prefix = await git(["rev-parse", "--show-prefix"]).catch((error) => {
    throw refused(
      error.code === "ENOENT"
        ? "and without git on this machine it can't be a commit"
        : "and it can't be a commit, since the program isn't in a git repository",
    );
  });
  const verify = ["rev-parse", "--verify", "--quiet", "--end-of-options"];
  const hash = await git([...verify, `${revision}^{commit}`]).catch(() => {
    throw refused("and the program's repository has no such commit; give one of them");
  });
  return { hash, prefix };
}

/** Writes a tree's files to a folder. The repository and its index stay as they are. */
async function checkOut(tree: string, directory: string): Promise<void> {
  const index = { GIT_INDEX_FILE: join(directory, ".index") };
  await git(["read-tree", tree], index);
  await git(["checkout-index", "--all", `--prefix=${directory}/`], index);
}

async function git(args: string[], env: Record<string, string> = {}): Promise<string> {
  const options = { env: { ...process.env, ...env } };
  const { stdout } = await promisify(execFile)("git", ["-C", root, ...args], options);
  return stdout.trim();
}

async function exists(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() || found?.isDirectory() || false;
}
