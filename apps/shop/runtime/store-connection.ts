/** One connection to Redis that repairs itself. */
import { createClient, ErrorReply, WatchError } from "@redis/client";
import { Problem } from "./problem.ts";

/** Milliseconds to wait for a connection, and for the answer to what was sent. */
const CONNECT_TIMEOUT_MS = 1000;
const ANSWER_TIMEOUT_MS = 1500;
/** A connection on which nothing moves for this long is given up; pings keep a healthy one moving. */
const IDLE_TIMEOUT_MS = 6000;
const PING_INTERVAL_MS = 2000;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 1000;
const NO_ANSWER = `no answer within ${ANSWER_TIMEOUT_MS} ms`;

/** A command with its arguments: `["GET", "key"]`. */
export type Command = readonly [string, ...string[]];
export type Reply = string | number | null | Reply[];

export interface StoreAddress {
  host: string;
  port: number;
}

/** The store can't be reached, doesn't answer in time, or refuses (it is loading, its disk is full). */
export class StoreUnavailable extends Problem {
  override name = "StoreUnavailable";

  constructor(reason: string) {
    super(503, `${reason}; try again later`);
  }
}

/**
 * Nothing is queued while there's no connection: the caller hears at once that the store is away, and
 * decides. Each method throws {@link StoreUnavailable}; what was sent may then have been done, or not.
 */
export interface Connection {
  run(command: Command): Promise<Reply>;
  /** Watches keys, and reads them. Whoever shares the connection shares the watch: use it alone. */
  watch(keys: readonly string[]): Promise<(string | null)[]>;
  unwatch(): Promise<void>;
  /** @returns false if a watched key has changed, or the connection is a new one: nothing was done */
  commit(commands: readonly Command[]): Promise<boolean>;
  close(): void;
}

/**
 * Milliseconds to wait before connecting again: doubling from 50 ms to 1 s, of which up to half is
 * random, so that clients cut off together don't come back together.
 */
export function retryDelay(retries: number, random: () => number = Math.random): number {
  const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** retries);
  return longest * (0.5 + random() / 2);
}

/** Starts connecting, and keeps at it until closed; `log` hears of each change, not of each try. */
export function connect(address: StoreAddress, log: (line: string) => void): Connection {
  const where = `store at ${address.host}:${address.port}`;
  let lastError = "still connecting";
  let reported: "unknown" | "connected" | "away" = "unknown";
  let client = open();
  let watching: typeof client | undefined;

  function open() {
    const opened = createClient({
      // RESP 2 needs no handshake, so any server of any age will do.
      RESP: 2,
      maintNotifications: "disabled",
      disableClientInfo: true,
      disableOfflineQueue: true,
      pingInterval: PING_INTERVAL_MS,
      socket: {
        ...address,
        connectTimeout: CONNECT_TIMEOUT_MS,
        socketTimeout: IDLE_TIMEOUT_MS,
        reconnectStrategy: (retries) => retryDelay(retries),
      },
    });
    opened.on("ready", () => {
      if (reported !== "connected") log(`${where}: connected`);
      reported = "connected";
    });
    opened.on("error", (error: Error) => away(error.message || error.name));
    // A failed start is reported by "error" and tried again by the strategy above.
    opened.connect().catch(() => {});
    return opened;
  }

  function away(reason: string) {
    lastError = reason;
    if (reported !== "away") log(`${where}: away: ${reason}`);
    reported = "away";
  }

  /** A connection that swallowed a command would swallow the next one too: start afresh. */
  function replace() {
    away(NO_ANSWER);
    client.destroy();
    client = open();
  }

  async function ask<T>(send: (client: ReturnType<typeof open>) => Promise<T>): Promise<T> {
    const used = client;
    if (!used.isReady) throw new StoreUnavailable(`${where}: ${lastError}`);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        // First, since replacing the connection rejects all that was sent on it.
        reject(new StoreUnavailable(`${where}: ${NO_ANSWER}`));
        if (client === used) replace();
      }, ANSWER_TIMEOUT_MS);
    });
    try {
      return await Promise.race([send(used), late]);
    } catch (error) {
      if (error instanceof StoreUnavailable || error instanceof WatchError) throw error;
      const { message } = error as Error;
      const said = error instanceof ErrorReply ? `it refused: ${message}` : message;
      throw new StoreUnavailable(`${where}: ${said}`);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    run: (command) => ask((used) => used.sendCommand<Reply>([...command])),
    async watch(keys) {
      watching = client;
      const both = ask((used) =>
        // Written together: one trip to the store and back.
        Promise.all([used.watch([...keys]), used.sendCommand(["MGET", ...keys])]),
      );
      return (await both)[1] as unknown as (string | null)[];
    },
    async unwatch() {
      await ask((used) => used.unwatch());
    },
    async commit(commands) {
      // The client itself sees that it has reconnected; that it was replaced it can't see.
      if (client !== watching) return false;
      try {
        await ask((used) =>
          commands.reduce((multi, command) => multi.addCommand([...command]), used.multi()).exec(),
        );
        return true;
      } catch (error) {
        if (error instanceof WatchError) return false;
        throw error;
      }
    },
    close: () => client.destroy(),
  };
}
