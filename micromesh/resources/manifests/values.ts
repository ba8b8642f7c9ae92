/** YAML nodes to the data that kubectl would send to the API server. */
import { isAlias, isMap, isScalar, isSeq, type ParsedNode, type Scalar, type YAMLMap } from "yaml";
import { plainValue, taggedValue } from "./scalars.ts";
import { YamlFailure } from "./yaml.ts";

/**
 * How much aliases may add to one document, in values and characters. The API server takes no object
 * above 3 MiB, so nothing that could be deployed comes near.
 */
const MAX_ALIASED = 2 * 1024 * 1024;

/** How much aliases may still add to all the documents of one reading: they cost later readers time. */
export interface AliasBudget {
  left: number;
}

export function aliasBudget(): AliasBudget {
  return { left: 32 * 1024 * 1024 };
}

interface Anchored {
  value: unknown;
  /** Values and characters in it, those of its own aliases included; undefined while it's being read. */
  size?: number;
}

/**
 * Reads one document's nodes. Objects hold what's written as own properties, `__proto__` too; what an
 * alias names is shared, not copied.
 * @throws YamlFailure for a key twice or not text, an alias of nothing, of itself or of too much
 */
export function dataOf(root: ParsedNode | null, budget: AliasBudget): unknown {
  const reader = new DataReader(Math.min(MAX_ALIASED, budget.left));
  const data = reader.read(root);
  budget.left -= reader.aliased;
  return data;
}

class DataReader {
  /** What aliases added so far. */
  aliased = 0;
  #size = 0;
  readonly #most: number;
  readonly #anchors = new Map<string, Anchored>();

  constructor(most: number) {
    this.#most = most;
  }

  read(node: ParsedNode | null): unknown {
    if (node === null) return null;
    if (isAlias(node)) return this.#alias(node.source, node.range[0]);
    if (node.anchor === undefined) return this.#content(node);
    const anchored: Anchored = { value: undefined };
    this.#anchors.set(node.anchor, anchored);
    const before = this.#size;
    anchored.value = this.#content(node);
    anchored.size = this.#size - before;
    return anchored.value;
  }

  #content(node: ParsedNode): unknown {
    this.#size++;
    if (isScalar(node)) return this.#scalar(node);
    if (isSeq(node)) return (node.items as ParsedNode[]).map((item) => this.read(item));
    if (isMap(node)) return this.#map(node as YAMLMap<ParsedNode, ParsedNode | null>);
    throw new YamlFailure("holds something that is neither text, list nor object", node.range[0]);
  }

  #scalar(node: Scalar.Parsed): unknown {
    const text = String(node.value ?? "");
    this.#size += text.length;
    if (node.tag !== undefined) {
      const value = taggedValue(node.tag, text);
      if (value !== undefined) return value;
      const tag = node.tag.replace("tag:yaml.org,2002:", "!!");
      throw new YamlFailure(`says ${tag} of what isn't one; remove ${tag}`, node.range[0]);
    }
    return node.type === "PLAIN" ? plainValue(text) : text;
  }

  #alias(name: string, offset: number): unknown {
    const anchored = this.#anchors.get(name);
    if (!anchored) {
      throw new YamlFailure(`uses *${name}, but nothing before it is marked &${name}`, offset);
    }
    if (anchored.size === undefined) {
      throw new YamlFailure(`uses *${name} within &${name}: it would hold itself`, offset);
    }
    this.#size += anchored.size;
    this.aliased += anchored.size;
    if (this.aliased > this.#most) {
      throw new YamlFailure(
        `grows too large by aliases such as *${name}; write out what's meant`,
        offset,
      );
    }
    return anchored.value;
  }

  #map(node: YAMLMap<ParsedNode, ParsedNode | null>): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    const merged: Record<string, unknown>[] = [];
    for (const { key, value } of node.items) {
      if (isScalar(key) && key.type === "PLAIN" && key.value === "<<" && key.tag === undefined) {
        merged.push(...mergeSources(this.read(value), key.range[0]));
        continue;
      }
      const name = this.#key(key);
      if (Object.hasOwn(map, name)) {
        throw new YamlFailure(
          `has the key ${JSON.stringify(name)} twice in one object; remove one`,
          key.range[0],
        );
      }
      define(map, name, this.read(value));
    }
    // What stands in the map itself wins, then what's merged first (https://yaml.org/type/merge.html).
    for (const source of merged) {
      for (const [name, value] of Object.entries(source)) {
        if (!Object.hasOwn(map, name)) define(map, name, value);
      }
    }
    return map;
  }

  #key(node: ParsedNode): string {
    const key = this.read(node);
    // JSON's keys are text: `80: http` has the key "80", and `on: x` has "true".
    if (typeof key === "string" || typeof key === "number" || typeof key === "boolean") {
      return String(key);
    }
    const mend = key === null ? 'write "" or a name before the colon' : "a key is text";
    throw new YamlFailure(`has a key that isn't text; ${mend}`, node?.range[0] ?? 0);
  }
}

function mergeSources(value: unknown, offset: number): Record<string, unknown>[] {
  const sources = Array.isArray(value) ? value : [value];
  const isMergeable = (source: unknown) =>
    typeof source === "object" && source !== null && !Array.isArray(source);
  if (sources.every(isMergeable)) return sources;
  throw new YamlFailure("merges by << what isn't an object, or a list of objects", offset);
}

/** An own property under any name: plain assignment to `__proto__` would set the prototype instead. */
function define(map: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== "__proto__") map[name] = value;
  else {
    Object.defineProperty(map, name, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
}
