/**
 * How a cart becomes an order, once and only once:
 * 1. the cart is read, and its items are priced
 * 2. the order is entered as pending; a user has one pending order at most
 * 3. the order takes the cart, if it's still as it was read; the cart remembers who took it
 * 4. the order is placed
 *
 * A process that dies in between leaves a pending order, or nothing. Whoever meets a pending order
 * settles it, by doing 3 and 4 again: if the order has got the cart it is placed, and if it can't get
 * it any more it has never been.
 */
import { randomUUID } from "node:crypto";
import { Problem } from "../../runtime/http/problem.ts";
import { underWay } from "./idempotency.ts";
import type { Ledger } from "./ledger.ts";
import { type Order, priced, type Wanted } from "./order.ts";
import type { Claim, Outcome } from "./records.ts";
import type { CartSeen, Upstream } from "./upstream.ts";

/** Each time somebody else has been quicker, and has got an order or changed the cart. */
const MAX_TRIES = 20;

export interface Placing {
  ledger: Ledger;
  upstream: Upstream;
  now?: () => Date;
}

/**
 * Orders what is in the user's cart.
 *
 * @param claim of the idempotency key, if the request has one
 * @returns the order, or why there is none: the cart is empty, or holds what isn't sold any more
 * @throws Problem 409 if the cart keeps changing, 503 if cart, catalog or store can't be asked
 */
export async function orderCart(placing: Placing, user: string, claim?: Claim): Promise<Outcome> {
  const { ledger, upstream, now = () => new Date() } = placing;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const pending = await ledger.pendingOf(user);
    if (pending) await settle(placing, pending);

    const cart = await upstream.cart(user);
    if (cart.items.length === 0) {
      return { status: 409, error: `the cart of ${user} is empty; add something first` };
    }
    const wanted = await withPrices(upstream, cart);
    if (!Array.isArray(wanted)) return wanted;

    const order: Order = {
      id: randomUUID(),
      user,
      status: "pending",
      ...priced(wanted),
      created_at: now().toISOString(),
      cart_version: cart.version,
      ...(claim && { key: claim.key }),
    };
    const entered = await ledger.enter(order, claim);
    if (claim && entered === "disowned") throw underWay();
    if (entered === "busy") continue;
    const settled = await settle(placing, order.id).catch((error) => stillPending(order, error));
    if (settled) return { status: 201, order: settled };
  }
  throw new Problem(409, `the cart of ${user} keeps changing; try again when it doesn't`);
}

/**
 * Settles an order, if it isn't.
 *
 * @returns the order, placed; undefined if there is none, or it couldn't get its cart
 * @throws Problem 503 if cart or store can't be asked: it is still pending then
 */
export async function settle(placing: Placing, id: string): Promise<Order | undefined> {
  const { ledger, upstream } = placing;
  const order = await ledger.get(id);
  if (order?.status !== "pending") return order;
  const taken = await upstream.take(order.user, order.cart_version, id);
  return taken ? ledger.place(id) : ledger.drop(id);
}

/** Settles all orders that are pending. @returns how many were, and how many of them still are */
export async function settleAll(placing: Placing): Promise<{ found: number; left: number }> {
  const users = await placing.ledger.usersWithPending();
  let left = 0;
  for (const user of users) {
    try {
      const id = await placing.ledger.pendingOf(user);
      if (id) await settle(placing, id);
    } catch {
      left += 1;
    }
  }
  return { found: users.length, left };
}

async function withPrices(upstream: Upstream, cart: CartSeen): Promise<Wanted[] | Outcome> {
  const items = await Promise.all(
    cart.items.map(async ({ product_id, quantity }) => {
      return { product_id, quantity, product: await upstream.product(product_id) };
    }),
  );
  const wanted: Wanted[] = [];
  for (const { product_id, quantity, product } of items) {
    if (!product) {
      const error = `the catalog has no product "${product_id}" any more; remove it from the cart`;
      return { status: 409, error };
    }
    wanted.push({ quantity, product });
  }
  return wanted;
}

function stillPending({ id }: Order, error: unknown): never {
  if (!(error instanceof Problem)) throw error;
  const { status, message, headers } = error;
  throw new Problem(
    status,
    `${message}; order ${id} is pending: GET /order/${id} settles it`,
    headers,
  );
}
