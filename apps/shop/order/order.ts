/** An order, and what it costs. Pure. */

/** A product as the catalog sells it. */
export interface Product {
  id: string;
  name: string;
  /** In units of the currency, with at most two decimals. */
  price: number;
}

export interface Line {
  product_id: string;
  name: string;
  quantity: number;
  /** Of one, in units of the currency. */
  price: number;
  total: number;
}

export interface Order {
  id: string;
  user: string;
  /** `pending`: whether it has got the cart isn't settled. */
  status: "pending" | "placed";
  items: Line[];
  /** In units of the currency, with at most two decimals. */
  total: number;
  /** RFC 3339, in UTC. */
  created_at: string;
  /** The version of the cart that it was made from. */
  cart_version: number;
  /** The Idempotency-Key that it was made under. */
  key?: string;
}

/** How many of which product. */
export interface Wanted {
  quantity: number;
  product: Product;
}

/** What is wanted as lines with prices, and the sum, counted in cents. */
export function priced(wanted: readonly Wanted[]): Pick<Order, "items" | "total"> {
  let sum = 0;
  const items = wanted.map(({ quantity, product: { id, name, price } }) => {
    const cents = Math.round(price * 100) * quantity;
    sum += cents;
    return { product_id: id, name, quantity, price, total: cents / 100 };
  });
  return { items, total: sum / 100 };
}
