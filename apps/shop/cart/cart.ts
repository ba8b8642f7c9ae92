/** A cart, and what changes it. Pure. */
import { Problem } from "../../runtime/http/problem.ts";
import { type EntityTags, matches } from "./entity-tags.ts";

/** Of one product; beyond it, sums of money could lose their cents. */
export const MAX_QUANTITY = 1_000_000;

export interface Item {
  product_id: string;
  /** At least 1. */
  quantity: number;
}

export interface Cart {
  /** Rises with each change and is never had twice, so that it says which state somebody has seen. */
  version: number;
  /** In the order in which they came, each product once. */
  items: readonly Item[];
  /** The version that the last plain clear has ended. */
  cleared?: number;
  /** The last order that has taken what was in the cart. */
  takenBy?: string;
}

export const emptyCart: Cart = { version: 0, items: [] };

/** @throws Problem 409 if the cart would hold more than 1,000,000 of the product */
export function add(cart: Cart, product: string, quantity: number): Cart {
  const before = cart.items.find((item) => item.product_id === product);
  const sum = (before?.quantity ?? 0) + quantity;
  if (sum > MAX_QUANTITY) {
    throw new Problem(
      409,
      `the cart would hold ${sum} of ${product}; it holds ${MAX_QUANTITY} at most: order some first`,
    );
  }
  const item = { product_id: product, quantity: sum };
  const items = before
    ? cart.items.map((other) => (other === before ? item : other))
    : [...cart.items, item];
  return next(cart, { items });
}

/** The cart without a product; the same cart if it hasn't got it. */
export function remove(cart: Cart, product: string): Cart {
  const items = cart.items.filter((item) => item.product_id !== product);
  return items.length === cart.items.length ? cart : next(cart, { items });
}

/**
 * Empties a cart, if it is as the caller has seen it. A repeat whose answer got lost is answered as the
 * first one was, as RFC 9110 13.1.1 permits.
 *
 * @param seen from If-Match; undefined: whatever is in the cart
 * @returns the same cart if there's nothing to do, undefined if it is another one by now
 */
export function clear(cart: Cart, seen?: EntityTags): Cart | undefined {
  if (!seen || matches(seen, cart.version)) {
    return cart.items.length === 0 ? cart : next(cart, { items: [], cleared: cart.version });
  }
  const isRepeat = cart.cleared === cart.version - 1 && seen !== "*" && matches(seen, cart.cleared);
  return isRepeat ? cart : undefined;
}

/**
 * Hands what is in the cart to an order: it gets it once, and only as it was at the version that the
 * order was priced at. An order that asks again, because it never heard the answer, has still got it;
 * unless another has taken the cart since, which the order service doesn't let happen while one is
 * unsettled.
 *
 * @returns the same cart if the order has it already, undefined if it can't have it
 */
export function take(cart: Cart, order: string, seen: EntityTags): Cart | undefined {
  if (cart.takenBy === order) return cart;
  return matches(seen, cart.version) ? next(cart, { items: [], takenBy: order }) : undefined;
}

function next(cart: Cart, change: Partial<Cart>): Cart {
  return { ...cart, ...change, version: cart.version + 1 };
}
