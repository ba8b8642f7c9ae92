/** One connection to Redis that repairs itself, for programs that run in pods. */
import { createClient, ErrorReply, WatchError } from "@redis/client";

/** Milliseconds to wait for a connection, and for the answer to what was sent. */
const CONNECT_TIMEOUT_MS = 1000;
const ANSWER_TIMEOUT_MS = 1500;
/** A connection on which nothing moves for this long is given up; pings keep a healthy one moving. */
const IDLE_TIMEOUT_MS = 6000;
const PING_INTERVAL_MS = 2000;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 1000;
const NO_ANSWER = `no answer within ${ANSWER_TIMEOUT_MS} ms`;

export interface RedisAddress {
  host: string;
  port: number;
}

/** Redis can't be reached, or doesn't answer in time. */
export class RedisUnavailable extends Error {
  override name = "RedisUnavailable";
}

export type RedisClient = ReturnType<typeof newClient>;

export interface RedisLink {
  /** `redis at 10.96.0.7:6379` */
  readonly where: string;
  /** The one that is used now; another one after it has been replaced. */
  readonly client: RedisClient;
  /**
   * Sends something, and waits for its answer. Nothing is queued while there's no connection: the caller
   * hears at once that Redis is away, and decides.
   *
   * @throws RedisUnavailable without a connection, after 1.5 s without an answer, or if it breaks: what was
   *   sent may then have been done, or not
   * @throws ErrorReply with Redis' own words, WatchError
   */
  ask<T>(send: (client: RedisClient) => Promise<T>): Promise<T>;
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

/**
 * Starts connecting, and keeps at it until closed.
 * @param what it is called in messages
 * @param log hears of each change, not of each try
 */
export function linkRedis(
  address: RedisAddress,
  what: string,
  log: (line: string) => void,
): RedisLink {
  const where = `${what} at ${address.host}:${address.port}`;
  let lastError = "still connecting";
  let reported: "unknown" | "connected" | "away" = "unknown";
  let client = open();

  function open(): RedisClient {
    const opened = newClient(address);
    opened.on("ready", () => {
      if (reported !== "connected") log(`${where}: connected`);
      reported = "connected";
    });
    opened.on("error", (error: Error) => away(error.message || error.name));
    // A failed start is reported by "error" and tried again by the client.
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

  return {
    where,
    get client() {
      return client;
    },
    async ask(send) {
      const used = client;
      if (!used.isReady) throw new RedisUnavailable(`${where}: ${lastError}`);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          // First, since replacing the connection rejects all that was sent on it.
          reject(new RedisUnavailable(`${where}: ${NO_ANSWER}`));
          if (client === used) replace();
        }, ANSWER_TIMEOUT_MS);
      });
      try {
        return await Promise.race([send(used), late]);
      } catch (error) {
        const isAnswer = error instanceof ErrorReply || error instanceof WatchError;
        if (isAnswer || error instanceof RedisUnavailable) throw error;
        throw new RedisUnavailable(`${where}: ${(error as Error).message}`);
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => client.destroy(),
  };
}

function newClient(address: RedisAddress) {
  return createClient({
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
}
