/** The directory of a multi-part append-only file, changed so that a crash leaves it readable. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { log } from "../log.ts";
import type { Settings } from "../settings/defaults.ts";
import {
  EMPTY,
  formatManifest,
  type Manifest,
  ManifestError,
  type Part,
  parseManifest,
} from "./manifest.ts";

/** The log can't be read or opened; the message is one line for people. */
export class PersistenceError extends Error {
  override readonly name = "PersistenceError";
}

export class LogDirectory {
  readonly #parent: string;
  readonly #path: string;
  readonly #stem: string;

  constructor({ dir, appendDirname, appendFilename }: Settings) {
    this.#parent = dir;
    this.#path = join(dir, appendDirname);
    this.#stem = appendFilename;
  }

  /** What the names of all files begin with. */
  get stem(): string {
    return this.#stem;
  }

  pathOf(name: string): string {
    return join(this.#path, name);
  }

  /**
   * Makes the directory where it isn't there, and reads the manifest.
   * @throws PersistenceError
   */
  open(): Manifest {
    try {
      mkdirSync(this.#path, { recursive: false, mode: 0o755 });
      syncDirectory(this.#parent);
    } catch (error) {
      if (codeOf(error) !== "EEXIST") {
        throw new PersistenceError(
          `can't create the append-only directory ${this.#path}: ${reasonOf(error)}`,
        );
      }
    }
    const path = this.#manifestPath;
    try {
      return existsSync(path) ? parseManifest(readFileSync(path, "latin1")) : this.#migrated();
    } catch (error) {
      if (error instanceof ManifestError) {
        throw new PersistenceError(`bad AOF manifest file ${path}: ${error.message}`);
      }
      throw new PersistenceError(`can't read the AOF manifest file ${path}: ${reasonOf(error)}`);
    }
  }

  /** Replaces the manifest, whole or not at all. */
  save(manifest: Manifest): void {
    const temporary = this.pathOf(`temp-${this.#stem}.manifest`);
    const fd = openSync(temporary, "w", 0o644);
    try {
      writeSync(fd, formatManifest(manifest), null, "latin1");
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, this.#manifestPath);
    syncDirectory(this.#path);
  }

  /** Deletes the files that nothing needs any more. @returns the manifest without them */
  discard(manifest: Manifest): Manifest {
    if (manifest.history.length === 0) return manifest;
    for (const { name } of manifest.history) {
      log("*", `Removing the history file ${name}`);
      rmSync(this.pathOf(name), { force: true });
    }
    const rest = { ...manifest, history: [] };
    this.save(rest);
    return rest;
  }

  /** Bytes in a file. @throws what `stat` throws */
  sizeOf({ name }: Part): number {
    return statSync(this.pathOf(name)).size;
  }

  get #manifestPath(): string {
    return this.pathOf(`${this.#stem}.manifest`);
  }

  /** Before Redis 7 the log was a single file beside the directory: it becomes the base. */
  #migrated(): Manifest {
    const [old, moved] = [join(this.#parent, this.#stem), this.pathOf(this.#stem)];
    // Only a file was one: the directory may go by the same name.
    const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
    if (isFile(old)) renameSync(old, moved);
    // Moved by us, or by a start that came no further.
    if (!isFile(moved)) return EMPTY;
    const manifest = { ...EMPTY, base: { name: this.#stem, sequence: 1 } };
    this.save(manifest);
    log("*", `Successfully migrated an old-style AOF (${old}) into the directory ${this.#path}`);
    return manifest;
  }
}

/** Why something on disk went wrong, in Node's words. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/** A file's new name outlasts the machine only once its directory is on disk. */
function syncDirectory(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
