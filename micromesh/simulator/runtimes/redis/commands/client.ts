/** CLIENT and its subcommands. */
import { parse64 } from "../numbers.ts";
import { OK, RedisError, type Reply, SILENCE, Verbatim } from "../resp/replies.ts";
import type { Client, ServerState } from "../state.ts";
import type { Command, Flag } from "./command.ts";

const flags: readonly Flag[] = ["noscript", "loading", "stale"];

const SUBCOMMANDS: readonly Command[] = [
  { name: "client|id", arity: 2, flags, run: ({ client }) => client.id },
  { name: "client|getname", arity: 2, flags, run: ({ client }) => client.name || null },
  {
    name: "client|setname",
    arity: 3,
    flags,
    run: ({ client }, name) => {
      client.name = checkedName(name, "Client names");
      return OK;
    },
  },
  {
    name: "client|info",
    arity: 2,
    flags,
    run: ({ client, server }) => new Verbatim(`${describe(client, server)}\n`),
  },
  {
    name: "client|list",
    arity: -2,
    flags,
    run: ({ server }, ...words) => new Verbatim(list(server, words)),
  },
  {
    name: "client|kill",
    arity: -3,
    flags: ["admin", ...flags],
    run: ({ client, server }, ...words) => kill(client, server, words),
  },
  {
    name: "client|reply",
    arity: 3,
    flags,
    run: ({ client }, mode) => {
      const how = mode.toLowerCase();
      if (how !== "on" && how !== "off" && how !== "skip") {
        throw new RedisError("ERR syntax error");
      }
      if (how === "skip" && client.replies === "off") return SILENCE;
      client.replies = how === "skip" ? "skip-next" : how;
      return how === "on" ? OK : SILENCE;
    },
  },
  {
    name: "client|no-evict",
    arity: 3,
    flags: ["admin", ...flags],
    run: (_, mode) => onOrOff(mode),
  },
  { name: "client|no-touch", arity: 3, flags, run: (_, mode) => onOrOff(mode) },
];

export const clientCommands: readonly Command[] = [
  {
    name: "client",
    arity: -2,
    flags,
    subcommands: new Map(SUBCOMMANDS.map((one) => [one.name.slice("client|".length), one])),
    run: () => null,
  },
];

/**
 * A name that CLIENT LIST can show.
 * @throws RedisError where it holds spaces, line ends or special characters
 */
export function checkedName(name: string, what: string): string {
  if (/^[!-~]*$/.test(name)) return name;
  throw new RedisError(`ERR ${what} cannot contain spaces, newlines or special characters.`);
}

/** Clients are never evicted and keys' ages only steer eviction, so there's nothing to do. */
function onOrOff(mode: string): Reply {
  if (/^(on|off)$/i.test(mode)) return OK;
  throw new RedisError("ERR syntax error");
}

function list(server: ServerState, words: readonly string[]): string {
  let wanted = [...server.clients.values()];
  const [option, ...values] = words.map((word) => word.toLowerCase());
  if (option === "type" && values.length === 1) {
    const [type] = values;
    if (!["normal", "master", "replica", "slave", "pubsub"].includes(type as string)) {
      throw new RedisError(`ERR Unknown client type '${words[1]}'`);
    }
    wanted = wanted.filter((client) => typeOf(client) === type);
  } else if (option === "id" && values.length > 0) {
    const ids = values.map((value) => {
      const id = parse64(value);
      if (id === undefined) throw new RedisError("ERR Invalid client ID");
      return Number(id);
    });
    wanted = wanted.filter(({ id }) => ids.includes(id));
  } else if (option !== undefined) {
    throw new RedisError("ERR syntax error");
  }
  return wanted.map((client) => `${describe(client, server)}\n`).join("");
}

function typeOf(client: Client): "normal" | "pubsub" {
  return client.channels.size + client.patterns.size > 0 ? "pubsub" : "normal";
}

function describe(client: Client, { now }: ServerState): string {
  const seconds = (since: number) => Math.floor((now() - since) / 1000);
  const fields = {
    id: client.id,
    addr: client.address,
    laddr: client.localAddress,
    name: client.name,
    age: seconds(client.connectedAt),
    idle: seconds(client.lastCommandAt),
    flags: typeOf(client) === "pubsub" ? "P" : client.transaction ? "x" : "N",
    db: client.database,
    sub: client.channels.size,
    psub: client.patterns.size,
    multi: client.transaction?.queue.length ?? -1,
    cmd: client.lastCommand,
    user: client.authenticated ? "default" : "(superuser)",
    resp: client.protocol,
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}

function kill(self: Client, server: ServerState, words: readonly string[]): Reply {
  const all = [...server.clients.values()];
  const [first = ""] = words;
  if (words.length === 1) {
    const victim = all.find(({ address }) => address === first);
    if (!victim) throw new RedisError("ERR No such client");
    end(victim, self);
    return OK;
  }
  if (words.length % 2) throw new RedisError("ERR syntax error");
  let victims = all;
  let skipSelf = true;
  for (let i = 0; i < words.length; i += 2) {
    const [filter, value] = [(words[i] as string).toLowerCase(), words[i + 1] as string];
    if (filter === "id") victims = victims.filter(({ id }) => String(id) === value);
    else if (filter === "addr") victims = victims.filter(({ address }) => address === value);
    else if (filter === "laddr") victims = victims.filter((one) => one.localAddress === value);
    else if (filter === "type") victims = victims.filter((one) => typeOf(one) === value);
    else if (filter === "skipme" && /^(yes|no)$/i.test(value)) skipSelf = /^yes$/i.test(value);
    else throw new RedisError("ERR syntax error");
  }
  if (skipSelf) victims = victims.filter((victim) => victim !== self);
  for (const victim of victims) end(victim, self);
  return victims.length;
}

function end(victim: Client, self: Client): void {
  victim.close(victim === self ? "after replies" : "now");
}
