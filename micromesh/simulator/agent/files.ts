import fs from "node:fs";
import { resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { systemError } from "./errors.ts";
import type { Identity, Mount } from "./messages.ts";

/** Functions of node:fs whose first argument is a path, by whether they change what is there. */
const READERS = [
  "access",
  "createReadStream",
  "exists",
  "glob",
  "lstat",
  "opendir",
  "readFile",
  "readdir",
  "readlink",
  "realpath",
  "stat",
  "statfs",
  "unwatchFile",
  "watch",
  "watchFile",
];
const WRITERS = [
  "appendFile",
  "chmod",
  "chown",
  "createWriteStream",
  "lchown",
  "lutimes",
  "mkdir",
  "mkdtemp",
  "rm",
  "rmdir",
  "truncate",
  "unlink",
  "utimes",
  "writeFile",
];
/** Their first two arguments are paths; the second is written, and for `rename` the first too. */
const PAIRS = ["copyFile", "cp", "link", "rename", "symlink"];

type PathFunction = (...args: unknown[]) => unknown;

/**
 * Shows this process its pod's mounts at their declared paths, and the rest of the root file system
 * read-only where the container says so. Native code and child processes see the machine's own.
 */
export function virtualiseFiles({ mounts, readOnlyRoot, machine }: Identity): void {
  const kept = machine.flatMap((folder) => [
    folder,
    fs.existsSync(folder) ? fs.realpathSync(folder) : folder,
  ]);
  const locate = (path: unknown): { path: unknown; writable: boolean } => {
    const text = asText(path);
    if (text === undefined) return { path, writable: true };
    const absolute = resolve(text);
    const mount = kept.some((folder) => within(absolute, folder))
      ? deepest(absolute, mounts, "source")
      : mountOf(absolute, mounts);
    if (!mount) return { path, writable: !readOnlyRoot || absolute.startsWith("/dev/") };
    return { path: translate(absolute, mounts), writable: !mount.readOnly };
  };
  const readable = (path: unknown) => locate(path).path;
  const writable = (path: unknown, syscall: string) => {
    const found = locate(path);
    if (!found.writable) throw systemError("EROFS", syscall, { path: String(path) });
    return found.path;
  };

  for (const [object, promised] of [
    [fs, false],
    [fs.promises, true],
  ] as const) {
    const functions = object as unknown as Record<string, PathFunction | undefined>;
    const replace = (name: string, map: (args: unknown[]) => unknown[]) => {
      for (const variant of promised ? [name] : [name, `${name}Sync`]) {
        const original = functions[variant];
        if (!original) continue;
        functions[variant] = virtual(original, map, promised, variant);
        // What hangs on it (`promisify.custom`, `realpath.native`) stays; the latter takes paths too.
        const properties = Object.getOwnPropertyDescriptors(original);
        Object.defineProperties(functions[variant], properties);
        const { native } = original as { native?: PathFunction };
        if (native)
          Object.assign(functions[variant], { native: virtual(native, map, promised, variant) });
      }
    };
    for (const name of READERS) replace(name, ([path, ...rest]) => [readable(path), ...rest]);
    for (const name of WRITERS) replace(name, ([path, ...rest]) => [writable(path, name), ...rest]);
    for (const name of PAIRS) {
      const source = (path: unknown) => (name === "rename" ? writable(path, name) : readable(path));
      replace(name, ([from, to, ...rest]) => [source(from), writable(to, name), ...rest]);
    }
    replace("open", ([path, flags, ...rest]) => [
      changes(flags) ? writable(path, "open") : readable(path),
      flags,
      ...rest,
    ]);
  }
}

/** Errors go where the variant's caller expects them: thrown, rejected, or to the callback. */
function virtual(
  original: PathFunction,
  map: (args: unknown[]) => unknown[],
  promised: boolean,
  name: string,
): PathFunction {
  return function (this: unknown, ...args: unknown[]) {
    let mapped: unknown[];
    try {
      mapped = map(args);
    } catch (error) {
      if (promised) return Promise.reject(error);
      const done = args.at(-1);
      if (name.endsWith("Sync") || typeof done !== "function") throw error;
      process.nextTick(done as (error: unknown) => void, error);
      return undefined;
    }
    return original.apply(this, mapped);
  };
}

function changes(flags: unknown): boolean {
  if (typeof flags === "number")
    return (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) !== 0;
  return typeof flags === "string" && /[wa+]/.test(flags);
}

function asText(path: unknown): string | undefined {
  if (typeof path === "string") return path;
  if (path instanceof URL && path.protocol === "file:") return fileURLToPath(path);
  return Buffer.isBuffer(path) ? path.toString() : undefined;
}

function within(path: string, directory: string): boolean {
  return (
    path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep)
  );
}

/** A declared path on this machine; one that is there already stays, and so does one of no mount. */
export function translate(path: string, mounts: Mount[]): string {
  const mount = mountOf(path, mounts);
  if (!mount || within(path, mount.source)) return path;
  return mount.source + path.slice(mount.mountPath.length);
}

/** Sources first: a mount at `/tmp` must not take what stands below this machine's `/tmp`. */
function mountOf(path: string, mounts: Mount[]): Mount | undefined {
  return deepest(path, mounts, "source") ?? deepest(path, mounts, "mountPath");
}

/** Where one volume is mounted twice, the mount that was written through was judged by its path. */
function deepest(path: string, mounts: Mount[], place: "source" | "mountPath") {
  return mounts
    .filter((mount) => within(path, mount[place]))
    .sort((a, b) => b[place].length - a[place].length || +a.readOnly - +b.readOnly)[0];
}
