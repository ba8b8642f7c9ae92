/**
 * The orders, in the store:
 * - `order:id:ID`: the order as JSON
 * - `order:pending:USER`: the id of the user's order that isn't settled; one at most
 * - `order:unsettled`: the set of users who have one
 * - `order:of:USER`: the list of the user's placed orders
 *
 * They are kept for ever. A change is made of all of them together or not at all, so that a process
 * may die at any moment.
 */

import type { Store } from "../runtime/store.ts";
import type { Command } from "../runtime/store-connection.ts";
import type { Order } from "./order.ts";
import { type Claim, leaseOf, record } from "./records.ts";

const UNSETTLED = "order:unsettled";
const orderKey = (id: string) => `order:id:${id}`;
const pendingKey = (user: string) => `order:pending:${user}`;
const listKey = (user: string) => `order:of:${user}`;

/** Every method throws StoreUnavailable. */
export interface Ledger {
  get(id: string): Promise<Order | undefined>;
  pendingOf(user: string): Promise<string | undefined>;
  usersWithPending(): Promise<string[]>;
  /** The newest first. */
  placedBy(
    user: string,
    offset: number,
    limit: number,
  ): Promise<{ orders: Order[]; total: number }>;
  /**
   * Enters a pending order.
   *
   * @returns `busy` if the user has one that isn't settled, `disowned` if the claim has run out
   */
  enter(order: Order, claim?: Claim): Promise<"entered" | "busy" | "disowned">;
  /** A pending order has got the cart. @returns it, placed; undefined if it was dropped before */
  place(id: string): Promise<Order | undefined>;
  /** A pending order can't get the cart: it has never been. @returns it if it was placed before */
  drop(id: string): Promise<Order | undefined>;
}

export function ledgerIn(store: Store): Ledger {
  const ids = async (...command: Command) => (await store.run(...command)) as string[];

  /** Settles an order that is still pending; another's settling stands. */
  function settle(
    id: string,
    settling: (order: Order) => { writes: Command[]; result: Order | undefined },
  ): Promise<Order | undefined> {
    return store.change<Order | undefined>([orderKey(id)], ([text = null]) => {
      const order = parse(text);
      if (order?.status !== "pending") return { writes: [], result: order };
      const { user } = order;
      const { writes, result } = settling(order);
      return { writes: [...writes, ["DEL", pendingKey(user)], ["SREM", UNSETTLED, user]], result };
    });
  }

  return {
    async get(id) {
      return parse((await store.run("GET", orderKey(id))) as string | null);
    },
    async pendingOf(user) {
      return ((await store.run("GET", pendingKey(user))) as string | null) ?? undefined;
    },
    usersWithPending: () => ids("SMEMBERS", UNSETTLED),
    async placedBy(user, offset, limit) {
      const total = (await store.run("LLEN", listKey(user))) as number;
      const found = await ids("LRANGE", listKey(user), `${offset}`, `${offset + limit - 1}`);
      const [first, ...others] = found.map(orderKey);
      if (!first) return { orders: [], total };
      const texts = (await store.run("MGET", first, ...others)) as (string | null)[];
      return { orders: texts.map(parse).filter((order) => order !== undefined), total };
    },
    enter(order, claim) {
      const { id, user } = order;
      const keys = [pendingKey(user), ...(claim ? [leaseOf(claim.key)] : [])];
      return store.change<"entered" | "busy" | "disowned">(keys, ([pending, owner]) => {
        if (claim && owner !== claim.owner) return { writes: [], result: "disowned" };
        if (pending) return { writes: [], result: "busy" };
        const writes: Command[] = [
          ["SET", orderKey(id), JSON.stringify(order)],
          ["SET", pendingKey(user), id],
          ["SADD", UNSETTLED, user],
        ];
        if (claim) writes.push(record(claim.key, { user, order: id }));
        return { writes, result: "entered" };
      });
    },
    place: (id) =>
      settle(id, (order) => {
        const { user, key } = order;
        const placed: Order = { ...order, status: "placed" };
        const writes: Command[] = [
          ["SET", orderKey(id), JSON.stringify(placed)],
          ["LPUSH", listKey(user), id],
        ];
        const outcome = { status: 201, order: placed } as const;
        if (key) writes.push(record(key, { user, outcome }));
        return { writes, result: placed };
      }),
    drop: (id) =>
      settle(id, ({ user, key }) => {
        const writes: Command[] = [["DEL", orderKey(id)]];
        if (key) writes.push(record(key, { user }));
        return { writes, result: undefined };
      }),
  };
}

function parse(text: string | null): Order | undefined {
  return text === null ? undefined : (JSON.parse(text) as Order);
}
