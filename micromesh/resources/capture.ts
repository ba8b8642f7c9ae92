import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Declaration } from "./declared.ts";
import { override, readProjectName, readStackConfig } from "./stack-config.ts";
import { UsageError } from "./usage-error.ts";

export interface CaptureOptions {
  /** Folder of the program: where Pulumi.yaml is. */
  root: string;
  stack: string;
  /** `KEY=VALUE` settings over the stack's file, for this run only. */
  config?: string[];
}

/** What the parent sends to the process that runs the program, and what it answers. */
export interface CaptureRequest {
  root: string;
  project: string;
  stack: string;
  config: Record<string, unknown>;
}
export type CaptureAnswer =
  | { declaration: Declaration }
  /** `mistake`: the program says that its configuration is wrong, as opposed to a crash. */
  | { error: string; mistake: boolean };

/**
 * Runs the program in a process of its own, without an engine, and returns what it declared.
 * @throws UsageError for a wrong stack name or configuration; Error where the program itself fails
 */
export async function capture(options: CaptureOptions): Promise<Declaration> {
  const config = override(await readStackConfig(options.root, options.stack), options.config ?? []);
  const request: CaptureRequest = {
    root: options.root,
    project: await readProjectName(options.root),
    stack: options.stack,
    config,
  };
  const answer = await ask(request);
  if ("declaration" in answer) return answer.declaration;
  throw answer.mistake ? new UsageError(answer.error) : new Error(answer.error);
}

function ask(request: CaptureRequest): Promise<CaptureAnswer> {
  const script = fileURLToPath(new URL("./capture-process.ts", import.meta.url));
  return new Promise((resolve, reject) => {
    const child = fork(script, {
      cwd: request.root,
      execArgv: ["--import=tsx"],
      // An engine's variables would make the SDK look for that engine.
      env: Object.fromEntries(
        Object.entries(process.env).filter(([name]) => !name.startsWith("PULUMI_NODEJS_")),
      ),
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let stderr = "";
    child.stderr?.on("data", (chunk) => {
      stderr += chunk;
    });
    let answer: CaptureAnswer | undefined;
    child.once("message", (message) => {
      answer = message as CaptureAnswer;
    });
    child.once("error", reject);
    child.once("close", (code) => {
      if (answer) resolve(answer);
      else reject(new Error(`the program ended with code ${code}:\n${stderr.trim()}`));
    });
    child.send(request);
  });
}
