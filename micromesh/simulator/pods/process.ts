import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";
import type { FromPod, Identity, ToPod } from "../agent/messages.ts";
import type { View } from "../network/view.ts";

export interface ProcessOptions {
  /** The agent's bundle, loaded before the application. */
  agent: string;
  /** Script and arguments for Node. */
  command: string[];
  environment: Record<string, string>;
  workingDirectory: string;
  identity: Identity;
  view: View;
  onMessage: (message: FromPod) => void;
  onLine: (line: string, stream: "stdout" | "stderr") => void;
  onExit: (code: number | null, signal: NodeJS.Signals | null) => void;
}

/** One operating system process of a container, in a process group of its own. */
export class ContainerProcess {
  readonly pid: number | undefined;
  readonly startedAt = performance.now();
  private readonly child: ChildProcess;
  private readonly channel: Duplex;

  constructor(options: ProcessOptions) {
    this.child = spawn(process.execPath, ["--import", options.agent, ...options.command], {
      cwd: options.workingDirectory,
      env: options.environment,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      // A Ctrl-C at the terminal is for the simulator, which ends its pods in order.
      detached: true,
    });
    this.pid = this.child.pid;
    this.channel = this.child.stdio[3] as Duplex;
    createInterface({ input: this.channel })
      .on("line", (line) => options.onMessage(JSON.parse(line) as FromPod))
      // A pod may die while it's being written to; its end is told by "close" below.
      .on("error", () => {});
    for (const stream of ["stdout", "stderr"] as const) {
      const input = this.child[stream] as NodeJS.ReadableStream;
      createInterface({ input }).on("line", (line) => options.onLine(line, stream));
    }
    let ended = false;
    const end = (code: number | null, signal: NodeJS.Signals | null) => {
      if (ended) return;
      ended = true;
      this.killGroup();
      options.onExit(code, signal);
    };
    // `close` comes after the last line of output.
    this.child.once("close", end);
    this.child.once("error", () => end(127, null));
    this.send({ type: "start", identity: options.identity, view: options.view });
  }

  send(message: ToPod): void {
    if (this.channel.writable) this.channel.write(`${JSON.stringify(message)}\n`);
  }

  terminate(): void {
    this.child.kill("SIGTERM");
  }

  /** Ends the process and whatever it has started. */
  killGroup(): void {
    if (this.pid === undefined) return;
    try {
      process.kill(-this.pid, "SIGKILL");
    } catch {
      // The group is gone already.
    }
  }
}
