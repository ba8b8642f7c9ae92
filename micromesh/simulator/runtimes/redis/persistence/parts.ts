/** The files of a multi-part log: which there are, how they begin, when they are to be replaced. */
import { closeSync, openSync, writeSync } from "node:fs";
import type { Database } from "../keyspace/database.ts";
import { log } from "../log.ts";
import type { Settings } from "../settings/defaults.ts";
import { AppendFile } from "./append-file.ts";
import type { LogDirectory } from "./directory.ts";
import { dump } from "./dump.ts";
import { type Manifest, nextSequence, type Part, partName } from "./manifest.ts";

/** What a base is called till it's whole. */
export const TEMPORARY_BASE = "temp-rewriteaof.aof";

/** The files that hold the data, in order. */
export function partsOf({ base, increments }: Manifest): Part[] {
  return [...(base ? [base] : []), ...increments];
}

/** Bytes in files. @throws what `stat` throws */
export function sizeOf(directory: LogDirectory, parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + directory.sizeOf(part), 0);
}

/** The increment after those that there are. */
export function newIncrement(directory: LogDirectory, { increments }: Manifest): Part {
  const sequence = nextSequence(increments);
  return { name: partName(directory.stem, "incr", sequence), sequence };
}

/**
 * Opens the last increment, made with an empty base where there's nothing yet.
 * @throws what the file system throws
 */
export function openAtStart(
  directory: LogDirectory,
  found: Manifest,
): { manifest: Manifest; file: AppendFile } {
  let manifest = directory.discard(found);
  const last = manifest.increments.at(-1);
  if (last) {
    log("*", `Opening AOF incr file ${last.name} on server start`);
    return { manifest, file: new AppendFile(directory.pathOf(last.name)) };
  }
  if (!manifest.base) {
    const name = partName(directory.stem, "base", 1);
    log("*", `Creating AOF base file ${name} on server start`);
    new AppendFile(directory.pathOf(name)).close();
    manifest = { ...manifest, base: { name, sequence: 1 } };
  }
  const first = newIncrement(directory, manifest);
  log("*", `Creating AOF incr file ${first.name} on server start`);
  const file = new AppendFile(directory.pathOf(first.name));
  manifest = { ...manifest, increments: [first] };
  directory.save(manifest);
  return { manifest, file };
}

/**
 * Writes the keyspace as it is now.
 * @returns the open file, not synced yet
 * @throws what the file system throws
 */
export function writeBase(
  path: string,
  databases: readonly Database[],
): { fd: number; bytes: number } {
  const fd = openSync(path, "w", 0o644);
  let bytes = 0;
  try {
    for (const piece of dump(databases)) {
      const buffer = Buffer.from(piece, "latin1");
      for (let at = 0; at < buffer.length; ) at += writeSync(fd, buffer, at);
      bytes += buffer.length;
    }
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return { fd, bytes };
}

/**
 * By how many percent the log has grown, where that is enough to rewrite it.
 * @param bytes of all its files
 * @param base bytes when it was last rewritten
 */
export function growthToRewrite(
  bytes: number,
  base: number,
  { aofRewritePercentage, aofRewriteMinSize }: Settings,
): number | undefined {
  if (aofRewritePercentage === 0 || bytes <= aofRewriteMinSize) return undefined;
  const growth = Math.floor((bytes * 100) / (base || 1)) - 100;
  return growth >= aofRewritePercentage ? growth : undefined;
}
