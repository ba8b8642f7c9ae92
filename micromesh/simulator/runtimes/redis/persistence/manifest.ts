/**
 * The manifest of a multi-part append-only file: which files hold the data, in which order. Pure.
 * Format and rules: Redis 7.0 (aof.c, `aofLoadManifestFromFile`).
 */
import { splitWords } from "../resp/words.ts";

/** One file of the log; the name is relative to the directory of the manifest. */
export interface Part {
  readonly name: string;
  readonly sequence: number;
}

export interface Manifest {
  /** The keyspace as it was when the first increment began. */
  readonly base: Part | undefined;
  /** What has changed since, oldest first. */
  readonly increments: readonly Part[];
  /** Files that nothing needs any more. */
  readonly history: readonly Part[];
}

/** The manifest can't be understood; the message says why, not where it is. */
export class ManifestError extends Error {
  override readonly name = "ManifestError";
}

export const EMPTY: Manifest = { base: undefined, increments: [], history: [] };

/** The name of a base or of an increment, for an `appendfilename` such as `appendonly.aof`. */
export function partName(stem: string, kind: "base" | "incr", sequence: number): string {
  return `${stem}.${sequence}.${kind}.aof`;
}

/** The sequence number after the highest of one kind. */
export function nextSequence(parts: readonly (Part | undefined)[]): number {
  return 1 + Math.max(0, ...parts.map((part) => part?.sequence ?? 0));
}

/** The text of a manifest: bases, then history, then increments, as Redis orders them. */
export function formatManifest({ base, increments, history }: Manifest): string {
  const line = (type: string) => (part: Part) =>
    `file ${quoted(part.name)} seq ${part.sequence} type ${type}\n`;
  return [
    ...(base ? [base] : []).map(line("b")),
    ...history.map(line("h")),
    ...increments.map(line("i")),
  ].join("");
}

/**
 * Reads a manifest.
 * @throws ManifestError
 */
export function parseManifest(text: string): Manifest {
  const bases: Part[] = [];
  const increments: Part[] = [];
  const history: Part[] = [];
  if (text === "") throw new ManifestError("Found an empty AOF manifest");
  const lines = text.split("\n");
  if (lines.pop() !== "") {
    throw new ManifestError("The AOF manifest file contains too long line");
  }
  for (const [index, line] of lines.entries()) {
    const fail = (problem: string) =>
      new ManifestError(`${problem}, at line ${index + 1}: '${line}'`);
    if (line.startsWith("#")) continue;
    const { part, type } = readLine(line) ?? {};
    if (!part) throw fail("Invalid AOF manifest file format");
    if (/[/\\]/.test(part.name)) throw fail("File can't be a path, just a filename");
    if (type === "b") {
      if (bases.length > 0) throw fail("Found duplicate base file information");
      bases.push(part);
    } else if (type === "i") {
      if (part.sequence <= (increments.at(-1)?.sequence ?? 0)) {
        throw fail("Found a non-monotonic sequence number");
      }
      increments.push(part);
    } else if (type === "h") history.push(part);
    else throw fail("Unknown AOF file type");
  }
  return { base: bases[0], increments, history };
}

function readLine(line: string): { part: Part; type: string } | undefined {
  const words = splitWords(line) ?? [];
  const fields = new Map<string, string>();
  for (let i = 0; i < words.length; i += 2) {
    const value = words[i + 1];
    if (value === undefined) return undefined;
    fields.set((words[i] as string).toLowerCase(), value);
  }
  const [name, sequence, type] = ["file", "seq", "type"].map((field) => fields.get(field));
  if (!name || !type || !/^[1-9]\d{0,14}$/.test(sequence ?? "")) return undefined;
  return { part: { name, sequence: Number(sequence) }, type };
}

/** A name with spaces, quotes or unprintable characters, as `splitWords` reads it back. */
function quoted(name: string): string {
  if (/^[!#-&(-[\]-~]+$/.test(name)) return name;
  const escaped = name.replace(/["\\]|[^ -~]/g, (c) =>
    c === '"' || c === "\\" ? `\\${c}` : `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return `"${escaped}"`;
}
