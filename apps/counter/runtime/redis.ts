import { createClient, ErrorReply, RESP_TYPES } from "@redis/client";
import { portFrom } from "./serve.ts";

/** Milliseconds to wait for a connection, and for the answer to a command. */
const CONNECT_TIMEOUT_MS = 1000;
const COMMAND_TIMEOUT_MS = 1500;
/** A connection on which nothing moves for this long is given up; pings keep a healthy one moving. */
const IDLE_TIMEOUT_MS = 6000;
const PING_INTERVAL_MS = 2000;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 1000;
const NO_ANSWER = `no answer within ${COMMAND_TIMEOUT_MS} ms`;

/** A reply: a status such as `OK` is an object of its own, so that it differs from a value `"OK"`. */
export type Reply = { status: string } | string | number | null | Reply[];

/** Redis can't be reached, or doesn't answer in time. */
export class RedisUnavailable extends Error {
  override name = "RedisUnavailable";
}

/** Redis answered, with an error such as `WRONGTYPE ...`. */
export class RedisRefused extends Error {
  override name = "RedisRefused";
}

/** One connection to Redis that repairs itself. */
export interface Redis {
  /**
   * Runs one command. Nothing is queued while there's no connection: the caller hears at once that
   * Redis is away, and decides.
   *
   * @throws RedisUnavailable without a connection, or after 1.5 s without an answer
   * @throws RedisRefused with Redis' own words
   */
  run(...command: string[]): Promise<Reply>;
  close(): void;
}

export interface RedisAddress {
  host: string;
  port: number;
}

/** The address in `REDIS_ENDPOINT` and `REDIS_PORT`; by default the Service of this lab. */
export function redisAddress(env: NodeJS.ProcessEnv): RedisAddress {
  return {
    host: env.REDIS_ENDPOINT || "redis-svc.d-redis.svc.cluster.local",
    port: portFrom(env, "REDIS_PORT", 6379),
  };
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
export function connectRedis(address: RedisAddress, log = console.log): Redis {
  const where = `redis at ${address.host}:${address.port}`;
  let lastError = "still connecting";
  let reported: "unknown" | "connected" | "away" = "unknown";
  let client = open();

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

  return {
    async run(...command) {
      const used = client;
      if (!used.isReady) throw new RedisUnavailable(`${where}: ${lastError}`);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          // First, since replacing the connection rejects all that was sent on it.
          reject(new RedisUnavailable(`${where}: ${NO_ANSWER}`));
          if (client === used) replace();
        }, COMMAND_TIMEOUT_MS);
      });
      try {
        const sent = used.sendCommand(command, {
          // The client gives a status and a string alike as text; as a Buffer the status shows.
          typeMapping: { [RESP_TYPES.SIMPLE_STRING]: Buffer },
        });
        return toReply(await Promise.race([sent, late]));
      } catch (error) {
        if (error instanceof RedisUnavailable) throw error;
        const { message } = error as Error;
        if (error instanceof ErrorReply) throw new RedisRefused(message);
        throw new RedisUnavailable(`${where}: ${message}`);
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => client.destroy(),
  };
}

function toReply(raw: unknown): Reply {
  if (Buffer.isBuffer(raw)) return { status: raw.toString() };
  if (Array.isArray(raw)) return raw.map(toReply);
  return raw as string | number | null;
}
