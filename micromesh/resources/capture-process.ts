/** Entry of the process that runs the program for `capture`: requests in, an answer out for each. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import { collect } from "./collect.ts";
import type { CaptureAnswer, CaptureRequest } from "./program-process.ts";
import { answerWithoutEngine, withoutEngine } from "./stand-ins.ts";

let runs = 0;

process.on("message", async (request: CaptureRequest) => {
  process.send?.(await run(request));
});

process.once("disconnect", () => process.exit());

/** The program's entry by another name each time: a module by the same name wouldn't be run again. */
function entry(root: string): string {
  return `${pathToFileURL(join(root, "index.ts")).href}?run=${runs++}`;
}

async function run(request: CaptureRequest): Promise<CaptureAnswer> {
  try {
    const declaration = await collect(async () => ({ ...(await import(entry(request.root))) }), {
      project: request.project,
      stack: request.stack,
      config: request.config,
      secretKeys: request.secretKeys,
      outputs: withoutEngine,
      call: answerWithoutEngine,
    });
    return { declaration };
  } catch (error) {
    const { name, message, stack } = error as Error;
    const mistake = name === "ConfigError" || isRefusal(error);
    return { error: mistake ? message : (stack ?? message), mistake };
  }
}

/** A component says so of what it can't be made with; Pulumi shows such an error without its stack, too. */
function isRefusal(error: unknown): boolean {
  return pulumi.ResourceError.isInstance(error) && error.hideStack === true;
}
