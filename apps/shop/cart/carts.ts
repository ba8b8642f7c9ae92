/** The carts of all users, in the store: each one as JSON under `cart:USER`. They are kept for ever. */
import type { Store } from "../runtime/store.ts";
import { type Cart, emptyCart } from "./cart.ts";

export interface Carts {
  /** An empty one for a user who has never had any. @throws StoreUnavailable */
  read(user: string): Promise<Cart>;
  /**
   * @param change gets the cart as it is, maybe more than once; what it throws is thrown
   * @returns the cart as it is now
   * @throws StoreUnavailable
   */
  change(user: string, change: (cart: Cart) => Cart): Promise<Cart>;
}

export function cartsIn(store: Store): Carts {
  return {
    async read(user) {
      return parse((await store.run("GET", keyOf(user))) as string | null);
    },
    change(user, change) {
      const key = keyOf(user);
      return store.change([key], ([text = null]) => {
        const before = parse(text);
        const after = change(before);
        if (after === before) return { writes: [], result: after };
        return { writes: [["SET", key, JSON.stringify(after)]], result: after };
      });
    },
  };
}

const keyOf = (user: string) => `cart:${user}`;
const parse = (text: string | null) => (text === null ? emptyCart : (JSON.parse(text) as Cart));
