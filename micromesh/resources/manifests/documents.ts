import type { ParsedNode } from "yaml";
import { type AliasBudget, dataOf } from "./values.ts";
import { composeDocument, MAX_DEPTH, YamlFailure } from "./yaml.ts";

/** What one document holds. */
export interface ReadDocument {
  data: unknown;
  /** Its nodes, which know their places; null where there are none, or too many. */
  nodes(): ParsedNode | null;
}

/**
 * Reads one document, YAML or JSON.
 * @throws YamlFailure where it's neither, or goes beyond what's read safely
 */
export function readDocument(text: string, budget: AliasBudget): ReadDocument {
  refuseJunk(text);
  const data = readJson(text);
  if (data === undefined) {
    const nodes = composeDocument(text);
    return { data: dataOf(nodes, budget), nodes: () => nodes };
  }
  // Places are asked for where something is wrong; only then is JSON read as YAML, which is slow.
  let composed: { root: ParsedNode | null } | undefined;
  return {
    data,
    nodes() {
      composed ??= { root: nodesOf(text) };
      return composed.root;
    },
  };
}

function nodesOf(text: string): ParsedNode | null {
  try {
    return composeDocument(text);
  } catch {
    return null;
  }
}

function refuseJunk(text: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it's them that YAML excludes
  const offset = text.search(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/);
  if (offset < 0) return;
  const code = text.charCodeAt(offset).toString(16).toUpperCase().padStart(4, "0");
  throw new YamlFailure(`isn't text: it holds the control character U+${code}`, offset);
}

/**
 * Reads a JSON object by the engine's own parser, which is ten times as fast: `kubectl get -o json`
 * prints whole clusters as one document.
 * @returns undefined where the text isn't plain JSON, or YAML's reader must say what's wrong with it
 */
function readJson(text: string): unknown {
  if (!/^\s*\{/.test(text)) return undefined;
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return undefined;
  }
  const keys = countKeys(data, 1);
  return keys !== undefined && keys === writtenKeys(text) ? data : undefined;
}

/** The keys of all objects within; undefined beyond `MAX_DEPTH`. */
function countKeys(value: unknown, depth: number): number | undefined {
  if (typeof value !== "object" || value === null) return 0;
  if (depth > MAX_DEPTH) return undefined;
  const items = Object.values(value);
  let count = Array.isArray(value) ? 0 : items.length;
  for (const item of items) {
    const inner = countKeys(item, depth + 1);
    if (inner === undefined) return undefined;
    count += inner;
  }
  return count;
}

/** The keys that valid JSON spells out: more than it ends up with where one stands twice. */
function writtenKeys(text: string): number {
  let count = 0;
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)) if (match[1]) count++;
  return count;
}
