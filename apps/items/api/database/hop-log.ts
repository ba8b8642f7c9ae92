import type { Failure, Hop } from "./failure.ts";

/** What the way to the database is like: it works, it fails at a hop, or nobody has tried. */
export type WayState = "unknown" | "well" | Hop;

/** One line in the log when the way to the database fails at another hop, or is well again; not one per request. */
export class HopLog {
  readonly #where: string;
  readonly #log: (line: string) => void;
  #state: WayState = "unknown";
  #latest = 0;
  #attempts = 0;

  /** @param where `db:5432` */
  constructor(where: string, log: (line: string) => void) {
    this.#where = where;
    this.#log = log;
  }

  get state(): WayState {
    return this.#state;
  }

  /** A try begins. @returns its number */
  begin(): number {
    return ++this.#attempts;
  }

  /** @param failure undefined if the database has answered */
  ended(attempt: number, failure?: Failure): void {
    // What began before something that has ended already tells how things were.
    if (attempt < this.#latest) return;
    this.#latest = attempt;
    const state = failure?.hop ?? "well";
    if (state === this.#state) return;
    const before = this.#state;
    this.#state = state;
    if (failure) this.#log(`database: ${failure.hop}: ${failure.words}`);
    else
      this.#log(`database: ${this.#where}: ${before === "unknown" ? "connected" : "well again"}`);
  }
}
