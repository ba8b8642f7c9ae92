import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const SSHD = "/usr/sbin/sshd";
const here = dirname(fileURLToPath(import.meta.url));

export interface Answer {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Why no such host can be had here; undefined where it can. */
export function whyNoHost(): string | undefined {
  if (process.platform !== "linux") return "it needs Linux";
  if (process.getuid?.() !== 0) return "it needs root, for a mount namespace";
  if (!existsSync(SSHD)) return "there is no sshd (Debian: openssh-server)";
  for (const tool of ["ssh", "unshare", "flock"]) {
    if (spawnSync(tool, ["--version"]).error) return `there is no ${tool}`;
  }
  const script =
    "d=$(mktemp -d) && mount -t tmpfs tmpfs $d && mkdir $d/u $d/w && " +
    "mount -t overlay overlay -o lowerdir=/etc,upperdir=$d/u,workdir=$d/w /etc";
  const { status } = spawnSync("unshare", ["--mount", "sh", "-c", script]);
  return status === 0 ? undefined : "overlays can't be mounted here";
}

/** A machine for tests, by a real sshd on a loopback port: see sandbox.sh. */
export class TestHost {
  readonly folder = mkdtempSync(join(tmpdir(), "micromesh-host-"));
  readonly key: string;
  readonly hostKey: string;
  port = 0;
  private sshd: ChildProcess | undefined;

  constructor() {
    execFileSync("chmod", ["755", this.folder]);
    mkdirSync(join(this.folder, "records"));
    for (const name of ["id", "ssh_host_ed25519_key"]) {
      const file = join(this.folder, name);
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", file]);
    }
    this.key = this.read("id");
    this.hostKey = this.read("ssh_host_ed25519_key.pub").split(" ").slice(0, 2).join(" ");
  }

  async start(): Promise<this> {
    this.port ||= await freePort();
    const lines = [
      `Port ${this.port}`,
      "ListenAddress 127.0.0.1",
      "HostKey /etc/ssh/ssh_host_ed25519_key",
      `AuthorizedKeysFile ${this.folder}/id.pub`,
      "PidFile none",
      "UsePAM no",
      "StrictModes no",
      "PermitRootLogin yes",
      "MaxStartups 100",
    ];
    writeFileSync(join(this.folder, "sshd_config"), `${lines.join("\n")}\n`);
    this.sshd = spawn("unshare", ["--mount", "sh", join(here, "sandbox.sh"), this.folder], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { PATH: process.env.PATH },
    });
    let said = "";
    this.sshd.stderr?.on("data", (text) => {
      said += text;
    });
    for (let tries = 0; !(await answers(this.port)); tries++) {
      if (tries === 100 || this.sshd.exitCode !== null) {
        throw new Error(
          `sshd didn't start: ${said} ${this.has("sshd.log") ? this.read("sshd.log") : ""}`,
        );
      }
      await setTimeout(50);
    }
    return this;
  }

