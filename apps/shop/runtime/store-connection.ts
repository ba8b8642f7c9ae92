/** The connection to the store, which is Redis. */
import { ErrorReply, WatchError } from "@redis/client";
import { Problem } from "../../runtime/http/problem.ts";
import {
  linkRedis,
  type RedisAddress,
  type RedisClient,
  RedisUnavailable,
} from "../../runtime/redis-link.ts";

/** A command with its arguments: `["GET", "key"]`. */
export type Command = readonly [string, ...string[]];
export type Reply = string | number | null | Reply[];

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

/** Starts connecting, and keeps at it until closed; `log` hears of each change, not of each try. */
export function connect(address: RedisAddress, log: (line: string) => void): Connection {
  const link = linkRedis(address, "store", log);
  let watching: RedisClient | undefined;

  async function ask<T>(send: (client: RedisClient) => Promise<T>): Promise<T> {
    try {
      return await link.ask(send);
    } catch (error) {
      if (error instanceof ErrorReply)
        throw new StoreUnavailable(`${link.where}: it refused: ${error.message}`);
      throw error instanceof RedisUnavailable ? new StoreUnavailable(error.message) : error;
    }
  }

  return {
    run: (command) => ask((used) => used.sendCommand<Reply>([...command])),
    async watch(keys) {
      watching = link.client;
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
      if (link.client !== watching) return false;
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
    close: () => link.close(),
  };
}
