/** One request under an idempotency key at a time, and one outcome for all of them. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../../runtime/http/problem.ts";
import type { Store } from "../runtime/store.ts";
import type { Command } from "../runtime/store-connection.ts";
import { type Claim, type KeyRecord, leaseOf, type Outcome, record, recordOf } from "./records.ts";

/** Who works on a key and says nothing for this long has died. */
const LEASE_MS = 1000;
const RENEWAL_MS = 250;
/**
 * A repeat waits so long for the first one to end, or to turn out dead, before it answers 409: longer
 * than a lease, and shorter than the gateway waits for an answer.
 */
const PATIENCE_MS = 1500;
const LOOK_MS = 50;

export interface Idempotency {
  /**
   * Answers as was answered before, or does the work.
   *
   * @param work gets the claim, and the order that an earlier try has left unsettled; an outcome that
   *   it returns is kept for 24 hours, and after an error the same key may be tried again at once
   * @throws Problem 422 if the key was used for another user, 409 if another request with it is still
   *   under way after 1.5 s, 503 if the store is away, and what `work` throws
   */
  once(
    key: string,
    user: string,
    work: (claim: Claim, unsettled?: string) => Promise<Outcome>,
  ): Promise<Outcome>;
}

export function idempotencyIn(store: Store): Idempotency {
  /** Claims the key, or finds the outcome. */
  async function begin(claim: Claim, user: string): Promise<KeyRecord> {
    const { key, owner } = claim;
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const claimed = await store.change([leaseOf(key), recordOf(key)], ([held, text = null]) => {
        const known: KeyRecord | undefined = text === null ? undefined : JSON.parse(text);
        if (known && known.user !== user) throw anotherRequest(key);
        if (known?.outcome) return { writes: [], result: known };
        if (held) return { writes: [], result: undefined };
        const started = known ?? { user };
        return {
          writes: [["SET", leaseOf(key), owner, "PX", `${LEASE_MS}`], record(key, started)],
          result: started,
        };
      });
      if (claimed) return claimed;
      if (Date.now() > deadline) throw underWay(key);
      await sleep(LOOK_MS);
    }
  }

  /** Only the owner's own lease: it may have run out, and be another's now. */
  const ifOwned = ({ key, owner }: Claim, ...writes: Command[]) =>
    store.change([leaseOf(key)], ([held]) => ({
      writes: held === owner ? writes : [],
      result: undefined,
    }));

  return {
    async once(key, user, work) {
      const claim = { key, owner: randomUUID() };
      const { order, outcome: known } = await begin(claim, user);
      if (known) return known;

      const lease = leaseOf(key);
      const renewal = setInterval(() => {
        // One that fails may make the lease run out; then the ledger refuses this work's order.
        ifOwned(claim, ["PEXPIRE", lease, `${LEASE_MS}`]).catch(() => {});
      }, RENEWAL_MS);
      try {
        const outcome = await work(claim, order);
        await ifOwned(claim, record(key, { user, outcome }));
        return outcome;
      } finally {
        clearInterval(renewal);
        // It runs out by itself if the store has gone.
        await ifOwned(claim, ["DEL", lease]).catch(() => {});
      }
    },
  };
}

/** @param key as it was sent */
export function underWay(key: string): Problem {
  return new Problem(
    409,
    `a request with Idempotency-Key "${key}" is still under way; repeat it in a moment`,
    { "retry-after": "1" },
  );
}

function anotherRequest(key: string): Problem {
  return new Problem(
    422,
    `Idempotency-Key "${key}" was used for another user's order; use a key of its own for each order`,
  );
}
