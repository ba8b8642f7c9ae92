/**
 * A sorted set: members by score, equal scores by the members' bytes. A sorted array with binary
 * search: an insertion moves the tail in one block, which stays fast up to some 100,000 members.
 */
import { ELEMENT_OVERHEAD } from "./cost.ts";

/** A member and its score. */
export interface Scored {
  readonly member: string;
  readonly score: number;
}

export class SortedSetValue {
  readonly type = "zset";
  readonly #scores = new Map<string, number>();
  readonly #order: Scored[] = [];
  bytes = 0;

  get size(): number {
    return this.#scores.size;
  }

  score(member: string): number | undefined {
    return this.#scores.get(member);
  }

  /** Adds a member, or moves it to a new score. */
  set(member: string, score: number): void {
    this.delete(member);
    this.#scores.set(member, score);
    this.#order.splice(this.#position({ member, score }), 0, { member, score });
    this.bytes += member.length + ELEMENT_OVERHEAD;
  }

  /** @returns whether the member was there */
  delete(member: string): boolean {
    const score = this.#scores.get(member);
    if (score === undefined) return false;
    this.#scores.delete(member);
    this.#order.splice(this.#position({ member, score }), 1);
    this.bytes -= member.length + ELEMENT_OVERHEAD;
    return true;
  }

  /** The member's place from 0, lowest score first. */
  rank(member: string): number | undefined {
    const score = this.#scores.get(member);
    return score === undefined ? undefined : this.#position({ member, score });
  }

  /** The members from one place up to, not including, another. */
  slice(from?: number, to?: number): Scored[] {
    return this.#order.slice(from, to);
  }

  /** How many members come before the first one that the predicate holds for (it must stay true). */
  countBefore(holds: (entry: Scored) => boolean): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(this.#order[middle] as Scored)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #position(entry: Scored): number {
    return this.countBefore(
      (other) =>
        other.score > entry.score || (other.score === entry.score && other.member >= entry.member),
    );
  }
}
