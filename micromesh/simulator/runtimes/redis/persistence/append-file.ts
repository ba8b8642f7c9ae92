/** One file that a log goes on in: effects become RESP in memory, and bytes on disk by `write`. */
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  writeSync,
} from "node:fs";
import { encode } from "../resp/replies.ts";
import type { EffectLog } from "./changes.ts";
import type { Effect } from "./effects.ts";

export class AppendFile implements EffectLog {
  readonly #fd: number;
  #size: number;
  #buffer = "";
  #selected = -1;
  #unsynced = false;
  #syncing = false;
  #closed = false;

  /** @throws what opening throws */
  constructor(path: string) {
    this.#fd = openSync(path, "a", 0o644);
    this.#size = fstatSync(this.#fd).size;
  }

  /** Bytes in the file. */
  get size(): number {
    return this.#size;
  }
  /** Bytes that aren't in the file yet. */
  get pending(): number {
    return this.#buffer.length;
  }
  /** Whether an fsync is under way. */
  get syncing(): boolean {
    return this.#syncing;
  }

  append(effects: readonly Effect[], atomic: boolean): void {
    const together = atomic && effects.length > 1;
    if (together) this.#buffer += encode(["MULTI"], 2);
    for (const { database, words } of effects) {
      if (database !== this.#selected) this.#buffer += encode(["SELECT", String(database)], 2);
      this.#selected = database;
      this.#buffer += encode(words, 2);
    }
    if (together) this.#buffer += encode(["EXEC"], 2);
  }

  /**
   * Writes what is in memory.
   * @throws what writing throws: the file then ends where it did, and the rest is tried again next
   *   time
   */
  write(): void {
    if (this.#buffer === "" || this.#closed) return;
    const bytes = Buffer.from(this.#buffer, "latin1");
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.#fd, bytes, written);
    } catch (error) {
      if (written > 0) this.#takeBack(written);
      throw error;
    }
    this.#size += written;
    this.#buffer = "";
    this.#unsynced = true;
  }

  /**
   * Makes what is written outlast the machine.
   * @throws what fsync throws
   */
  sync(): void {
    if (!this.#unsynced || this.#closed) return;
    fdatasyncSync(this.#fd);
    this.#unsynced = false;
  }

  /** As `sync`, in the background. @param done called with what went wrong, if anything did */
  syncSoon(done: (error: Error | null) => void): void {
    if (!this.#unsynced || this.#syncing || this.#closed) return;
    this.#syncing = true;
    this.#unsynced = false;
    fdatasync(this.#fd, (error) => {
      this.#syncing = false;
      if (error) this.#unsynced = true;
      if (this.#closed) closeSync(this.#fd);
      done(error);
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // The descriptor's number must not be given to another file during an fsync.
    if (!this.#syncing) closeSync(this.#fd);
  }

  /** Half a command must not stay in the file, or else be followed by its other half. */
  #takeBack(written: number): void {
    try {
      ftruncateSync(this.#fd, this.#size);
    } catch {
      this.#size += written;
      this.#buffer = this.#buffer.slice(written);
    }
  }
}
