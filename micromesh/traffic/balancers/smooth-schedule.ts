import type { Candidate, Endpoint } from "./balancer.ts";

/** More than rounding adds up to, less than any difference between shares. */
const TIE = 1e-9;

/**
 * Smooth weighted round robin, as nginx does it: at each pick everybody is credited its share, who
 * has most credit is picked and pays 1. Ties go to who comes first.
 *
 * With the same n candidates at each pick, nobody is ever more than 1 − 1/n picks ahead of its share,
 * nor more than 1/2 + 1/3 + … + 1/n behind:
 * - ahead: all credits sum up to 1 before a payment, so who has most has at least 1/n, and after paying
 *   at least 1/n − 1;
 * - behind: let A(k) be the mean of the k largest credits after a payment; A(k) ≤ 1/(k+1) + … + 1/n
 *   holds always. A(n) is 0. If the one who paid is among the k largest, they got 1 at most and paid
 *   1. If not, it had at least as much as each of them before it paid, so their mean is at most that
 *   of the k+1 with it, which is at most A(k+1) + 1/(k+1). (This is the cup game that scheduling
 *   theory knows, and k = 1 is the bound.)
 */
export class SmoothSchedule {
  /** Picks that one is behind (above 0) or ahead (below 0) of its share, by id. */
  private readonly credits = new Map<string, number>();

  /**
   * @param members everybody there is, picked or not; the credits of others are forgotten
   * @param candidates who can be picked now: some of the members, with their weights
   */
  pick<E extends Endpoint>(
    members: readonly Endpoint[],
    candidates: readonly Candidate<E>[],
  ): E | undefined {
    this.keepOnly(members);
    const total = candidates.reduce((sum, { weight }) => sum + weight, 0);
    let picked: E | undefined;
    let most = -Infinity;
    for (const { endpoint, weight } of candidates) {
      const credit = (this.credits.get(endpoint.id) ?? 0) + weight / total;
      this.credits.set(endpoint.id, credit);
      if (credit > most + TIE) {
        most = credit;
        picked = endpoint;
      }
    }
    if (picked) this.credits.set(picked.id, most - 1);
    return picked;
  }

  private keepOnly(members: readonly Endpoint[]): void {
    const { credits } = this;
    if (credits.size === members.length && members.every(({ id }) => credits.has(id))) return;
    const ids = new Set(members.map(({ id }) => id));
    for (const id of credits.keys()) if (!ids.has(id)) credits.delete(id);
    for (const id of ids) if (!credits.has(id)) credits.set(id, 0);
  }
}