  async remove(): Promise<void> {
    if (this.sshd?.exitCode === null) {
      for (const pid of this.processes()) {
        try {
          process.kill(pid, "SIGKILL");
        } catch {
          // It ended by itself.
        }
      }
      if (this.sshd.exitCode === null && this.sshd.signalCode === null)
        await once(this.sshd, "exit");
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What a command that is given to sshd as `command.remote.Command` does it says. */
  async run(command: string, stdin = "", options: { user?: string } = {}): Promise<Answer> {
    const { client, answer } = this.begin(command, stdin, options);
    try {
      return await answer;
    } finally {
      client.kill();
    }
  }

  /** The same, to be cut off. */
  begin(command: string, stdin = "", { user = "root" } = {}) {
    const known = join(this.folder, "known_hosts");
    writeFileSync(known, `[127.0.0.1]:${this.port} ${this.hostKey}\n`);
    const options = [
      ...["-F", "none", "-T", "-p", String(this.port), "-i", join(this.folder, "id")],
      ...["-o", "BatchMode=yes", "-o", `UserKnownHostsFile=${known}`, "-o", "LogLevel=ERROR"],
    ];
    const client = spawn("ssh", [...options, `${user}@127.0.0.1`, command]);
    client.stdin.on("error", () => undefined);
    client.stdin.end(stdin);
    return { client, answer: ended(client) };
  }

  /** Contents of a file of the folder. */
  read(name: string): string {
    return readFileSync(join(this.folder, name), "utf8");
  }
  has(name: string): boolean {
    return existsSync(join(this.folder, name));
  }
  put(name: string, text = ""): void {
    writeFileSync(join(this.folder, name), text);
  }
  take(name: string): void {
    rmSync(join(this.folder, name), { force: true });
  }

  /** A path as the machine sees it. */
  inside(path: string): string {
    return join("/proc", String(this.sshd?.pid), "root", path);
  }
  /** Contents of a file of the machine; undefined where there is none. */
  file(path: string): string | undefined {
    return existsSync(this.inside(path)) ? readFileSync(this.inside(path), "utf8") : undefined;
  }

  /** What the stand-ins were called with since the last time. */
  calls(): string[] {
    const calls = this.has("records/calls") ? this.read("records/calls").trim().split("\n") : [];
    this.take("records/calls");
    return calls;
  }
  /** Arguments and environment of each run of the installer. */
  installerRuns(): string[] {
    const records = readdirSync(join(this.folder, "records")).filter((n) =>
      n.startsWith("installer-"),
    );
    return records.sort().map((name) => this.read(`records/${name}`));
  }

  /** All processes on the machine. */
  processes(): number[] {
    const mounts = (pid: string | number | undefined) => {
      try {
        return execFileSync("readlink", [`/proc/${pid}/ns/mnt`], {
          encoding: "utf8",
          stdio: "pipe",
        });
      } catch {
        return undefined;
      }
    };
    const own = mounts(this.sshd?.pid);
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name) && own !== undefined && mounts(name) === own)
      .map(Number);
  }
  /** Kills the machine's processes, and no other's, whose command line has the text. */
  kill(text: string): void {
    for (const pid of this.processes()) {
      if (commandLine(pid).includes(text)) process.kill(pid, "SIGKILL");
    }
  }
  /** Sends SIGHUP to all that the process with the text was started among, as a lost terminal does. */
  hangUp(text: string): void {
    const pid = this.processes().find((one) => commandLine(one).includes(text));
    // The fields after the name, which is in brackets: state, parent, process group.
    const stat = (of: number | string | undefined) =>
      readFileSync(`/proc/${of}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
    process.kill(-Number(stat(stat(pid)[1])[2]), "SIGHUP");
  }
  runs(text: string): boolean {
    return this.processes().some((pid) => commandLine(pid).includes(text));
  }
  /** Files of its own, copied out, to look through. */
  everythingIn(paths: string[]): string {
    const copy = mkdtempSync(join(tmpdir(), "micromesh-copy-"));
    try {
      for (const path of paths) {
        if (existsSync(this.inside(path))) {
          cpSync(this.inside(path), join(copy, path), { recursive: true });
        }
      }
      return execFileSync("sh", ["-c", "find . -type f -exec cat {} +; true"], {
        cwd: copy,
        maxBuffer: 2 ** 28,
        encoding: "utf8",
      });
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return ""; // It has ended.
  }
}

/** @throws Error where it hasn't come true in ten seconds */
export async function until(what: string, test: () => boolean): Promise<void> {
  for (let tries = 0; !test(); tries++) {
    if (tries === 200) throw new Error(`it never came true that ${what}`);
    await setTimeout(50);
  }
}

export async function ended(child: ChildProcess): Promise<Answer> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (text) => {
    stdout += text;
  });
  child.stderr?.on("data", (text) => {
    stderr += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
