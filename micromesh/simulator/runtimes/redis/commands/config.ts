/** CONFIG: what it shows is what the server was started with; a few settings can be changed. */
import { matchesGlob } from "../glob.ts";
import { log } from "../log.ts";
import { PersistenceError } from "../persistence/directory.ts";
import { OK, Pairs, RedisError, type Reply } from "../resp/replies.ts";
import { changeSetting, describeSettings } from "../settings/settings.ts";
import type { ServerState } from "../state.ts";
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
      const { appendOnly } = server.settings;
      Object.assign(server.settings, copy);
      if (copy.appendOnly !== appendOnly) switchAppendOnly(server, copy.appendOnly);
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

function switchAppendOnly({ settings, persistence, loading }: ServerState, on: boolean): void {
  if (loading) {
    settings.appendOnly = !on;
    throw new RedisError(
      "ERR CONFIG SET failed (possibly related to argument 'appendonly') - the append only file is being loaded",
    );
  }
  try {
    if (on) persistence?.turnOn();
    else persistence?.turnOff();
  } catch (error) {
    if (!(error instanceof PersistenceError)) throw error;
    settings.appendOnly = false;
    log("#", error.message);
    throw new RedisError(
      "ERR CONFIG SET failed (possibly related to argument 'appendonly') - Unable to turn on AOF. Check server logs.",
    );
  }
}

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
