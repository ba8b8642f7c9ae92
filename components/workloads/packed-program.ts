import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.ts";
import { pack } from "./pack.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Where tools keep what they can make again. */
const CACHE = here("../../node_modules/.cache/micromesh/programs");
/** What decides how programs are bundled, besides their own sources. */
const MAKERS = [here("bundle.ts"), here("pack.ts"), here("../../package-lock.json")];

interface Kept {
  packed: string;
  /** By each source's path, what tells that it has changed. */
  sources: Record<string, string>;
}

/**
 * A bundled program, packed. A stack with many programs is declared anew for each preview and for each scenario
 * that is played, so it's kept on disk until one of its sources changes.
 *
 * @param entry absolute path of the program's main file
 * @throws as {@link bundle} does
 */
export function packedProgram(entry: string): string {
  const file = join(CACHE, `${createHash("sha256").update(entry).digest("hex").slice(0, 16)}.json`);
  const kept = read(file);
  if (kept && Object.entries(kept.sources).every(([path, before]) => mark(path) === before)) {
    return kept.packed;
  }
  const { text, sources } = bundle(entry);
  const packed = pack(text);
  const marks = [...sources, ...MAKERS].map((path) => [path, mark(path)]);
  keep(file, { packed, sources: Object.fromEntries(marks) });
  return packed;
}

function mark(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats ? `${stats.mtimeMs} ${stats.size}` : "gone";
}

function read(file: string): Kept | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

function keep(file: string, kept: Kept): void {
  // Several processes may do so at once, and none is to read half of it.
  const own = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(own, JSON.stringify(kept));
    renameSync(own, file);
  } catch {
    // Where it can't be kept, it's made again.
  }
}
