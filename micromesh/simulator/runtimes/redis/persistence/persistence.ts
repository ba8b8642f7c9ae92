/**
 * The append-only file of a running server: what has changed goes into it before it's answered, it's
 * read at start, and rewritten when it has grown. The multi-part files of Redis 7.0, with a base that
 * is an append-only file too (`aof-use-rdb-preamble no`).
 */
import { closeSync, fdatasyncSync, fsync, renameSync, rmSync } from "node:fs";
import { promisify } from "node:util";
import { log } from "../log.ts";
import type { ServerState } from "../state.ts";
import { AppendFile } from "./append-file.ts";
import { LogDirectory, PersistenceError, reasonOf } from "./directory.ts";
import { EMPTY, type Manifest, nextSequence, type Part, partName } from "./manifest.ts";
import {
  growthToRewrite,
  newIncrement,
  openAtStart,
  partsOf,
  sizeOf,
  TEMPORARY_BASE,
  writeBase,
} from "./parts.ts";
import { type Replayer, replay } from "./replay.ts";

/** Milliseconds between two fsyncs by `everysec`. */
const SYNC_INTERVAL = 1000;
/** Milliseconds to wait with the next automatic rewrite after one that failed. */
const REWRITE_BACKOFF = 60_000;
export class Persistence {
  readonly #server: ServerState;
  readonly #fail: (error: PersistenceError) => void;
  #directory: LogDirectory | undefined;
  #manifest: Manifest = EMPTY;
  #file: AppendFile | undefined;
  /** Bytes of all files before the one that is written to. */
  #olderBytes = 0;
  #baseBytes = 0;
  #lastSync = 0;
  #problem: Error | undefined;
  #rewriting: Promise<void> | undefined;
  #rewriteFailedAt: number | undefined;
  #rewrites = 0;

  /** @param fail ends the server at once: what it answers from now on couldn't be kept */
  constructor(server: ServerState, fail: (error: PersistenceError) => void) {
    this.#server = server;
    this.#fail = fail;
  }

