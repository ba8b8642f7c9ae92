import { type ChildProcess, fork } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Declaration } from "./declared.ts";

/** What the process that runs the program is asked, and what it answers. */
export interface CaptureRequest {
  root: string;
  project: string;
  stack: string;
  config: Record<string, unknown>;
  /** Keys of `config` with values that aren't in plain anywhere. */
  secretKeys: string[];
}
export type CaptureAnswer =
  | { declaration: Declaration }
  /** `mistake`: the program says that its configuration is wrong, as opposed to a crash. */
  | { error: string; mistake: boolean };

/** What the program is made of, below its root. */
const SOURCES = ["index.ts", "stacks", "components", "apps", "labs"];
/** A process that nobody asks any more costs memory only. */
const IDLE_MS = 30_000;

/**
 * The program in a process of its own. The process stays for a while: what the program imports is loaded once,
 * and declaring again takes a fraction of the time. When one of its sources has changed it starts anew.
 */
export class ProgramProcess {
  private readonly root: string;
  private child?: ChildProcess;
  private startedAt = 0;
  private last: Promise<unknown> = Promise.resolve();
  private idle?: NodeJS.Timeout;

  /** @param root folder of the program: where Pulumi.yaml is */
  constructor(root: string) {
    this.root = root;
  }

  /**
   * Runs the program once more; requests are answered one after another.
   * @throws Error with what the process wrote to stderr, where it ends without an answer
   */
  ask(request: Omit<CaptureRequest, "root">): Promise<CaptureAnswer> {
    const answer = this.last.then(() => this.answer({ ...request, root: this.root }));
    this.last = answer.catch(() => {});
    return answer;
  }

  close(): void {
    clearTimeout(this.idle);
    this.child?.kill();
    this.child = undefined;
  }

  private async answer(request: CaptureRequest): Promise<CaptureAnswer> {
    clearTimeout(this.idle);
    if (this.child && (await changedSince(this.root, this.startedAt))) this.close();
    this.child ??= this.start();
    const { child } = this;
    let stderr = "";
    const collect = (chunk: Buffer) => {
      stderr += chunk;
    };
    child.stderr?.on("data", collect);
    child.ref();
    child.channel?.ref();
    try {
      return await new Promise((resolve, reject) => {
        child.once("message", (message) => resolve(message as CaptureAnswer));
        child.once("error", reject);
        child.once("close", (code) => {
          this.child = undefined;
          reject(new Error(`the program ended with code ${code}:\n${stderr.trim()}`));
        });
        child.send(request);
      });
    } finally {
      child.stderr?.off("data", collect);
      for (const event of ["message", "error", "close"]) child.removeAllListeners(event);
      // An error that comes later finds nobody waiting; the next request starts anew.
      child.on("error", () => {});
      child.once("close", () => {
        if (this.child === child) this.child = undefined;
      });
      child.unref();
      child.channel?.unref();
      this.idle = setTimeout(() => this.close(), IDLE_MS).unref();
    }
  }

  private start(): ChildProcess {
    this.startedAt = Date.now();
    const script = fileURLToPath(new URL("./capture-process.ts", import.meta.url));
    const child = fork(script, {
      cwd: this.root,
      execArgv: ["--import=tsx"],
      // An engine's variables would make the SDK look for that engine.
      env: Object.fromEntries(
        Object.entries(process.env).filter(([name]) => !name.startsWith("PULUMI_NODEJS_")),
      ),
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    (child.stderr as unknown as { unref(): void }).unref();
    return child;
  }
}

async function changedSince(root: string, time: number): Promise<boolean> {
  const files = await Promise.all(
    SOURCES.map(async (source) => {
      if (source.endsWith(".ts")) return [join(root, source)];
      const below = await readdir(join(root, source), { recursive: true }).catch(() => []);
      return below.map((path) => join(root, source, path));
    }),
  );
  const times = await Promise.all(
    files.flat().map((file) =>
      stat(file).then(
        ({ mtimeMs }) => mtimeMs,
        () => Number.POSITIVE_INFINITY,
      ),
    ),
  );
  return times.some((mtime) => mtime > time);
}
