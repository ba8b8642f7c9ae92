/** Publish and subscribe. Sharded channels (SSUBSCRIBE) aren't implemented. */
import { matchesGlob } from "../glob.ts";
import { Push, type Reply, Several } from "../resp/replies.ts";
import type { Client, ServerState } from "../state.ts";
import type { Command, Flag } from "./command.ts";

const flags: readonly Flag[] = ["pubsub", "noscript", "loading", "stale"];

export const pubsub: readonly Command[] = [
  {
    name: "subscribe",
    arity: -2,
    flags,
    run: ({ client, server }, ...names) => subscribe(client, CHANNELS, server, names),
  },
  {
    name: "psubscribe",
    arity: -2,
    flags,
    run: ({ client, server }, ...names) => subscribe(client, PATTERNS, server, names),
  },
  {
    name: "unsubscribe",
    arity: -1,
    flags,
    run: ({ client, server }, ...names) => unsubscribe(client, CHANNELS, server, names),
  },
  {
    name: "punsubscribe",
    arity: -1,
    flags,
    run: ({ client, server }, ...names) => unsubscribe(client, PATTERNS, server, names),
  },
  {
    name: "publish",
    arity: 3,
    flags: ["pubsub", "loading", "stale", "fast"],
    run: ({ server }, channel, message) => publish(server, channel, message),
  },
  {
    name: "pubsub",
    arity: -2,
    flags: [],
    subcommands: new Map(
      [
        {
          name: "pubsub|channels",
          arity: -2,
          flags,
          run: ({ server }, pattern?: string): Reply =>
            [...server.channels.keys()].filter(
              (channel) => pattern === undefined || matchesGlob(pattern, channel),
            ),
        } satisfies Command,
        {
          name: "pubsub|numsub",
          arity: -2,
          flags,
          run: ({ server }, ...channels): Reply =>
            channels.flatMap((channel) => [channel, server.channels.get(channel)?.size ?? 0]),
        } satisfies Command,
        {
          name: "pubsub|numpat",
          arity: 2,
          flags,
          run: ({ server }): Reply => server.patterns.size,
        } satisfies Command,
      ].map((command): [string, Command] => [command.name.slice("pubsub|".length), command]),
    ),
    run: () => null,
  },
];

interface Kind {
  readonly prefix: "" | "p";
  readonly of: (holder: Client) => Set<string>;
  readonly in: (server: ServerState) => Map<string, Set<Client>>;
}

const CHANNELS: Kind = { prefix: "", of: (c) => c.channels, in: (s) => s.channels };
const PATTERNS: Kind = { prefix: "p", of: (c) => c.patterns, in: (s) => s.patterns };

/** Ends all subscriptions of a client that goes, without telling it. */
export function leaveAll(client: Client, server: ServerState): void {
  for (const kind of [CHANNELS, PATTERNS]) {
    for (const name of kind.of(client)) leave(client, kind, server, name);
  }
}

/** How many channels and patterns a client is subscribed to. */
export function subscriptions(client: Client): number {
  return client.channels.size + client.patterns.size;
}

function subscribe(
  client: Client,
  kind: Kind,
  server: ServerState,
  names: readonly string[],
): Reply {
  return new Several(
    names.map((name) => {
      kind.of(client).add(name);
      const all = kind.in(server);
      all.set(name, (all.get(name) ?? new Set()).add(client));
      return new Push([`${kind.prefix}subscribe`, name, subscriptions(client)]);
    }),
  );
}

function unsubscribe(
  client: Client,
  kind: Kind,
  server: ServerState,
  names: readonly string[],
): Reply {
  const from = names.length > 0 ? names : [...kind.of(client)];
  const word = `${kind.prefix}unsubscribe`;
  if (from.length === 0) return new Push([word, null, subscriptions(client)]);
  return new Several(
    from.map((name) => {
      leave(client, kind, server, name);
      return new Push([word, name, subscriptions(client)]);
    }),
  );
}

function leave(client: Client, kind: Kind, server: ServerState, name: string): void {
  kind.of(client).delete(name);
  const all = kind.in(server);
  const clients = all.get(name);
  clients?.delete(client);
  if (clients?.size === 0) all.delete(name);
}

/** @returns how many clients have got the message */
function publish(server: ServerState, channel: string, message: string): number {
  let receivers = 0;
  for (const client of server.channels.get(channel) ?? []) {
    client.send(new Push(["message", channel, message]));
    receivers++;
  }
  for (const [pattern, clients] of server.patterns) {
    if (!matchesGlob(pattern, channel)) continue;
    for (const client of clients) {
      client.send(new Push(["pmessage", pattern, channel, message]));
      receivers++;
    }
  }
  return receivers;
}
