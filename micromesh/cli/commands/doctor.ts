import { execFile } from "node:child_process";
import net from "node:net";
import os from "node:os";
import { promisify } from "node:util";
import { Table } from "console-table-printer";
import { terminal } from "../terminal.ts";

interface Check {
  name: string;
  /** What it's needed for. */
  needed: "simulate" | "pulumi up" | "optional";
  ok: boolean;
  found: string;
  /** How to mend it, where it isn't ok. */
  mend?: string;
}

export interface DoctorOptions {
  json?: boolean;
  gatewayPort: number;
  controlPort: number;
}

/** Looks for what each depth needs; only what the simulator needs can make it fail. */
export async function doctor(options: DoctorOptions): Promise<number> {
  const screen = terminal(options.json);
  const checks = await Promise.all([
    node(),
    shell(),
    memory(),
    freePort("front door", options.gatewayPort, "--gateway-port"),
    freePort("control port", options.controlPort, "--control-port"),
    tool("redis-server", ["--version"], "optional", "an embedded server stands in for it"),
    tool("pulumi", ["version"], "pulumi up", "install it: https://www.pulumi.com/docs/install/"),
    tool(
      "minikube",
      ["version", "--short"],
      "pulumi up",
      "install it: https://minikube.sigs.k8s.io/docs/start/, or set micromesh:cluster.kind to existing",
    ),
    tool(
      "docker",
      ["--version"],
      "pulumi up",
      "minikube's default driver; or set micromesh:cluster.driver",
    ),
  ]);
  const failed = checks.filter((check) => !check.ok && check.needed === "simulate");
  if (options.json) screen.out(JSON.stringify({ ok: failed.length === 0, checks }));
  else print(checks, screen.out);
  return failed.length === 0 ? 0 : 1;
}

function print(checks: Check[], out: (line: string) => void): void {
  const table = new Table({
    shouldDisableColors: true,
    columns: [
      { name: "check", alignment: "left" },
      { name: "for", alignment: "left" },
      { name: "found", alignment: "left", maxLen: 36 },
    ],
  });
  for (const { name, needed, ok, found } of checks) {
    table.addRow({
      check: `${ok ? "✓" : needed === "simulate" ? "✗" : "-"} ${name}`,
      for: needed,
      found,
    });
  }
  out(table.render());
  for (const { name, ok, mend } of checks) if (!ok && mend) out(`${name}: ${mend}`);
}

async function node(): Promise<Check> {
  const ok = Number(process.versions.node.split(".")[0]) >= 20;
  return {
    name: "node",
    needed: "simulate",
    ok,
    found: process.version,
    mend: "install Node 20 or newer: https://nodejs.org",
  };
}

async function shell(): Promise<Check> {
  const ok = process.platform !== "win32";
  return {
    name: "system",
    needed: "simulate",
    ok,
    found: `${os.type()} ${os.release()}`,
    mend: "run micromesh in WSL: it needs Unix sockets and a POSIX shell",
  };
}

/** A pod takes some 50 MiB; the counter lab has a handful. */
async function memory(): Promise<Check> {
  const free = Math.round(os.freemem() / 2 ** 20);
  return {
    name: "memory",
    needed: "simulate",
    ok: free >= 512,
    found: `${free} MiB free, ${os.cpus().length} CPUs`,
    mend: "free 512 MiB, or simulate fewer labs with --lab",
  };
}

function freePort(name: string, port: number, option: string): Promise<Check> {
  return new Promise((resolve) => {
    const check = (ok: boolean, found: string) =>
      resolve({ name, needed: "simulate", ok, found, mend: `use another one: ${option} PORT` });
    const server = net.createServer();
    server.once("error", (error: NodeJS.ErrnoException) => check(false, `${port}: ${error.code}`));
    server.listen(port, "127.0.0.1", () => server.close(() => check(true, `${port} is free`)));
  });
}

async function tool(
  name: string,
  args: string[],
  needed: Check["needed"],
  mend: string,
): Promise<Check> {
  try {
    const { stdout } = await promisify(execFile)(name, args, { timeout: 10_000 });
    return { name, needed, ok: true, found: stdout.split("\n")[0]?.trim() ?? "" };
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    return { name, needed, ok: false, found: missing ? "not on PATH" : "does not answer", mend };
  }
}
