import type { Declaration } from "./declared.ts";
import { ProgramProcess } from "./program-process.ts";
import { keysNotInPlain, override, readProjectName, readStackConfig } from "./stack-config.ts";
import { UsageError } from "./usage-error.ts";

export interface CaptureOptions {
  /** Folder of the program: where Pulumi.yaml is. */
  root: string;
  stack: string;
  /** `KEY=VALUE` settings over the stack's file, for this run only. */
  config?: string[];
}

/**
 * Runs the program in a process of its own, without an engine, and returns what it declared.
 * @param program the process to run it in, for who captures again and again; default: one for this time only
 * @throws UsageError for a wrong stack name or configuration; Error where the program itself fails
 */
export async function capture(
  options: CaptureOptions,
  program?: ProgramProcess,
): Promise<Declaration> {
  const ofFile = await readStackConfig(options.root, options.stack);
  const config = override(ofFile, options.config ?? []);
  const project = await readProjectName(options.root);
  const process = program ?? new ProgramProcess(options.root);
  try {
    const secretKeys = keysNotInPlain(ofFile, config);
    const answer = await process.ask({ project, stack: options.stack, config, secretKeys });
    if ("declaration" in answer) return answer.declaration;
    throw answer.mistake ? new UsageError(answer.error) : new Error(answer.error);
  } finally {
    if (!program) process.close();
  }
}
