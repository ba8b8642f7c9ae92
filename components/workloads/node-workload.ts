import * as pulumi from "@pulumi/pulumi";
import { type CommonArgs, mebibytes } from "./args.ts";
import { type FileSet, sourceFiles } from "./files.ts";
import { Workload } from "./workload.ts";

/**
 * What lives long may take half of the memory limit: the rest is for what lives shortly, for buffers and for the
 * program itself. Left alone, V8 takes 256 MiB at least, and the kernel ends the container before it tidies up.
 */
function heapMiB(memoryLimit: string): number {
  return Math.floor(mebibytes(memoryLimit) / 2);
}

/** The user `node` of the official image. */
const NODE_USER = 1000;

export interface NodeWorkloadArgs extends CommonArgs {
  /** Absolute path of the program's main file. */
  entry: string;
  /** Read-only files besides the program, by the directory that they appear in; not `/app`. */
  files?: Record<string, FileSet>;
}

/**
 * A workload whose program is bundled from source and run by a stock `node` image: no image to build,
 * no registry to push to.
 *
 * @throws with one line if the source can't be bundled, or is too big for a ConfigMap
 */
export class NodeWorkload extends pulumi.ComponentResource {
  readonly workload: Workload;

  constructor(name: string, args: NodeWorkloadArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("micromesh:workloads:NodeWorkload", name, {}, opts);
    const { entry, files, ...common } = args;
    this.workload = new Workload(
      name,
      {
        ...common,
        command: ["node", "/app/main.mjs"],
        env: {
          NODE_ENV: "production",
          NODE_OPTIONS: `--max-old-space-size=${heapMiB(args.resources.memoryLimit)}`,
          ...args.env,
        },
        user: NODE_USER,
        files: { "/app": sourceFiles(name, entry), ...files },
      },
      { parent: this, deletedWith: opts.deletedWith, dependsOn: opts.dependsOn },
    );
    this.registerOutputs();
  }
}
