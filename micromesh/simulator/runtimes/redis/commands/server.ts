/** Commands on the server as a whole. */
import { integer64 } from "../numbers.ts";
import { OK, RedisError, type Reply, SILENCE, Status, Verbatim } from "../resp/replies.ts";
import { type Command, WRITE } from "./command.ts";
import { information } from "./information.ts";

/** There are no RDB files, and a SAVE that says OK would be a lie. */
const NO_RDB =
  "ERR this embedded Redis saves no RDB files; it keeps its data by 'appendonly yes', and with redis-server on PATH the real one is run";

export const serverCommands: readonly Command[] = [
  { name: "dbsize", arity: 1, flags: ["readonly", "fast"], run: ({ db }) => db.size },
  {
    name: "flushdb",
    arity: -1,
    flags: WRITE,
    run: ({ db }, ...words) => {
      checkFlushOption(words);
      db.clear();
      return OK;
    },
  },
  {
    name: "flushall",
    arity: -1,
    flags: WRITE,
    run: ({ server }, ...words) => {
      checkFlushOption(words);
      for (const database of server.databases) database.clear();
      return OK;
    },
  },
  {
    name: "info",
    arity: -1,
    flags: ["loading", "stale"],
    run: ({ server }, ...sections) => new Verbatim(information(server, sections)),
  },
  {
    name: "time",
    arity: 1,
    flags: ["loading", "stale", "fast"],
    run: ({ server }) => {
      const now = server.now();
      return [String(Math.floor(now / 1000)), String(Math.floor((now % 1000) * 1000))];
    },
  },
  {
    name: "wait",
    arity: 3,
    flags: ["noscript"],
    run: (_, replicas, timeout) => {
      integer64(replicas);
      if (integer64(timeout, "ERR timeout is not an integer or out of range") < 0n) {
        throw new RedisError("ERR timeout is negative");
      }
      // There are no replicas, so none has acknowledged anything, now or later.
      return 0;
    },
  },
  {
    name: "lastsave",
    arity: 1,
    flags: ["loading", "stale", "fast"],
    run: ({ server }) => Math.floor(server.startedAt / 1000),
  },
  { name: "save", arity: 1, flags: ["admin"], run: refuse },
  { name: "bgsave", arity: -1, flags: ["admin"], run: refuse },
  {
    name: "bgrewriteaof",
    arity: 1,
    flags: ["admin", "noscript"],
    run: ({ server: { persistence, settings } }) => {
      if (!persistence || !settings.appendOnly) {
        throw new RedisError("ERR the append only file is off; turn it on by 'appendonly yes'");
      }
      if (persistence.rewriteInProgress) {
        throw new RedisError("ERR Background append only file rewriting already in progress");
      }
      persistence.rewrite();
      return new Status("Background append only file rewriting started");
    },
  },
  {
    name: "role",
    arity: 1,
    flags: ["noscript", "loading", "stale", "fast"],
    run: () => ["master", 0, []],
  },
  {
    name: "shutdown",
    arity: -1,
    flags: ["admin", "noscript", "loading", "stale", "no_multi"],
    run: ({ server }, ...words) => {
      const options = words.map((word) => word.toLowerCase());
      if (options.some((option) => !["nosave", "save", "now", "force", "abort"].includes(option))) {
        throw new RedisError("ERR syntax error");
      }
      if (options.includes("abort")) throw new RedisError("ERR No shutdown in progress.");
      if (options.includes("save")) refuse();
      server.shutdown();
      return SILENCE;
    },
  },
];

function refuse(): Reply {
  throw new RedisError(NO_RDB);
}

function checkFlushOption(words: readonly string[]): void {
  const [option] = words;
  if (words.length > 1 || (option !== undefined && !/^(a?sync)$/i.test(option))) {
    throw new RedisError("ERR syntax error");
  }
}
