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
  let next = 0;
  const byKey = new Map<string, number>();
  for (const [i, party] of parties.entries()) {
    const own = key(party);
    let id = byKey.get(own);
    if (id === undefined) {
      id = next++;
      byKey.set(own, id);
    }
    of[i] = id;
  }
  for (const set of sets) {
    // Those inside leave their class for a new one, together with their fellows inside.
    const moved = new Map<number, number>();
    set.forEach((i) => {
      const old = of[i] as number;
      let id = moved.get(old);
      if (id === undefined) {
        id = next++;
        moved.set(old, id);
      }
      of[i] = id;
    });
  }
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
