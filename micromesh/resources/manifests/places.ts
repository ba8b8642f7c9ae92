import { isMap, isScalar, isSeq, type ParsedNode } from "yaml";

/** Where a field stands in its document's text. */
export interface Place {
  /** Of its key or item; of the innermost that encloses it, where the field itself isn't there. */
  offset: number;
  /** The value as it's written, where it's an unquoted word: `1.0`, `yes`. */
  written?: string;
}

/** Finds a field such as `spec.ports[0].port` or `metadata.labels.example.com/tier`. */
export function findPlace(root: ParsedNode | null, field: string): Place | undefined {
  if (root === null) return undefined;
  const place = descend(root, field, root.range[0]);
  return place;
}

function descend(node: ParsedNode | null, field: string, offset: number): Place {
  if (field === "") return { offset, written: writtenIn(node) };
  const step = isSeq(node)
    ? itemOf(node.items, field)
    : isMap(node)
      ? pairOf(node.items, field)
      : undefined;
  return step ? descend(step.value, step.rest, step.offset ?? offset) : { offset };
}

interface Step {
  value: ParsedNode | null;
  /** What's left of the field. */
  rest: string;
  offset?: number;
}

function itemOf(items: unknown[], field: string): Step | undefined {
  const [all, index] = /^\[([0-9]+)\]\.?/.exec(field) ?? [];
  if (all === undefined) return undefined;
  const value = items[Number(index)] as ParsedNode | undefined;
  return value && { value, rest: field.slice(all.length), offset: value.range[0] };
}

/** Keys may hold points: of those that the field goes on with, the longest is meant. */
function pairOf(items: { key: unknown; value: unknown }[], field: string): Step | undefined {
  let longest = -1;
  let found: Step | undefined;
  for (const { key, value } of items) {
    if (!isScalar(key)) continue;
    const name = String(key.value);
    if (name.length <= longest || !field.startsWith(name)) continue;
    const [separator] = /^(?:\.|(?=\[)|$)/.exec(field.slice(name.length)) ?? [];
    if (separator === undefined) continue;
    longest = name.length;
    found = {
      value: value as ParsedNode | null,
      rest: field.slice(name.length + separator.length),
      offset: (key.range ?? undefined)?.[0],
    };
  }
  return found;
}

function writtenIn(node: ParsedNode | null): string | undefined {
  if (!isScalar(node) || node.type !== "PLAIN") return undefined;
  return String(node.value) || undefined;
}
