import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Mount } from "../../../micromesh/simulator/agent/messages.ts";

const FILES = new URL("../../../micromesh/simulator/agent/files.ts", import.meta.url).href;

/** What became of a call: its result, or the error that it threw. */
export interface Outcome {
  result?: unknown;
  error?: { code?: string; syscall?: string; path?: string; message: string };
}

/**
 * Runs calls in a process whose files are a pod's, for the patches last as long as the process. Each
 * is an expression, with `fs` at hand; promises are waited for.
 */
export async function inPod(
  pod: { mounts: Mount[]; readOnlyRoot?: boolean; machine?: string[] },
  calls: string[],
): Promise<Outcome[]> {
  const program = `
    import fs from "node:fs";
    import * as imported from "node:fs";
    import { syncBuiltinESMExports } from "node:module";
    import { promisify } from "node:util";
    import { virtualiseFiles } from ${JSON.stringify(FILES)};
    virtualiseFiles(${JSON.stringify({ readOnlyRoot: false, machine: [], ...pod })});
    syncBuiltinESMExports();
    const called = (name, ...args) => new Promise((resolve, reject) =>
      fs[name](...args, (error, value) => error ? reject(error) : resolve(value)));
    const outcomes = [];
    const run = async (call) => {
      try {
        outcomes.push({ result: await call() });
      } catch ({ code, syscall, path, message }) {
        outcomes.push({ error: { code, syscall, path, message } });
      }
    };
    ${calls.map((call) => `await run(async () => ${call});`).join("\n")}
    process.stdout.write(JSON.stringify(outcomes));
  `;
  const args = ["--import", "tsx", "--input-type=module", "--eval", program];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Outcome[];
}
