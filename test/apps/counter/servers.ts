import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What a test started, to be stopped after it: last first. */
export class Started {
  readonly #stops: (() => unknown)[] = [];

  add(stop: () => unknown): void {
    this.#stops.push(stop);
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop();
  }

  directory(): string {
    const path = mkdtempSync(join(tmpdir(), "micromesh-test-"));
    this.add(() => rmSync(path, { recursive: true, force: true }));
    return path;
  }

  process(command: string, args: string[], env: NodeJS.ProcessEnv = {}): Child {
    const child = spawn(command, args, { env: { PATH: process.env.PATH, ...env }, stdio: "pipe" });
    const started = new Child(child);
    this.add(() => started.stop("SIGKILL"));
    return started;
  }

  /** Listens on a free port, or on `port`. */
  async listen(server: Server, port = 0): Promise<number> {
    const sockets = new Set<Socket>();
    server.on("connection", (socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    });
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    this.add(async () => {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    });
    return (server.address() as AddressInfo).port;
  }

  /** A real Redis on `port`; it answers when this returns. */
  async redis(port: number): Promise<Child> {
    const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir"];
    const child = this.process("redis-server", [...args, this.directory()]);
    await child.says("Ready to accept connections");
    return child;
  }
}

/** A process, with all that it has said. */
export class Child {
  output = "";
  readonly #process: ChildProcess;
  readonly exited: Promise<number | null>;

  constructor(child: ChildProcess) {
    this.#process = child;
    child.stdout?.on("data", (data) => {
      this.output += data;
    });
    child.stderr?.on("data", (data) => {
      this.output += data;
    });
    this.exited = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  async stop(signal: NodeJS.Signals): Promise<number | null> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.signal(signal);
    return this.exited;
  }

  /** Waits until the text is in the output. */
  says(text: string): Promise<void> {
    return eventually(() => {
      if (!this.output.includes(text)) throw new Error(`no "${text}" in: ${this.output}`);
    });
  }
}

/** Repeats a check until it holds, for 5 seconds at most. */
export async function eventually(check: () => unknown): Promise<void> {
  const deadline = Date.now() + 5000;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await sleep(20);
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Whether a program is on PATH, for tests that can't do without. */
export function has(program: string, versionFlag = "--version"): boolean {
  return spawnSync(program, [versionFlag]).error === undefined;
}

/** Writes a file into a directory, and says where it is. */
export function write(directory: string, name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}
