/**
 * What is remembered of an idempotency key, in the store:
 * - `order:key:KEY`: a {@link KeyRecord} as JSON, for 24 hours
 * - `order:lease:KEY`: who works on it just now; it counts for as long as that one is alive
 */
import type { Command } from "../runtime/store-connection.ts";
import type { Order } from "./order.ts";

const KEPT_SECONDS = 24 * 60 * 60;

/** How a request to order ended, for good: the answer to it and to its repeats. */
export type Outcome = { status: 201; order: Order } | { status: 409; error: string };

export interface KeyRecord {
  /** What was asked under the key: an order for this user. */
  user: string;
  /** The pending order that has been made so far. */
  order?: string;
  /** Once there is one. */
  outcome?: Outcome;
}

/** The right to work on a key. */
export interface Claim {
  key: string;
  /** Nobody else has the same. */
  owner: string;
}

export const recordOf = (key: string) => `order:key:${key}`;
export const leaseOf = (key: string) => `order:lease:${key}`;

/** The command that remembers. */
export function record(key: string, content: KeyRecord): Command {
  return ["SET", recordOf(key), JSON.stringify(content), "EX", `${KEPT_SECONDS}`];
}
