/** Parties that every policy treats alike, so that what holds for one is computed once. */
import type { BitSet } from "./bit-set.ts";
import type { Party } from "./party.ts";

export interface PartyClasses {
  /** The class of each party, by its place in the list of parties. */
  of: Int32Array;
  /** The members of each class. */
  members: number[][];
}

/**
 * Splits the parties by every set that some policy names, and by what else the caller tells apart.
 * @param key parties with different keys are in different classes
 */
export function classify(
  parties: Party[],
  sets: Iterable<BitSet>,
  key: (party: Party) => string,
): PartyClasses {
  const of = new Int32Array(parties.length);
  const byKey = new Map<string, number>();
  for (const [i, party] of parties.entries()) {
    const own = key(party);
    const id = byKey.get(own) ?? byKey.size;
    byKey.set(own, id);
    of[i] = id;
  }
  const splitter = new Splitter(of, byKey.size);
  for (const set of sets) splitter.split(set);
  const members: number[][] = [];
  const compact = new Map<number, number>();
  for (const [i, id] of of.entries()) {
    let small = compact.get(id);
    if (small === undefined) {
      small = members.push([]) - 1;
      compact.set(id, small);
    }
    of[i] = small;
    members[small]?.push(i);
  }
  return { of, members };
}

/** The classes whose members are in a set that was among those that made the classes: of each all are, or none. */
export function classesIn(set: BitSet, { of, members }: PartyClasses): number[] {
  const inside: number[] = [];
  set.forEach((i) => {
    const own = of[i] as number;
    if (members[own]?.[0] === i) inside.push(own);
  });
  return inside;
}

/** Refines classes by one set after the other. There are never more of them than parties. */
class Splitter {
  readonly #of: Int32Array;
  /** How many are in each class, and how many of those in the set that splits. */
  readonly #sizes: number[];
  readonly #inside: number[];

  constructor(of: Int32Array, classes: number) {
    this.#of = of;
    this.#sizes = new Array(classes).fill(0);
    this.#inside = new Array(classes).fill(0);
    for (const id of of) this.#sizes[id] = (this.#sizes[id] as number) + 1;
  }

  /** Those of a class who are inside leave it for a new one together, unless everyone would. */
  split(set: BitSet): void {
    const met: number[] = [];
    set.forEach((i) => {
      const id = this.#of[i] as number;
      const before = this.#inside[id] as number;
      if (before === 0) met.push(id);
      this.#inside[id] = before + 1;
    });
    const moves = new Map<number, number>();
    for (const id of met) {
      const [inside, size] = [this.#inside[id] as number, this.#sizes[id] as number];
      this.#inside[id] = 0;
      if (inside === size) continue;
      this.#sizes[id] = size - inside;
      moves.set(id, this.#sizes.push(inside) - 1);
      this.#inside.push(0);
    }
    if (moves.size === 0) return;
    set.forEach((i) => {
      const id = this.#of[i] as number;
      this.#of[i] = moves.get(id) ?? id;
    });
  }
}
