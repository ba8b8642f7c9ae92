/**
 * `pg_isready` as a probe's command (https://www.postgresql.org/docs/17/app-pg-isready.html): ready
 * is a server that answers a connection's first message with anything but "cannot connect now".
 */
import type { Socket } from "node:net";
import { parseArgs } from "node:util";

/** What a probe asks for. */
export interface ReadyQuestion {
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** Milliseconds that the command itself waits; undefined for as long as it takes. */
  readonly timeoutMs: number | undefined;
}

/** The protocol's version 3.0, and the state of a server that is starting up or shutting down. */
const PROTOCOL = 3 << 16;
const CANNOT_CONNECT_NOW = "57P03";
const DEFAULT_PORT = 5432;
const DEFAULT_TIMEOUT_SECONDS = 3;
/** Who a probe's command runs as in the image. */
const DEFAULT_USER = "root";

/**
 * What a command asks for.
 * @returns undefined for another command, for a host that isn't the pod itself, for a connection
 *   string, and for what pg_isready doesn't take
 */
export function readReadyQuestion(command: readonly string[]): ReadyQuestion | undefined {
  const [program = "", ...args] = command;
  if (!/^(.*\/)?pg_isready$/.test(program)) return undefined;
  try {
    const { values } = parseArgs({
      args,
      options: {
        dbname: { type: "string", short: "d" },
        host: { type: "string", short: "h" },
        port: { type: "string", short: "p" },
        quiet: { type: "boolean", short: "q" },
        timeout: { type: "string", short: "t" },
        username: { type: "string", short: "U" },
      },
    });
    const { host = "localhost", dbname, username: user = DEFAULT_USER } = values;
    const port = Number(values.port ?? DEFAULT_PORT);
    const seconds = Number(values.timeout ?? DEFAULT_TIMEOUT_SECONDS);
    const itself = ["localhost", "127.0.0.1", "::1"].includes(host) || host.startsWith("/");
    const valid = Number.isInteger(port) && port > 0 && port < 65536 && seconds >= 0;
    if (!itself || !valid || dbname?.includes("=") || dbname?.includes("://")) return undefined;
    const timeoutMs = seconds === 0 ? undefined : seconds * 1000;
    return { port, user, database: dbname ?? user, timeoutMs };
  } catch {
    return undefined;
  }
}

/**
 * Asks a server. Never rejects.
 * @param socket a new connection to it, which is closed at the end
 * @param timeoutMs the probe's own
 */
export function answersReady(
  socket: Socket,
  { user, database, timeoutMs = Number.POSITIVE_INFINITY }: ReadyQuestion,
  probeTimeoutMs: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const end = (ready: boolean) => {
      clearTimeout(timer);
      resolve(ready);
      socket.destroy();
    };
    const timer = setTimeout(() => end(false), Math.min(timeoutMs, probeTimeoutMs));
    socket.on("error", () => end(false));
    socket.on("close", () => end(false));
    socket.on("data", (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      const ready = judge(received);
      if (ready !== undefined) end(ready);
    });
    socket.write(startupMessage(user, database));
  });
}

/** https://www.postgresql.org/docs/17/protocol-message-formats.html, StartupMessage */
function startupMessage(user: string, database: string): Buffer {
  const text = ["user", user, "database", database, ""].map((part) => `${part}\0`).join("");
  const body = Buffer.from(text);
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + body.length, 0);
  head.writeInt32BE(PROTOCOL, 4);
  return Buffer.concat([head, body]);
}

/** Whether the first message says ready; undefined as long as more of it is needed. */
function judge(received: Buffer): boolean | undefined {
  const type = received.toString("latin1", 0, 1);
  if (type === "") return undefined;
  if (type === "R") return true;
  if (type !== "E") return false;
  if (received.length < 5 || received.length < 1 + received.readInt32BE(1)) return undefined;
  const fields = received.toString("latin1", 5).split("\0");
  return !fields.includes(`C${CANNOT_CONNECT_NOW}`);
}
