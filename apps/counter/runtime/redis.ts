import { ErrorReply, RESP_TYPES } from "@redis/client";
import { linkRedis, type RedisAddress } from "../../runtime/redis-link.ts";
import { portFrom } from "./serve.ts";

/** A reply: a status such as `OK` is an object of its own, so that it differs from a value `"OK"`. */
export type Reply = { status: string } | string | number | null | Reply[];

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

/** The address in `REDIS_ENDPOINT` and `REDIS_PORT`; by default the Service of this lab. */
export function redisAddress(env: NodeJS.ProcessEnv): RedisAddress {
  return {
    host: env.REDIS_ENDPOINT || "redis-svc.d-redis.svc.cluster.local",
    port: portFrom(env, "REDIS_PORT", 6379),
  };
}

/** Starts connecting, and keeps at it until closed; `log` hears of each change, not of each try. */
export function connectRedis(address: RedisAddress, log = console.log): Redis {
  const link = linkRedis(address, "redis", log);
  return {
    async run(...command) {
      try {
        const reply = await link.ask((client) =>
          client.sendCommand(command, {
            // The client gives a status and a string alike as text; as a Buffer the status shows.
            typeMapping: { [RESP_TYPES.SIMPLE_STRING]: Buffer },
          }),
        );
        return toReply(reply);
      } catch (error) {
        throw error instanceof ErrorReply ? new RedisRefused(error.message) : error;
      }
    },
    close: () => link.close(),
  };
}

function toReply(raw: unknown): Reply {
  if (Buffer.isBuffer(raw)) return { status: raw.toString() };
  if (Array.isArray(raw)) return raw.map(toReply);
  return raw as string | number | null;
}
