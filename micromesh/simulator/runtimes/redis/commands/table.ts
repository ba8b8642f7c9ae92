/** The one table of commands, and COMMAND, which shows it. */
import { Members, NULL_ARRAY, Pairs, RedisError, type Reply, Status } from "../resp/replies.ts";
import type { Client } from "../state.ts";
import { clientCommands } from "./client.ts";
import type { Command, Flag } from "./command.ts";
import { configCommands } from "./config.ts";
import { connection } from "./connection.ts";
import { counters } from "./counters.ts";
import { expiry } from "./expiry.ts";
import { hashes } from "./hashes.ts";
import { keyCommands } from "./keys.ts";
import { lists } from "./lists.ts";
import { pubsub } from "./pubsub.ts";
import { serverCommands } from "./server.ts";
import { sets } from "./sets.ts";
import { sortedSets } from "./sorted-sets.ts";
import { strings } from "./strings.ts";
import { transactions } from "./transactions.ts";

/** All commands by name in lower case. @param call how EXEC calls a queued command */
export function commandTable(
  call: (client: Client, command: Command, words: readonly string[]) => Reply,
): ReadonlyMap<string, Command> {
  const table = new Map<string, Command>();
  const rows = [
    ...connection,
    ...keyCommands,
    ...expiry,
    ...strings,
    ...counters,
    ...hashes,
    ...lists,
    ...sets,
    ...sortedSets,
    ...transactions(call),
    ...pubsub,
    ...clientCommands,
    ...configCommands,
    ...serverCommands,
    commandCommand(table),
  ];
  for (const row of rows) table.set(row.name, row);
  return table;
}

function commandCommand(table: ReadonlyMap<string, Command>): Command {
  const flags: readonly Flag[] = ["loading", "stale"];
  const find = (name: string) => table.get(name.toLowerCase());
  const subcommands: readonly Command[] = [
    { name: "command|count", arity: 2, flags, run: () => table.size },
    { name: "command|list", arity: -2, flags, run: () => [...table.keys()] },
    {
      name: "command|info",
      arity: -2,
      flags,
      run: (_, ...names) =>
        (names.length > 0 ? names : [...table.keys()]).map((name) => {
          const command = find(name);
          return command ? describe(command) : NULL_ARRAY;
        }),
    },
    {
      // Summaries for people aren't kept here: a known command has an empty document.
      name: "command|docs",
      arity: -2,
      flags,
      run: (_, ...names) =>
        new Pairs(names.filter(find).map((name) => [name.toLowerCase(), new Pairs([])] as const)),
    },
    {
      name: "command|getkeys",
      arity: -4,
      flags,
      run: (_, ...words) => keysOf(find(words[0] as string), words),
    },
  ];
  return {
    name: "command",
    arity: -1,
    flags,
    subcommands: new Map(subcommands.map((one) => [one.name.slice("command|".length), one])),
    run: () => [...table.values()].map(describe),
  };
}

function describe({ name, arity, flags, keys = [0, 0, 0], subcommands }: Command): Reply {
  return [
    name,
    arity,
    new Members(flags.map((flag) => new Status(flag))),
    ...keys,
    new Members([]),
    [],
    [],
    [...(subcommands?.values() ?? [])].map(describe),
  ];
}

function keysOf(command: Command | undefined, words: readonly string[]): Reply {
  if (!command) throw new RedisError("ERR Invalid command specified");
  const { arity, keys } = command;
  if (!keys) throw new RedisError("ERR The command has no key arguments");
  if (arity > 0 ? words.length !== arity : words.length < -arity) {
    throw new RedisError("ERR Invalid number of arguments specified for command");
  }
  const [first, last, step] = keys;
  const end = last < 0 ? words.length + last : last;
  return words.filter((_, i) => i >= first && i <= end && (i - first) % step === 0);
}