  /** Whether answers have to wait for an fsync. */
  get syncsBeforeAnswers(): boolean {
    return (this.#file?.pending ?? 0) > 0 && this.#server.settings.appendFsync === "always";
  }

  /** Why writes must be refused now, or undefined where they needn't. */
  get problem(): string | undefined {
    return this.#problem && reasonOf(this.#problem);
  }

  get rewriteInProgress(): boolean {
    return this.#rewriting !== undefined;
  }

  /** For INFO. */
  get status() {
    const file = this.#file;
    return {
      rewrites: this.#rewrites,
      rewriteFailed: this.#rewriteFailedAt !== undefined,
      open: file && {
        size: this.#olderBytes + file.size,
        base: this.#baseBytes,
        buffered: file.pending,
        syncing: file.syncing,
      },
    };
  }

  /**
   * Looks what there is to read.
   * @returns its bytes
   * @throws PersistenceError
   */
  prepare(): number {
    const directory = new LogDirectory(this.#server.settings);
    this.#manifest = directory.open();
    this.#directory = directory;
    try {
      return sizeOf(directory, partsOf(this.#manifest));
    } catch (error) {
      throw new PersistenceError(`a file of the AOF manifest is missing: ${reasonOf(error)}`);
    }
  }

  /**
   * Reads it and begins to write.
   * @param replayer carries out what is read; the server must be loading
   * @throws PersistenceError
   */
  async load(replayer: Replayer): Promise<void> {
    const { settings } = this.#server;
    const directory = this.#directory;
    if (!directory) throw new Error("load comes after prepare");
    const parts = partsOf(this.#manifest);
    for (const [index, part] of parts.entries()) {
      const last = index === parts.length - 1;
      const options = { loadTruncated: settings.aofLoadTruncated, last };
      await replay(directory.pathOf(part.name), part.name, replayer, options);
      if (!replayer.advanced(0)) return;
    }
    try {
      const opened = openAtStart(directory, this.#manifest);
      this.#baseBytes = opened.manifest.base ? directory.sizeOf(opened.manifest.base) : 0;
      this.#begin(directory, opened.manifest, opened.file);
    } catch (error) {
      throw new PersistenceError(`can't open the append only file: ${reasonOf(error)}`);
    }
  }

  /** Writes what has changed, as `appendfsync` asks. To be called before anything is answered. */
  commit(): void {
    const file = this.#file;
    if (!file || (file.pending === 0 && !this.#problem)) return;
    const always = this.#server.settings.appendFsync === "always";
    try {
      file.write();
      if (always) file.sync();
      if (this.#problem) log("#", "AOF write error looks solved, Redis can write again.");
      this.#problem = undefined;
    } catch (error) {
      if (!this.#problem) log("#", `Error writing to the AOF file: ${reasonOf(error)}`);
      this.#problem = error as Error;
      if (!always) return;
      this.#end();
      this.#fail(
        new PersistenceError(
          "Can't recover from AOF write error when the AOF fsync policy is 'always': " +
            `${reasonOf(error)}. Exiting...`,
        ),
      );
    }
  }

  /** What is due from time to time: an fsync, a rewrite. */
  tick(): void {
    this.commit();
    const { settings, now } = this.#server;
    const file = this.#file;
    if (!file) return;
    if (settings.appendFsync === "everysec" && Math.abs(now() - this.#lastSync) >= SYNC_INTERVAL) {
      this.#lastSync = now();
      file.syncSoon((error) => {
        if (!error) return;
        log("#", `Error syncing the AOF file: ${error.message}`);
        this.#problem = error;
      });
    }
    if (this.#rewriting) return;
    if (now() - (this.#rewriteFailedAt ?? Number.NEGATIVE_INFINITY) < REWRITE_BACKOFF) return;
    const growth = growthToRewrite(this.#olderBytes + file.size, this.#baseBytes, settings);
    if (growth === undefined) return;
    log("*", `Starting automatic rewriting of AOF on ${growth}% growth`);
    this.rewrite();
  }

  /**
   * Begins a new base with what is there now, and a new increment after it. The base is written at
   * once, without a fork's copy to take its time over, and replaces the old files once it's on disk.
   */
  rewrite(): void {
    const directory = this.#directory;
    const old = this.#file;
    if (!directory || !old || this.#rewriting) return;
    this.commit();
    try {
      const incr = newIncrement(directory, this.#manifest);
      log("*", `Creating AOF incr file ${incr.name} on background rewrite`);
      const file = new AppendFile(directory.pathOf(incr.name));
      const manifest = {
        ...this.#manifest,
        increments: [...this.#manifest.increments, incr],
      };
      directory.save(manifest);
      old.sync();
      old.close();
      this.#begin(directory, manifest, file);
      const base = writeBase(directory.pathOf(TEMPORARY_BASE), this.#server.databases);
      log("*", "Background append only file rewriting started");
      const done = promisify(fsync)(base.fd).finally(() => closeSync(base.fd));
      this.#rewriting = done
        .then(() => {
          // Ended or turned off meanwhile: the old files are still good.
          if (this.#file === file) this.#install(directory, incr, base.bytes);
        })
        .catch((error) => this.#rewriteFailed(error))
        .finally(() => {
          this.#rewriting = undefined;
        });
    } catch (error) {
      this.#rewriteFailed(error);
    }
  }

  /**
   * Begins to keep what is in memory, in place of what the files hold.
   * @throws PersistenceError
   */
  turnOn(): void {
    const directory = new LogDirectory(this.#server.settings);
    try {
      const manifest = directory.open();
      const incr = newIncrement(directory, manifest);
      const file = new AppendFile(directory.pathOf(incr.name));
      const base = writeBase(directory.pathOf(TEMPORARY_BASE), this.#server.databases);
      try {
        fdatasyncSync(base.fd);
      } finally {
        closeSync(base.fd);
      }
      this.#begin(directory, { ...manifest, increments: [...manifest.increments, incr] }, file);
      this.#install(directory, incr, base.bytes);
    } catch (error) {
      this.#end();
      throw new PersistenceError(`can't turn on the append only file: ${reasonOf(error)}`);
    }
  }

  /** Keeps no more of what changes; the files stay as they are. */
  turnOff(): void {
    this.#finish();
  }

  /** Writes what there is to write, makes it outlast the machine and lets go of the file. */
  async close(): Promise<void> {
    this.#finish();
    await this.#rewriting;
  }

  #finish(): void {
    try {
      this.#server.changes.flush(false);
      this.commit();
      if (this.#file) log("*", "Calling fsync() on the AOF file.");
      this.#file?.sync();
    } catch (error) {
      log("#", `Error writing to the AOF file: ${reasonOf(error)}`);
    }
    this.#end();
  }

  #begin(directory: LogDirectory, manifest: Manifest, file: AppendFile): void {
    this.#directory = directory;
    this.#manifest = manifest;
    this.#file = file;
    this.#olderBytes = sizeOf(directory, partsOf(manifest).slice(0, -1));
    this.#lastSync = this.#server.now();
    this.#server.changes.log = file;
  }

  #end(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#problem = undefined;
    this.#server.changes.log = undefined;
  }

  /** Makes the temporary base the base before `incr`. */
  #install(directory: LogDirectory, incr: Part, bytes: number): void {
    const { base, increments, history } = this.#manifest;
    const sequence = nextSequence([base]);
    const name = partName(directory.stem, "base", sequence);
    renameSync(directory.pathOf(TEMPORARY_BASE), directory.pathOf(name));
    log("*", `Successfully renamed the temporary AOF base file ${TEMPORARY_BASE} into ${name}`);
    const manifest = {
      base: { name, sequence },
      increments: [incr],
      history: [...history, ...(base ? [base] : []), ...increments.filter((one) => one !== incr)],
    };
    directory.save(manifest);
    this.#manifest = manifest;
    this.#olderBytes = bytes;
    this.#baseBytes = bytes + (this.#file?.size ?? 0);
    this.#rewrites++;
    this.#rewriteFailedAt = undefined;
    this.#manifest = directory.discard(manifest);
    log("*", "Background AOF rewrite finished successfully");
  }

  #rewriteFailed(error: unknown): void {
    log("#", `Background AOF rewrite terminated with error: ${reasonOf(error)}`);
    this.#rewriteFailedAt = this.#server.now();
    if (this.#directory) rmSync(this.#directory.pathOf(TEMPORARY_BASE), { force: true });
  }
}
