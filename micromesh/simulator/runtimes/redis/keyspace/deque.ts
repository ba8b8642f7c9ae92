/** A double-ended queue in a ring buffer: constant time at both ends and by index. */
export class Deque<T> {
  #ring: (T | undefined)[] = new Array(8);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The item at an index from 0, or undefined beyond the end. */
  at(index: number): T | undefined {
    return index < this.#length ? this.#ring[this.#slot(index)] : undefined;
  }

  /** Replaces the item at an existing index. */
  set(index: number, item: T): void {
    this.#ring[this.#slot(index)] = item;
  }

  pushBack(item: T): void {
    this.#grow();
    this.#ring[this.#slot(this.#length++)] = item;
  }

  pushFront(item: T): void {
    this.#grow();
    this.#head = (this.#head - 1 + this.#ring.length) % this.#ring.length;
    this.#ring[this.#head] = item;
    this.#length++;
  }

  popBack(): T | undefined {
    if (this.#length === 0) return undefined;
    const slot = this.#slot(--this.#length);
    const item = this.#ring[slot];
    this.#ring[slot] = undefined;
    return item;
  }

  popFront(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) % this.#ring.length;
    this.#length--;
    return item;
  }

  /** A copy of the items from one index up to, not including, another. */
  slice(from = 0, to = this.#length): T[] {
    const items: T[] = [];
    for (let i = Math.max(0, from); i < Math.min(to, this.#length); i++) {
      items.push(this.#ring[this.#slot(i)] as T);
    }
    return items;
  }

  #slot(index: number): number {
    return (this.#head + index) % this.#ring.length;
  }

  #grow(): void {
    if (this.#length < this.#ring.length) return;
    const items = this.slice();
    this.#ring = items.concat(new Array(items.length));
    this.#head = 0;
  }
}
