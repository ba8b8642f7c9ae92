/** Follows the addresses that host names stand for. */
import { lookup as dnsLookup } from "node:dns/promises";
import { isIP } from "node:net";
import { sleep } from "../../../micromesh/traffic/index.ts";

/** Milliseconds between two look-ups of a name. */
const LOOK_UP_MS = 1000;

/** @returns all addresses of a name; @throws if there are none, or it can't be told */
export type Lookup = (host: string) => Promise<string[]>;

const systemLookup: Lookup = async (host) =>
  (await dnsLookup(host, { all: true })).map(({ address }) => address);

interface Followed {
  addresses: readonly string[];
  /** Done when the name has been looked up once, or failed to be. */
  first: Promise<void>;
  known: boolean;
  stop(): void;
}

export class Addresses {
  readonly #followed = new Map<string, Followed>();
  readonly #lookup: Lookup;
  readonly #log: (line: string) => void;
  #revision = 0;

  /** @param log hears when a name begins to fail, and when it's back; not of each look-up */
  constructor(log: (line: string) => void = console.log, lookup = systemLookup) {
    this.#log = log;
    this.#lookup = lookup;
  }

  /** Another number whenever some address may have changed. */
  get revision(): number {
    return this.#revision;
  }

  /** Follows these names from now on, besides others; an IP address needs no look-up. */
  follow(hosts: Iterable<string>): void {
    for (const host of hosts) {
      if (!this.#followed.has(host)) this.#followed.set(host, this.#start(host));
    }
  }

  /** Forgets all names but these. */
  keepOnly(hosts: ReadonlySet<string>): void {
    for (const [host, { stop }] of this.#followed) {
      if (hosts.has(host)) continue;
      stop();
      this.#followed.delete(host);
    }
  }

  /** What the last look-up that succeeded has said. */
  of(host: string): readonly string[] {
    return this.#followed.get(host)?.addresses ?? [];
  }

  /** Whether a name that is followed has been looked up once, or failed to be. */
  isKnown(host: string): boolean {
    return this.#followed.get(host)?.known ?? false;
  }

  /** Waits until all names that are followed are known, for so many milliseconds at most. */
  async known(ms: number): Promise<void> {
    const late = new AbortController();
    const all = Promise.all([...this.#followed.values()].map(({ first }) => first));
    await Promise.race([all, sleep(ms, late.signal).catch(() => {})]);
    late.abort();
  }

  close(): void {
    this.keepOnly(new Set());
  }

  #start(host: string): Followed {
    this.#revision++;
    if (isIP(host)) {
      return { addresses: [host], first: Promise.resolve(), known: true, stop() {} };
    }
    const closing = new AbortController();
    let settled = () => {};
    const followed: Followed = {
      addresses: [],
      first: new Promise((resolve) => {
        settled = resolve;
      }),
      known: false,
      stop: () => closing.abort(),
    };
    void this.#keepLooking(host, followed, closing.signal, settled);
    return followed;
  }

  async #keepLooking(host: string, followed: Followed, signal: AbortSignal, settled: () => void) {
    let failing = false;
    while (!signal.aborted) {
      try {
        const found = [...new Set(await this.#lookup(host))].sort();
        if (found.join() !== followed.addresses.join()) {
          followed.addresses = found;
          this.#revision++;
        }
        if (failing) this.#log(`${host}: looked up again: ${found.join(", ")}`);
        failing = false;
      } catch (error) {
        if (!failing && !signal.aborted) {
          const kept = followed.addresses.join(", ") || "no address";
          this.#log(`${host}: can't be looked up: ${(error as Error).message}; left at ${kept}`);
        }
        failing = true;
      }
      followed.known = true;
      settled();
      await sleep(LOOK_UP_MS, signal).catch(() => {});
    }
  }
}
