/**
 * A real redis-server behind our own TCP port. It listens on a Unix socket in a private directory
 * only; each connection that we accept is piped to it as it is. So the connections to and from the
 * container are made by this process alone.
 */
import { accessSync, constants, statSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startGuarded } from "../native/guard.ts";
import { type Listener, listen } from "../native/listener.ts";
import { privateDirectory, relay, takesConnections } from "../native/relay.ts";
import { refusal } from "./admission.ts";
import type { Settings } from "./settings/defaults.ts";
import {
  type Directive,
  formatDirectives,
  lastValues,
  type ReadText,
} from "./settings/directives.ts";

/** Milliseconds between two looks whether the server takes connections yet. */
const RETRY = 20;

export interface NativeServer {
  readonly port: number;
  /** The exit code of redis-server; its TCP port is free again then. */
  readonly ended: Promise<number>;
  /** Asks redis-server to save and end. */
  terminate(): void;
}

export interface NativeOptions {
  readonly directives: readonly Directive[];
  /** What the directives mean for listening and for whom to let in. */
  readonly settings: Pick<Settings, "port" | "bind" | "protectedMode" | "password">;
  /** Where data goes; a temporary directory, removed at the end, where it's undefined. */
  readonly dataDirectory: string | undefined;
  readonly readText: ReadText;
}

/** The redis-server on PATH, or undefined. */
export function findRedisServer(path = process.env.PATH ?? ""): string | undefined {
  return path
    .split(delimiter)
    .filter((directory) => directory !== "")
    .map((directory) => join(directory, "redis-server"))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile();
      } catch {
        return false;
      }
    });
}

/**
 * Starts redis-server and listens once it takes connections.
 * @throws what listening throws, after redis-server has been ended
 */
export async function startNative(program: string, options: NativeOptions): Promise<NativeServer> {
  const { settings } = options;
  const directory = privateDirectory("mmr-", "s");
  const path = join(directory, "s");
  const file = join(directory, "redis.conf");
  writeFileSync(file, configuration(options, directory, path), { mode: 0o600, encoding: "latin1" });
  const guarded = startGuarded(program, [file], directory);

  let running = true;
  const exit = guarded.ended.then((code) => {
    running = false;
    return code;
  });
  while (running && !(await takesConnections(path))) await Promise.race([exit, sleep(RETRY)]);
  if (!running) return { port: 0, ended: exit, terminate: () => {} };

  const sockets = new Set<Socket>();
  let listener: Listener;
  try {
    listener = await listen(
      settings.port,
      settings.bind,
      (socket) => {
        sockets.add(socket);
        socket.on("close", () => sockets.delete(socket));
        welcome(socket, path, settings);
      },
      { allowHalfOpen: true },
    );
  } catch (error) {
    guarded.signal("KILL");
    await exit;
    throw error;
  }
  const ended = exit.then(async (code) => {
    const freed = listener.close();
    for (const socket of sockets) socket.destroy();
    await freed;
    return code;
  });
  return { port: listener.port, ended, terminate: () => guarded.signal("TERM") };
}

/**
 * One file with everything that was asked for, and what must hold here after it. A file, since
 * passwords don't belong into the process list.
 */
function configuration(options: NativeOptions, directory: string, socketPath: string): string {
  const { directives, dataDirectory, readText } = options;
  const here = (name: string, ...values: string[]): Directive => ({ name, values, source: "" });
  const ours = [
    here("port", "0"),
    here("unixsocket", socketPath),
    here("unixsocketperm", "700"),
    here("protected-mode", "no"),
    here("daemonize", "no"),
    here("supervised", "no"),
    here("logfile", ""),
    here("pidfile", join(directory, "pid")),
    here("dir", dataDirectory ?? directory),
  ];
  // Files of the container may be there for us only, not for a native program.
  const acl = lastValues(directives, "aclfile")?.[0];
  if (acl) {
    const copy = join(directory, "users.acl");
    writeFileSync(copy, readText(acl), { mode: 0o600, encoding: "latin1" });
    ours.push(here("aclfile", copy));
  }
  const overridden = new Set(["bind", ...ours.map(({ name }) => name)]);
  return formatDirectives([...directives.filter(({ name }) => !overridden.has(name)), ...ours]);
}

/** Leads a client to the server, or turns it away. */
function welcome(
  client: Socket,
  path: string,
  settings: Pick<Settings, "protectedMode" | "password">,
): void {
  const refused = refusal(client.remoteAddress ?? "", settings);
  if (refused === undefined) {
    relay(client, path);
    return;
  }
  client.on("error", () => {});
  client.end(refused, () => client.destroy());
}
