/** Carries out the commands of an append-only file, as Redis 7.0 does at start (aof.c). */
import { closeSync, openSync, readSync, truncateSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { log } from "../log.ts";
import { PersistenceError, reasonOf } from "./directory.ts";
import { readLogItem } from "./log-reader.ts";

/** Bytes read at once; a longer command is read in doubling pieces. */
const PIECE = 1024 * 1024;
/** Bytes that an RDB file begins with, and an append-only file with an RDB preamble. */
const RDB_MAGIC = "REDIS";

/** What carries out the commands of a file. */
export interface Replayer {
  /** @returns whether there is such a command */
  run(words: readonly string[]): boolean;
  /** Whether MULTI has been seen and EXEC hasn't. */
  readonly inTransaction: boolean;
  /** Bytes that have been read since the last call. @returns whether to go on */
  advanced(bytes: number): boolean;
}

export interface ReplayOptions {
  /** Cut off what a crash has left at the end instead of giving up. */
  readonly loadTruncated: boolean;
  /** Whether more files follow: what is missing at the end of this one is then missing for good. */
  readonly last: boolean;
}

/**
 * Replays one file.
 * @param name how messages call it
 * @throws PersistenceError where the file can't be read to its end
 */
export async function replay(
  path: string,
  name: string,
  replayer: Replayer,
  { loadTruncated, last }: ReplayOptions,
): Promise<void> {
  const fd = openLog(path, name);
  let validUpTo: number | undefined;
  try {
    validUpTo = await replayAll(fd, name, replayer);
  } finally {
    closeSync(fd);
  }
  if (validUpTo === undefined) return;
  if (!loadTruncated) {
    throw new PersistenceError(
      `Unexpected end of file reading the append only file ${name}. You can: 1) Make a backup of ` +
        "your AOF file, then use ./redis-check-aof --fix <filename.manifest>. 2) Alternatively you " +
        "can set the 'aof-load-truncated' configuration option to yes and restart the server.",
    );
  }
  log("#", `!!! Warning: short read while loading the AOF file ${name}!!!`);
  log("#", `!!! Truncating the AOF ${name} at offset ${validUpTo} !!!`);
  try {
    truncateSync(path, validUpTo);
  } catch (error) {
    throw new PersistenceError(`Error truncating the AOF file ${name}: ${reasonOf(error)}`);
  }
  log("#", `AOF ${name} loaded anyway because aof-load-truncated is enabled`);
  if (!last) {
    throw new PersistenceError(`Fatal error: the truncated file ${name} is not the last file`);
  }
}

/** @returns where the last whole command or transaction ends, or undefined if that is the end */
async function replayAll(
  fd: number,
  name: string,
  replayer: Replayer,
): Promise<number | undefined> {
  let bytes: Buffer = Buffer.alloc(0);
  /** Where `bytes` begins in the file, and how far commands are whole and carried out. */
  let offset = 0;
  let valid = 0;
  for (;;) {
    const piece = Buffer.allocUnsafe(Math.max(PIECE, bytes.length));
    const count = readSync(fd, piece, 0, piece.length, null);
    if (count === 0) {
      if (replayer.inTransaction) {
        log("#", `Revert incomplete MULTI/EXEC transaction from AOF file ${name}`);
      }
      return valid < offset + bytes.length ? valid : undefined;
    }
    bytes = Buffer.concat([bytes, piece.subarray(0, count)]);
    if (offset === 0 && bytes.toString("latin1", 0, RDB_MAGIC.length) === RDB_MAGIC)
      throw isRdb(name);
    let at = 0;
    for (;;) {
      const item = readLogItem(bytes, at);
      if (item.kind === "partial") break;
      if (item.kind === "malformed") throw malformed(name, offset + at);
      if (item.kind === "command" && !replayer.run(item.words)) {
        throw new PersistenceError(
          `Unknown command '${item.words[0]}' reading the append only file ${name}`,
        );
      }
      at = item.end;
      if (!replayer.inTransaction) valid = offset + at;
    }
    offset += at;
    bytes = bytes.subarray(at);
    if (!replayer.advanced(count)) return undefined;
    await nextTurn();
  }
}

function openLog(path: string, name: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    throw new PersistenceError(
      `Fatal error: can't open the append log file ${name} for reading: ${reasonOf(error)}`,
    );
  }
}

function malformed(name: string, offset: number): PersistenceError {
  return new PersistenceError(
    `Bad file format reading the append only file ${name} at offset ${offset}: make a backup of ` +
      "your AOF file, then use ./redis-check-aof --fix <filename.manifest>",
  );
}

function isRdb(name: string): PersistenceError {
  return new PersistenceError(
    `the append only file ${name} begins with an RDB, which the embedded Redis doesn't read: have ` +
      "a redis-server with 'aof-use-rdb-preamble no' rewrite it (BGREWRITEAOF), or remove it",
  );
}
