/** What a command is: a row of the table that `table.ts` puts together. */
import type { Database } from "../keyspace/database.ts";
import type { Reply } from "../resp/replies.ts";
import type { Client, ServerState } from "../state.ts";

/** Redis' own flags (COMMAND INFO shows them), of which dispatch acts on some. */
export type Flag =
  | "write"
  | "readonly"
  /** Refused when memory is used up. */
  | "denyoom"
  | "fast"
  | "admin"
  | "pubsub"
  | "noscript"
  | "loading"
  | "stale"
  /** Allowed before AUTH. */
  | "no_auth"
  /** Refused inside MULTI. */
  | "no_multi";

/** What a command is called with. */
export interface Call {
  readonly server: ServerState;
  readonly client: Client;
  /** The client's selected database. */
  readonly db: Database;
}

export interface Command {
  /** In lower case; a subcommand's includes its container's: `client|setname`. */
  readonly name: string;
  /** Number of words, the command's included; negative: at least that many. */
  readonly arity: number;
  readonly flags: readonly Flag[];
  /** Places of the first and last key among the words, and the step between keys. */
  readonly keys?: readonly [first: number, last: number, step: number];
  /** Commands under this one, by their second word in lower case. */
  readonly subcommands?: ReadonlyMap<string, Command>;
  /**
   * Answers a call. The arguments are the words after the command's own; arity has been checked, so
   * an implementation may name as many as its arity grants. May throw RedisError.
   */
  readonly run: (call: Call, ...args: string[]) => Reply;
}

/** Flags that most commands share. */
export const READ: readonly Flag[] = ["readonly"];
export const FAST_READ: readonly Flag[] = ["readonly", "fast"];
export const WRITE: readonly Flag[] = ["write"];
export const FAST_WRITE: readonly Flag[] = ["write", "fast"];
export const GROW: readonly Flag[] = ["write", "denyoom"];
export const FAST_GROW: readonly Flag[] = ["write", "denyoom", "fast"];
/** The first word after the command is its only key. */
export const ONE_KEY = [1, 1, 1] as const;
/** All words after the command are keys. */
export const ALL_KEYS = [1, -1, 1] as const;
