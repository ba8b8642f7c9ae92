/** CONFIG: what it shows is what the server was started with; a few settings can be changed. */
import { matchesGlob } from "../glob.ts";
import { OK, Pairs, RedisError, type Reply } from "../resp/replies.ts";
import { changeSetting, describeSettings } from "../settings/settings.ts";
import type { Command, Flag } from "./command.ts";
import { inPairs, wrongArity } from "./strings.ts";

const flags: readonly Flag[] = ["admin", "noscript", "loading", "stale"];

const SUBCOMMANDS: readonly Command[] = [
  {
    name: "config|get",
    arity: -3,
    flags,
    run: ({ server }, ...patterns): Reply =>
      new Pairs(
        describeSettings(server.settings).filter(([name]) =>
          patterns.some((pattern) => matchesGlob(pattern, name, true)),
        ),
      ),
  },
  {
    name: "config|set",
    arity: -4,
    flags,
    run: ({ server }, ...words): Reply => {
      if (words.length % 2) throw wrongArity("config|set");
      const changes = inPairs(words);
      // All or none: tried on a copy first.
      const copy = { ...server.settings };
      for (const [name, value] of changes) change(copy, name, value);
      Object.assign(server.settings, copy);
      return OK;
    },
  },
  {
    name: "config|resetstat",
    arity: 2,
    flags,
    run: ({ server }): Reply => {
      server.commandsProcessed = 0;
      server.connectionsReceived = 0;
      server.keysEvicted = 0;
      return OK;
    },
  },
  {
    name: "config|rewrite",
    arity: 2,
    flags,
    run: (): Reply => {
      throw new RedisError("ERR The server is running without a config file");
    },
  },
];

export const configCommands: readonly Command[] = [
  {
    name: "config",
    arity: -2,
    flags: [],
    subcommands: new Map(SUBCOMMANDS.map((one) => [one.name.slice("config|".length), one])),
    run: () => null,
  },
];

function change(...[settings, name, value]: Parameters<typeof changeSetting>): void {
  const problem = changeSetting(settings, name, value);
  if (problem === "unknown") {
    throw new RedisError(`ERR Unknown option or number of arguments for CONFIG SET - '${name}'`);
  }
  if (problem !== undefined) {
    throw new RedisError(
      `ERR CONFIG SET failed (possibly related to argument '${name}') - ${problem}`,
    );
  }
}
