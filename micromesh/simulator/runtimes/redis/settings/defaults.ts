/** The settings of the embedded server, and what they are where nothing is said. */

export interface Settings {
  port: number;
  /** Addresses to listen on; a `-` before one: no matter if it isn't there; `*`: all of IPv4. */
  bind: readonly string[];
  /** Empty: none is asked for. */
  password: string;
  databases: number;
  /** Bytes of estimated memory; 0: no limit. */
  maxMemory: number;
  maxMemoryPolicy: string;
  maxClients: number;
  /** Seconds after which an idle client is disconnected; 0: never. */
  timeout: number;
  protectedMode: boolean;
  /** Longest bulk string in bytes. */
  maxBulk: number;
  /** Whether what changes is kept in an append-only file. */
  appendOnly: boolean;
  /** When that file is made to outlast the machine: before each answer, once a second, never. */
  appendFsync: AppendFsync;
  /** What the names of its files begin with, and the name of their directory in `dir`. */
  appendFilename: string;
  appendDirname: string;
  dir: string;
  /** Whether a log that ends in the middle of a command is cut there at start, or refused. */
  aofLoadTruncated: boolean;
  /** By how many percent the log must have grown to be rewritten by itself; 0: never. */
  aofRewritePercentage: number;
  /** Bytes that it must have, too. */
  aofRewriteMinSize: number;
  /** Directives that aren't honoured, as given. */
  readonly others: ReadonlyMap<string, string>;
}

/** Where the official image keeps its data, and its working directory. */
export const IMAGE_DIRECTORY = "/data";
export const APPEND_FSYNC = ["everysec", "always", "no"] as const;
export type AppendFsync = (typeof APPEND_FSYNC)[number];

/** Redis' defaults, but for `protected-mode` and `dir`, which are those of the official image. */
export function defaultSettings(): Settings {
  return {
    port: 6379,
    bind: [],
    password: "",
    databases: 16,
    maxMemory: 0,
    maxMemoryPolicy: "noeviction",
    maxClients: 10_000,
    timeout: 0,
    protectedMode: false,
    maxBulk: 512 * 1024 * 1024,
    appendOnly: false,
    appendFsync: "everysec",
    appendFilename: "appendonly.aof",
    appendDirname: "appendonlydir",
    dir: IMAGE_DIRECTORY,
    aofLoadTruncated: true,
    aofRewritePercentage: 100,
    aofRewriteMinSize: 64 * 1024 * 1024,
    others: new Map(),
  };
}
