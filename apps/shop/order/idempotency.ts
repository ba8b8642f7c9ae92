/** One request under an idempotency key at a time, and one outcome for all of them. */
import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../../runtime/http/problem.ts";
import type { Store } from "../runtime/store.ts";
import type { Command } from "../runtime/store-connection.ts";
import { PULSE_MS, Pulse } from "./pulse.ts";
import { type Claim, type KeyRecord, leaseOf, type Outcome, record, recordOf } from "./records.ts";

/** No work lasts so long, that of a process which has died aside. */
const LEASE_SECONDS = 120;
/**
 * A repeat waits so long for the first one to end, or to turn out dead, before it answers 409: longer
 * than that takes, and shorter than the gateway waits for an answer.
 */
const PATIENCE_MS = PULSE_MS + 500;
const LOOK_MS = 50;

export interface Idempotency {
  /**
   * Answers as was answered before, or does the work.
   *
   * @param work gets the claim, and the order that an earlier try has left unsettled; an outcome that
   *   it returns is kept for 24 hours, and after an error the same key may be tried again at once
   * @throws Problem 422 if the key was used for another user, 409 if another request with it is still
   *   under way after 2.5 s, 503 if the store is away, and what `work` throws
   */
  once(
    key: string,
    user: string,
    work: (claim: Claim, unsettled?: string) => Promise<Outcome>,
  ): Promise<Outcome>;
}

/** What is known of a key that is ours now or has an outcome, or who else has it. */
type Found = { known: KeyRecord } | { held: string };

export function idempotencyIn(store: Store): Idempotency {
  const pulse = new Pulse(store);

  /** Claims the key, or finds the outcome. */
  async function begin(claim: Claim, user: string): Promise<KeyRecord> {
    const { key, owner } = claim;
    const deadline = Date.now() + PATIENCE_MS;
    /** Has the lease, and isn't alive any more. */
    let dead: string | undefined;
    for (;;) {
      const found = await store.change<Found>([leaseOf(key), recordOf(key)], ([held, text]) => {
        const known: KeyRecord | undefined = text ? JSON.parse(text) : undefined;
        if (known && known.user !== user) throw anotherRequest();
        if (known?.outcome) return { writes: [], result: { known } };
        if (held && held !== dead) return { writes: [], result: { held } };
        const started = known ?? { user };
        return {
          writes: [["SET", leaseOf(key), owner, "EX", `${LEASE_SECONDS}`], record(key, started)],
          result: { known: started },
        };
      });
      if ("known" in found) return found.known;
      if (await pulse.isAlive(found.held)) {
        if (Date.now() > deadline) throw underWay();
        await sleep(LOOK_MS);
      } else {
        dead = found.held;
      }
    }
  }

  /** Only the owner's own lease: it may be another's by now. */
  const ifOwned = ({ key, owner }: Claim, ...writes: Command[]) =>
    store.change([leaseOf(key)], ([held]) => ({
      writes: held === owner ? writes : [],
      result: undefined,
    }));

  return {
    once(key, user, work) {
      const claim = { key, owner: pulse.owner() };
      return pulse.during(async () => {
        const { order, outcome: known } = await begin(claim, user);
        if (known) return known;
        const free: Command = ["DEL", leaseOf(key)];
        try {
          const outcome = await work(claim, order);
          await ifOwned(claim, record(key, { user, outcome }), free);
          return outcome;
        } catch (error) {
          await ifOwned(claim, free).catch(() => pulse.leave());
          throw error;
        }
      });
    },
  };
}

export function underWay(): Problem {
  return new Problem(
    409,
    "a request with this Idempotency-Key is still under way; repeat it in a moment",
    { "retry-after": "1" },
  );
}

function anotherRequest(): Problem {
  return new Problem(
    422,
    "this Idempotency-Key was used for another user's order; use a key of its own for each order",
  );
}
