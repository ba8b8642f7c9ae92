/** Which files of a folder may hold manifests, and their text. */
import { isUtf8 } from "node:buffer";
import type { Dirent } from "node:fs";
import { open, readdir, realpath, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { UsageError } from "../usage-error.ts";

/** One file's text takes up to fifty times its size while it's read. */
export const MAX_FILE_BYTES = 16 * 1024 * 1024;

export interface ManifestFile {
  path: string;
  /** Relative to the folder, with `/`. */
  name: string;
}

export interface ManifestFiles {
  files: ManifestFile[];
  /** What's there and can't be read. */
  unreadable: { name: string; text: string }[];
}

/**
 * The `*.yaml`, `*.yml` and `*.json` files below a folder, by name; or the one file that's given.
 * Links are followed, but no file or folder is taken twice, so that a loop of links ends. Hidden folders and
 * `node_modules` are passed over.
 * @throws UsageError where there's nothing of the kind
 */
export async function findManifestFiles(directory: string): Promise<ManifestFiles> {
  const given = await stat(directory).catch((error) => {
    throw new UsageError(`${directory}: ${whyNot(error)}; give a folder of YAML files`);
  });
  if (given.isFile()) {
    return { files: [{ path: directory, name: basename(directory) }], unreadable: [] };
  }
  if (!given.isDirectory()) {
    throw new UsageError(
      `${directory}: is neither a folder nor a file; give a folder of YAML files`,
    );
  }
  const walk = new Walk();
  try {
    await walk.folder(directory, "");
  } catch (error) {
    throw new UsageError(`${directory}: ${whyNot(error)}; give a folder that you may read`);
  }
  if (walk.files.length === 0 && walk.unreadable.length === 0) {
    throw new UsageError(
      `${directory}: holds no *.yaml, *.yml or *.json file; give the folder of the manifests`,
    );
  }
  return walk;
}

class Walk implements ManifestFiles {
  readonly files: ManifestFile[] = [];
  readonly unreadable: { name: string; text: string }[] = [];
  readonly #seen = new Set<string>();

  async folder(path: string, name: string): Promise<void> {
    const real = await realpath(path);
    if (this.#seen.has(real)) return;
    this.#seen.add(real);
    const entries = await readdir(path, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const inner = name === "" ? entry.name : `${name}/${entry.name}`;
      try {
        await this.#entry(entry, join(path, entry.name), inner);
      } catch (error) {
        this.unreadable.push({ name: inner, text: `can't be read: ${whyNot(error)}` });
      }
    }
  }

  async #entry(entry: Dirent, path: string, name: string): Promise<void> {
    const isManifest = /\.(?:ya?ml|json)$/i.test(entry.name);
    let kind: { isDirectory(): boolean; isFile(): boolean } = entry;
    if (entry.isSymbolicLink()) {
      // A dangling link matters only where it would be a manifest.
      const target = await stat(path).catch((error) => {
        if (isManifest) throw error;
      });
      if (!target) return;
      kind = target;
    }
    if (kind.isDirectory()) {
      if (!entry.name.startsWith(".") && entry.name !== "node_modules")
        await this.folder(path, name);
    } else if (isManifest && kind.isFile()) {
      const real = await realpath(path);
      if (!this.#seen.has(real)) this.files.push({ path, name });
      this.#seen.add(real);
    }
  }
}

/** A file's text. */
export interface FileText {
  text: string;
  /** It held bytes that aren't UTF-8; each stands as U+FFFD in the text. */
  isBroken: boolean;
}

/**
 * Reads a file as UTF-8.
 * @throws Error, whose message reads on after the file's name, where it's too large or can't be read
 */
export async function readManifestFile({ path }: ManifestFile): Promise<FileText> {
  const bytes = await readBytes(path).catch((error) => {
    throw new Error(error.code ? `can't be read: ${whyNot(error)}` : error.message);
  });
  return { text: bytes.toString("utf8"), isBroken: !isUtf8(bytes) };
}

async function readBytes(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size > MAX_FILE_BYTES) {
      const mebibytes = Math.ceil(size / 1024 / 1024);
      throw new Error(
        `has ${mebibytes} MiB, more than the ${MAX_FILE_BYTES / 1024 / 1024} MiB that are read; split it, or move it out of the folder`,
      );
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function whyNot(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case "ENOENT":
      return "there is no such file or folder";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "ELOOP":
      return "it's a link to itself";
    default:
      return message;
  }
}
