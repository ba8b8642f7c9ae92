/** A fixed number of members, in or out: sets of parties, small enough to keep one per selector. */
export class BitSet {
  readonly size: number;
  readonly #words: Uint32Array;

  /** Empty; `size` is how many members there can be. */
  constructor(size: number) {
    this.size = size;
    this.#words = new Uint32Array(Math.ceil(size / 32));
  }

  static full(size: number): BitSet {
    const set = new BitSet(size);
    set.#words.fill(0xffffffff);
    const spare = set.#words.length * 32 - size;
    if (spare > 0) set.#words[set.#words.length - 1] = 0xffffffff >>> spare;
    return set;
  }

  add(member: number): void {
    this.#words[member >>> 5] = this.#word(member >>> 5) | (1 << (member & 31));
  }

  addAll(other: BitSet): void {
    for (let i = 0; i < this.#words.length; i++) {
      this.#words[i] = this.#word(i) | other.#word(i);
    }
  }

  has(member: number): boolean {
    return (this.#word(member >>> 5) & (1 << (member & 31))) !== 0;
  }

  and(other: BitSet): BitSet {
    return this.#combined(other, (a, b) => a & b);
  }

  or(other: BitSet): BitSet {
    return this.#combined(other, (a, b) => a | b);
  }

  minus(other: BitSet): BitSet {
    return this.#combined(other, (a, b) => a & ~b);
  }

  /** The members, in ascending order. */
  forEach(visit: (member: number) => void): void {
    for (let i = 0; i < this.#words.length; i++) {
      let word = this.#word(i);
      while (word !== 0) {
        const bit = 31 - Math.clz32(word & -word);
        visit(i * 32 + bit);
        word &= word - 1;
      }
    }
  }

  #word(index: number): number {
    return this.#words[index] as number;
  }

  #combined(other: BitSet, combine: (a: number, b: number) => number): BitSet {
    const result = new BitSet(this.size);
    for (let i = 0; i < result.#words.length; i++) {
      result.#words[i] = combine(this.#word(i), other.#word(i));
    }
    return result;
  }
}
