/** Commands on the connection itself. */
import { timingSafeEqual } from "node:crypto";
import { parse64 } from "../numbers.ts";
import { OK, Pairs, RedisError, Status } from "../resp/replies.ts";
import { type Client, type ServerState, unwatchAll } from "../state.ts";
import { VERSION } from "../version.ts";
import { checkedName } from "./client.ts";
import type { Command, Flag } from "./command.ts";
import { leaveAll, subscriptions } from "./pubsub.ts";
import { wrongArity } from "./strings.ts";

const flags: readonly Flag[] = ["noscript", "loading", "stale", "fast", "no_auth"];

export const connection: readonly Command[] = [
  {
    name: "ping",
    arity: -1,
    flags: ["fast"],
    run: ({ client }, ...words) => {
      if (words.length > 1) throw wrongArity("ping");
      const [message] = words;
      // A RESP2 subscriber understands nothing but arrays.
      if (client.protocol === 2 && subscriptions(client) > 0) return ["pong", message ?? ""];
      return message ?? new Status("PONG");
    },
  },
  { name: "echo", arity: 2, flags: ["fast"], run: (_, message) => message },
  {
    name: "quit",
    arity: -1,
    flags,
    run: ({ client }) => {
      client.close("after replies");
      return OK;
    },
  },
  {
    name: "select",
    arity: 2,
    flags: ["loading", "stale", "fast"],
    run: ({ client, server }, index) => {
      const number = parse64(index);
      if (number === undefined) throw new RedisError("ERR value is not an integer or out of range");
      if (number < 0n || number >= BigInt(server.databases.length)) {
        throw new RedisError("ERR DB index is out of range");
      }
      client.database = Number(number);
      return OK;
    },
  },
  {
    name: "auth",
    arity: -2,
    flags,
    run: ({ client, server }, ...words) => {
      if (words.length > 2) throw new RedisError("ERR syntax error");
      const [password, user] = words.length === 2 ? [words[1], words[0]] : [words[0], undefined];
      if (user === undefined && server.settings.password === "") {
        throw new RedisError(
          "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?",
        );
      }
      authenticate(client, server, user ?? "default", password ?? "");
      return OK;
    },
  },
  {
    name: "hello",
    arity: -1,
    flags,
    run: ({ client, server }, ...words) => {
      hello(client, server, words);
      return new Pairs([
        ["server", "redis"],
        ["version", VERSION],
        ["proto", client.protocol],
        ["id", client.id],
        ["mode", "standalone"],
        ["role", "master"],
        ["modules", []],
      ]);
    },
  },
  {
    name: "reset",
    arity: 1,
    flags,
    run: ({ client, server }) => {
      client.transaction = undefined;
      unwatchAll(client);
      leaveAll(client, server);
      client.database = 0;
      client.protocol = 2;
      client.name = "";
      client.replies = "on";
      client.authenticated = server.settings.password === "";
      return new Status("RESET");
    },
  },
];

function hello(client: Client, server: ServerState, words: readonly string[]): void {
  const [version, ...options] = words;
  const number = version === undefined ? undefined : parse64(version);
  if (version !== undefined) {
    if (number === undefined) {
      throw new RedisError("ERR Protocol version is not an integer or out of range");
    }
    if (number !== 2n && number !== 3n) {
      throw new RedisError("NOPROTO unsupported protocol version");
    }
  }
  let name: string | undefined;
  let credentials: { user: string; password: string } | undefined;
  for (let i = 0; i < options.length; i++) {
    const word = (options[i] as string).toLowerCase();
    const left = options.length - i - 1;
    if (word === "auth" && left >= 2) {
      credentials = { user: options[++i] as string, password: options[++i] as string };
    } else if (word === "setname" && left >= 1) {
      name = checkedName(options[++i] as string, "Client names");
    } else {
      throw new RedisError(`ERR Syntax error in HELLO option '${options[i]}'`);
    }
  }
  if (credentials) authenticate(client, server, credentials.user, credentials.password);
  if (!client.authenticated) {
    throw new RedisError(
      "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
    );
  }
  if (name !== undefined) client.name = name;
  if (number !== undefined) client.protocol = number === 3n ? 3 : 2;
}

/** @throws RedisError (WRONGPASS) */
function authenticate(client: Client, server: ServerState, user: string, password: string): void {
  const expected = Buffer.from(server.settings.password, "latin1");
  const given = Buffer.from(password, "latin1");
  const same = expected.length === given.length && timingSafeEqual(expected, given);
  // Without a password, the default user may be named with any.
  if (user !== "default" || (expected.length > 0 && !same)) {
    throw new RedisError("WRONGPASS invalid username-password pair or user is disabled.");
  }
  client.authenticated = true;
}
