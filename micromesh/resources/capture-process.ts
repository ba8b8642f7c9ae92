/** Entry of the process that runs the program for `capture`: one request in, one answer out. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { CaptureAnswer, CaptureRequest } from "./capture.ts";
import { collect } from "./collect.ts";

process.once("message", async (request: CaptureRequest) => {
  const answer = await run(request);
  process.send?.(answer, () => process.exit(0));
});

async function run(request: CaptureRequest): Promise<CaptureAnswer> {
  try {
    const declaration = await collect(
      async () => ({ ...(await import(pathToFileURL(join(request.root, "index.ts")).href)) }),
      {
        project: request.project,
        stack: request.stack,
        config: request.config,
        outputs: commandOutputs,
        call: (args) => ({ ...args.inputs, stdout: "", stderr: "" }),
      },
    );
    return { declaration };
  } catch (error) {
    const { name, message, stack } = error as Error;
    const mistake = name === "ConfigError";
    return { error: mistake ? message : (stack ?? message), mistake };
  }
}

/** A command that isn't run prints nothing. */
function commandOutputs({ type }: { type: string }): Record<string, unknown> {
  return type.startsWith("command:") ? { stdout: "", stderr: "" } : {};
}
