/**
 * One numbered database: keys with values and times to live. Pure but for the clock it is given:
 * expired keys vanish when they're asked for (lazily) and in `expireSome` (actively).
 */
import { RedisError } from "../resp/replies.ts";
import { KEY_OVERHEAD } from "./cost.ts";
import type { Value } from "./values.ts";

/** A client's interest in keys staying as they are (WATCH). */
export interface Watch {
  dirty: boolean;
}

/** Who wants to hear what happens in a database. */
export interface Observer {
  /** Something was changed by whoever uses the database. */
  changed(): void;
  /** A key has vanished, since its time was over. */
  expired(key: string): void;
}

interface Entry {
  value: Value;
  /** Unix time in milliseconds. */
  expiresAt: number | undefined;
  /** What the entry was last measured at. */
  bytes: number;
  /** When it was last used, in milliseconds: what LRU eviction goes by. */
  usedAt: number;
  /** Grows with every key created; SCAN's cursors are these. */
  readonly order: number;
}

export class Database {
  /** While true keys outlive their time: what is being loaded mustn't vanish halfway. */
  loading = false;
  readonly #now: () => number;
  readonly #observer: Observer | undefined;
  readonly #entries = new Map<string, Entry>();
  readonly #volatile = new Set<string>();
  readonly #watches = new Map<string, Set<Watch>>();
  #bytes = 0;
  #created = 0;
  #expired = 0;
  #expiryScan: Iterator<string> | undefined;
  #scan: { after: number; rest: Iterator<[string, Entry]> } | undefined;

  constructor(now: () => number, observer?: Observer) {
    this.#now = now;
    this.#observer = observer;
  }

  /** Number of keys, including expired ones that nobody has asked for yet, as in Redis. */
  get size(): number {
    return this.#entries.size;
  }
  /** Number of keys with a time to live. */
  get volatileSize(): number {
    return this.#volatile.size;
  }
  /** Estimated memory in bytes. */
  get bytes(): number {
    return this.#bytes;
  }
  /** Keys that have expired so far. */
  get expired(): number {
    return this.#expired;
  }

  /** The value of a key, whatever its type. */
  get(key: string): Value | undefined {
    return this.#live(key)?.value;
  }

  /**
   * The value of a key that must be of one type.
   * @throws RedisError (WRONGTYPE) where it's of another
   */
  read<T extends Value>(key: string, type: new (...args: never[]) => T): T | undefined {
    const value = this.get(key);
    if (value === undefined || value instanceof type) return value as T | undefined;
    throw new RedisError("WRONGTYPE Operation against a key holding the wrong kind of value");
  }

  /** Sets a key. Without `expiresAt` the key has no time to live, whatever it had before. */
  put(key: string, value: Value, expiresAt?: number): void {
    const entry = this.#live(key);
    if (entry) entry.value = value;
    else {
      this.#created++;
      const usedAt = this.#now();
      const order = this.#created;
      this.#entries.set(key, { value, expiresAt: undefined, bytes: 0, usedAt, order });
    }
    this.#setExpiry(key, expiresAt);
    this.changed(key);
  }

  /** To be called when a value was changed in place: an empty collection goes, watchers hear of it. */
  changed(key: string): void {
    const entry = this.#entries.get(key);
    if (entry && entry.value.size === 0) {
      this.delete(key);
      return;
    }
    if (entry) this.#measure(entry, key.length + entry.value.bytes + KEY_OVERHEAD);
    this.#altered(key);
  }

