/** Watches the file that holds the config. */
import { readFile } from "node:fs/promises";
import { sleep } from "../../../micromesh/traffic/index.ts";
import { ConfigError } from "./config.ts";
import { inTurn } from "./in-turn.ts";
import type { Router } from "./router.ts";

/**
 * Milliseconds between two looks at the file. A mounted ConfigMap is changed by swapping a symbolic link
 * of a directory above it, which watching the file wouldn't show everywhere; its contents do.
 */
const LOOK_MS = 1000;

export interface ConfigFileEvents {
  /** A config has been read anew, and has taken over unless there is a problem. */
  reloaded(problem: string | undefined): void;
  log(line: string): void;
}

/** @throws ConfigError in one line if it can't be read */
export async function readConfig(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new ConfigError(`it can't be read: ${(error as Error).message}`);
  }
}

export class ConfigFile {
  readonly #path: string;
  readonly #router: Router;
  readonly #events: ConfigFileEvents;
  readonly #closing = new AbortController();
  readonly #inTurn = inTurn();
  /** What came of the last look: the text, or the error. */
  #seen: string;
  #problem: string | undefined;

  /** @param text what the file says, by which the router runs already */
  constructor(path: string, text: string, router: Router, events: ConfigFileEvents) {
    this.#path = path;
    this.#seen = text;
    this.#router = router;
    this.#events = events;
  }

  /** Why the config that runs isn't the file's, in one line; undefined if it is. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Has the router change whenever the file does, until it's closed. */
  async watch(): Promise<void> {
    const { signal } = this.#closing;
    for (;;) {
      await sleep(LOOK_MS, signal).catch(() => {});
      if (signal.aborted) return;
      await this.#inTurn(() => this.#look({ onlyIfNew: true }));
    }
  }

  /**
   * Has the router change now, if the file has changed.
   *
   * @throws ConfigError if it can't be read, or is wrong
   */
  async reload(): Promise<void> {
    await this.#inTurn(() => this.#look({ onlyIfNew: false }));
    if (this.#problem !== undefined) throw new ConfigError(this.#problem);
  }

  close(): void {
    this.#closing.abort();
  }

  async #look({ onlyIfNew }: { onlyIfNew: boolean }): Promise<void> {
    const found = await readConfig(this.#path).catch((error: ConfigError) => error);
    const said = String(found);
    const isNew = said !== this.#seen;
    this.#seen = said;
    if (!isNew && onlyIfNew) return;
    const problem = await this.#take(found);
    const differs = problem !== this.#problem;
    this.#problem = problem;
    this.#events.reloaded(problem);
    if (!isNew && !differs) return;
    const { hash } = this.#router.running;
    this.#events.log(
      problem === undefined
        ? `config ${hash} runs`
        : `config ${this.#path}: ${problem}; config ${hash} stays`,
    );
  }

  /** @returns what is wrong with it */
  async #take(found: string | ConfigError): Promise<string | undefined> {
    try {
      if (found instanceof ConfigError) throw found;
      await this.#router.change(found);
      return undefined;
    } catch (error) {
      if (error instanceof ConfigError) return error.message;
      throw error;
    }
  }
}
