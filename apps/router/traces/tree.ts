/** A trace's spans, put below each other. */
import { type KeptSpan, milliseconds } from "./span.ts";
import type { Trace } from "./store.ts";

/** A span in its place. */
export interface Placed {
  span: KeptSpan;
  /** 0 at the top. */
  depth: number;
  /** From the trace's first moment, in milliseconds. */
  startMs: number;
  durationMs: number;
}

export interface Tree {
  id: string;
  /** The one that began the trace, as far as it's known. */
  root: KeptSpan;
  /** From the first moment to the last one, in milliseconds. */
  durationMs: number;
  /** Parents before their children, children by their beginning. */
  spans: Placed[];
  dropped: number;
}

/**
 * Spans whose parent isn't there (it hasn't ended, isn't recorded, or was lost) are at the top. Those
 * that are each other's parents, which only a mistaken sender claims, come last, at the top too.
 */
export function treeOf({ id, spans, dropped }: Trace): Tree {
  const sorted = spans.toSorted((a, b) => compare(a.start, b.start));
  const ids = new Set(spans.map((span) => span.id));
  const children = new Map<string, KeptSpan[]>();
  for (const span of sorted) {
    const { parent } = span;
    if (parent === undefined) continue;
    const siblings = children.get(parent);
    if (siblings) siblings.push(span);
    else children.set(parent, [span]);
  }
  const tops = sorted.filter(({ parent }) => parent === undefined || !ids.has(parent));
  const first = sorted[0] as KeptSpan;
  const placed = new Map<string, Placed>();

  // By hand rather than by recursion, for a chain may be long.
  const place = (top: KeptSpan) => {
    const left = [{ span: top, depth: 0 }];
    for (let next = left.pop(); next; next = left.pop()) {
      const { span, depth } = next;
      if (placed.has(span.id)) continue;
      const durationMs = milliseconds(span.end - span.start);
      placed.set(span.id, {
        span,
        depth,
        startMs: milliseconds(span.start - first.start),
        durationMs,
      });
      const below = children.get(span.id) ?? [];
      left.push(...below.toReversed().map((child) => ({ span: child, depth: depth + 1 })));
    }
  };
  for (const top of [...tops, ...sorted]) place(top);

  const last = spans.toSorted((a, b) => compare(a.end, b.end)).at(-1) as KeptSpan;
  return {
    id,
    root: tops.find(({ parent }) => parent === undefined) ?? tops[0] ?? first,
    durationMs: milliseconds(last.end - first.start),
    spans: [...placed.values()],
    dropped,
  };
}

const compare = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0);

/** The services of a trace, in the order of the tree. */
export function servicesOf({ spans }: Tree): string[] {
  return [...new Set(spans.map(({ span }) => span.service))];
}

export const failedSpans = ({ spans }: Tree) =>
  spans.filter(({ span }) => span.status === "error").length;