  /** @returns whether the key was there */
  delete(key: string): boolean {
    if (!this.#live(key)) return false;
    this.#drop(key);
    this.#altered(key);
    return true;
  }

  /** Deletes every key. */
  clear(): void {
    for (const key of this.#watches.keys()) if (this.#live(key)) this.#touchWatches(key);
    this.#entries.clear();
    this.#volatile.clear();
    this.#bytes = 0;
    this.#scan = undefined;
    this.#observer?.changed();
  }

  /** When a key expires (Unix time in milliseconds), undefined where it never does or isn't there. */
  expiresAt(key: string): number | undefined {
    return this.#live(key)?.expiresAt;
  }

  /** What is stored at a key, over or not; asking doesn't count as use. */
  peek(key: string): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  /** As `expiresAt`, for a key whose time may be over by now, too. */
  deadline(key: string): number | undefined {
    return this.#entries.get(key)?.expiresAt;
  }

  /** Gives an existing key a time to live, or with undefined takes it away. A past time deletes. */
  expire(key: string, at: number | undefined): void {
    if (!this.#live(key)) return;
    if (at !== undefined && this.#isOver(at)) {
      this.delete(key);
      return;
    }
    this.#setExpiry(key, at);
    this.#altered(key);
  }

  /** All live keys, oldest first. */
  *keys(): IterableIterator<string> {
    for (const key of this.#entries.keys()) if (this.#live(key)) yield key;
  }

  /** Everything that is stored, over or not; asking doesn't count as use. */
  *entries(): IterableIterator<{ key: string; value: Value; expiresAt: number | undefined }> {
    for (const [key, { value, expiresAt }] of this.#entries) yield { key, value, expiresAt };
  }

  /**
   * Some keys after a cursor (0 to begin), and the cursor to go on with (0 at the end). A key that
   * is there from the first call to the last is met once.
   */
  scan(cursor: number, count: number): { next: number; keys: string[] } {
    const rest = this.#scan?.after === cursor ? this.#scan.rest : this.#entriesAfter(cursor);
    this.#scan = undefined;
    const keys: string[] = [];
    for (let i = 0; i < count; i++) {
      const { value, done } = rest.next();
      if (done) return { next: 0, keys };
      const [key, entry] = value;
      if (this.#live(key)) keys.push(key);
      if (i === count - 1) {
        this.#scan = { after: entry.order, rest };
        return { next: entry.order, keys };
      }
    }
    return { next: cursor, keys };
  }

  /** Looks at up to `limit` keys that have a time to live and deletes the expired ones. */
  expireSome(limit: number): void {
    const scan = this.#expiryScan ?? this.#volatile.values();
    this.#expiryScan = scan;
    for (let i = 0; i < limit; i++) {
      const { value, done } = scan.next();
      if (done) {
        this.#expiryScan = undefined;
        return;
      }
      this.#live(value);
    }
  }

  /** The least recently used of the keys sampled from the front, or undefined where there are none. */
  evictable(volatileOnly: boolean, sample: number): string | undefined {
    let oldest: { key: string; usedAt: number } | undefined;
    let seen = 0;
    for (const key of volatileOnly ? this.#volatile : this.#entries.keys()) {
      const usedAt = this.#entries.get(key)?.usedAt ?? 0;
      if (!oldest || usedAt < oldest.usedAt) oldest = { key, usedAt };
      if (++seen >= sample) break;
    }
    return oldest?.key;
  }

  /** Begins to watch a key. */
  watch(key: string, watch: Watch): void {
    const watches = this.#watches.get(key) ?? new Set();
    this.#watches.set(key, watches.add(watch));
  }

  /** Ends watching a key. */
  unwatch(key: string, watch: Watch): void {
    const watches = this.#watches.get(key);
    watches?.delete(watch);
    if (watches?.size === 0) this.#watches.delete(key);
  }

  #live(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (entry.expiresAt !== undefined && this.#isOver(entry.expiresAt)) {
      this.#expired++;
      this.#drop(key);
      this.#touchWatches(key);
      this.#observer?.expired(key);
      return undefined;
    }
    entry.usedAt = this.#now();
    return entry;
  }

  #isOver(time: number): boolean {
    return !this.loading && time <= this.#now();
  }

  #altered(key: string): void {
    this.#touchWatches(key);
    this.#observer?.changed();
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#measure(entry, 0);
    this.#entries.delete(key);
    this.#volatile.delete(key);
  }

  #setExpiry(key: string, at: number | undefined): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    entry.expiresAt = at;
    if (at === undefined) this.#volatile.delete(key);
    else this.#volatile.add(key);
  }

  #measure(entry: Entry, bytes: number): void {
    this.#bytes += bytes - entry.bytes;
    entry.bytes = bytes;
  }

  #touchWatches(key: string): void {
    for (const watch of this.#watches.get(key) ?? []) watch.dirty = true;
  }

  *#entriesAfter(cursor: number): Generator<[string, Entry], undefined> {
    for (const pair of this.#entries) if (pair[1].order > cursor) yield pair;
    return undefined;
  }
}
