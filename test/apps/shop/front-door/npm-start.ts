/** `npm start`, as a process of its own. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { NAMESPACE } from "../../../../apps/shop/names.ts";
import type { State } from "../../../../micromesh/simulator/control/server.ts";
import { Child, eventually } from "../../counter/servers.ts";
import type { Doors } from "./doors.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
/** On a machine that is busy with other tests. */
const UP_MS = 100_000;

export interface Ports {
  gateway: number;
  control: number;
}

/** A stack that was started with the command that `npm start` runs. */
export interface Started {
  process: Child;
  pid: number;
  /** All that it has said by the time it's up. */
  table: string;
  ports: Ports;
  doors: Doors;
  state(): Promise<State>;
}

/** The command of the package's script `start`. */
function startCommand(): string[] {
  const { scripts } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  const [node, ...args] = scripts.start.split(" ");
  assert.equal(node, "node");
  return args;
}

/** @param more arguments, as after `npm start --` @returns once it says that it stays up */
export async function npmStart(more: string[]): Promise<Started> {
  const child = spawn(process.execPath, [...startCommand(), ...more], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const running = new Child(child);
  // Whoever started it may end by a mistake, and wouldn't have stopped it.
  process.once("exit", () => child.kill("SIGKILL"));
  const end = Date.now() + UP_MS;
  try {
    while (!running.output.includes("Running until Ctrl-C")) {
      assert.equal(child.exitCode, null, running.output);
      assert.ok(Date.now() < end, `not up in time: ${running.output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const ports = portsIn(running.output);
    const base = (port: number) => `http://localhost:${port}`;
    const state = async () => {
      const response = await fetch(`${base(ports.control)}/api/state`);
      return (await response.json()) as State;
    };
    const pods = async (service: string) =>
      (await state()).pods
        .filter((pod) => pod.namespace === NAMESPACE && pod.name.startsWith(`${service}-`))
        .map(({ name, ip = "" }) => ({ name, ip }));
    const doors = { gateway: base(ports.gateway), registry: base(ports.control), pods };
    return { process: running, pid: child.pid ?? 0, table: running.output, ports, doors, state };
  } catch (error) {
    await running.stop("SIGKILL");
    throw error;
  }
}

/** The ports that the table tells people to ask. */
function portsIn(table: string): Ports {
  const [, gateway] = /shop\.lan +curl .* localhost:(\d+)\//.exec(table) ?? [];
  const [, control] = /registry +http:\/\/localhost:(\d+)\/services/.exec(table) ?? [];
  assert.ok(gateway && control, `no URL of gateway or registry in: ${table}`);
  return { gateway: Number(gateway), control: Number(control) };
}

/** Whether nobody listens on the loopback port. */
export function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** Which of these process groups still have a process that runs. */
export function alive(groups: number[]): number[] {
  const lines = execFileSync("ps", ["-A", "-o", "pgid=,stat="], { encoding: "utf8" }).split("\n");
  const running = lines.flatMap((line) => {
    const [group, stat = "Z"] = line.trim().split(/\s+/);
    return stat.startsWith("Z") ? [] : [Number(group)];
  });
  return groups.filter((group) => running.includes(group));
}

/** That the groups are gone, or go within a few seconds. */
export function areGone(groups: number[]): Promise<void> {
  return eventually(() => assert.deepEqual(alive(groups), []));
}
