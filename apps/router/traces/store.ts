/** The latest traces, in memory. */
import type { KeptSpan } from "./span.ts";

export interface Limits {
  traces: number;
  spansPerTrace: number;
  /** Of all spans together, estimated. */
  bytes: number;
}

const LIMITS: Limits = { traces: 1000, spansPerTrace: 500, bytes: 32 * 1024 * 1024 };
/** A span's objects and numbers, besides its text. */
const BYTES_PER_SPAN = 500;
const BYTES_PER_ATTRIBUTE = 50;

export interface Trace {
  id: string;
  /** In the order in which they came; at least one. */
  spans: KeptSpan[];
  /** Those for which there was no room. */
  dropped: number;
}

interface Kept {
  spans: Map<string, KeptSpan>;
  dropped: number;
  bytes: number;
}

/**
 * Keeps traces until there are too many, or too much in them: then the one that began to come first goes first.
 * A span that is sent twice, since a sender didn't hear that it had arrived, is kept once.
 */
export class TraceStore {
  readonly limits: Limits;
  /** The oldest first. */
  readonly #traces = new Map<string, Kept>();
  #bytes = 0;

  constructor(limits: Partial<Limits> = {}) {
    this.limits = { ...LIMITS, ...limits };
  }

  /** Estimated. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#traces.size;
  }

  /** @returns how many of them there was no room for in their trace */
  add(spans: readonly KeptSpan[]): number {
    let rejected = 0;
    for (const span of spans) rejected += this.#put(span) ? 0 : 1;
    return rejected;
  }

  get(id: string): Trace | undefined {
    const kept = this.#traces.get(id);
    return kept && { id, spans: [...kept.spans.values()], dropped: kept.dropped };
  }

  /** The newest first. */
  *newest(): Generator<Trace> {
    for (const id of [...this.#traces.keys()].reverse()) {
      const trace = this.get(id);
      if (trace) yield trace;
    }
  }

  #put(span: KeptSpan): boolean {
    const trace = this.#traces.get(span.traceId) ?? { spans: new Map(), dropped: 0, bytes: 0 };
    const before = trace.spans.get(span.id);
    if (!before && trace.spans.size >= this.limits.spansPerTrace) {
      trace.dropped += 1;
      return false;
    }
    const more = bytesOf(span) - (before ? bytesOf(before) : 0);
    trace.spans.set(span.id, span);
    trace.bytes += more;
    this.#bytes += more;
    this.#traces.set(span.traceId, trace);
    this.#shrink();
    return true;
  }

  #shrink(): void {
    for (const [id, { bytes }] of this.#traces) {
      if (this.#traces.size <= this.limits.traces && this.#bytes <= this.limits.bytes) return;
      this.#traces.delete(id);
      this.#bytes -= bytes;
    }
  }
}

/** Text counts as two bytes a character. */
function bytesOf(span: KeptSpan): number {
  const texts = [span.service, span.replica, span.name, span.message];
  let characters = texts.reduce((sum, text) => sum + (text?.length ?? 0), 0);
  let attributes = 0;
  for (const [key, value] of Object.entries(span.attributes)) {
    characters += key.length + (typeof value === "string" ? value.length : 0);
    attributes += 1;
  }
  return BYTES_PER_SPAN + attributes * BYTES_PER_ATTRIBUTE + characters * 2;
}
