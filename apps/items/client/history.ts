/** What has come of the requests so far. */
import type { Kind, Outcome } from "./outcome.ts";

const KEPT = 100;

export interface Entry extends Outcome {
  /** When it was sent, in milliseconds since 1970, and how long it took. */
  at: number;
  ms: number;
}

export class History {
  readonly #log: (line: string) => void;
  #last: Entry[] = [];
  #sinceSummary: Entry[] = [];
  #current: Kind | undefined;

  /** @param log hears of an outcome that is another than before */
  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  add(entry: Entry): void {
    this.#last = [...this.#last.slice(1 - KEPT), entry];
    this.#sinceSummary.push(entry);
    if (entry.kind === this.#current) return;
    const before = this.#current === undefined ? "" : ` (before: ${this.#current})`;
    this.#current = entry.kind;
    this.#log(`GET /items: ${entry.kind}: ${entry.words}${before}`);
  }

  /** The last hundred, the newest last. */
  get last(): readonly Entry[] {
    return this.#last;
  }

  /** The last one's kind. */
  get current(): Kind | undefined {
    return this.#current;
  }

  /** In one line, what has come since the last summary: `20 requests: 18 ok, 2 timeout; half within 3 ms, all within 2001 ms`. */
  summary(): string {
    const entries = this.#sinceSummary;
    this.#sinceSummary = [];
    if (entries.length === 0) return "no request has ended";
    const counts = new Map<Kind, number>();
    for (const { kind } of entries) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    const kinds = [...counts].sort(([, a], [, b]) => b - a).map(([kind, n]) => `${n} ${kind}`);
    const times = entries.map(({ ms }) => ms).sort((a, b) => a - b);
    const median = times[Math.floor((times.length - 1) / 2)] as number;
    const [half, all] = [median, times.at(-1) as number].map(Math.ceil);
    const plural = entries.length === 1 ? "request" : "requests";
    return `${entries.length} ${plural}: ${kinds.join(", ")}; half within ${half} ms, all within ${all} ms`;
  }
}
