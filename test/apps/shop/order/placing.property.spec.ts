import assert from "node:assert/strict";
import fc from "fast-check";
import { Problem } from "../../../../apps/runtime/http/problem.ts";
import { add, type Cart, clear, emptyCart, take } from "../../../../apps/shop/cart/cart.ts";
import { entityTag } from "../../../../apps/shop/cart/entity-tags.ts";
import { ledgerIn } from "../../../../apps/shop/order/ledger.ts";
import type { Order } from "../../../../apps/shop/order/order.ts";
import { orderCart, type Placing, settleAll } from "../../../../apps/shop/order/placing.ts";
import type { Outcome } from "../../../../apps/shop/order/records.ts";
import type { Upstream } from "../../../../apps/shop/order/upstream.ts";
import { Unavailable } from "../../../../apps/shop/runtime/mesh-client.ts";
import type { Store } from "../../../../apps/shop/runtime/store.ts";
import { seed } from "../runtime/world.ts";
import { memoryStore } from "./memory-store.ts";

const USER = "ann";
const PRICES: Record<string, number> = { "p-1": 0.1, "p-2": 19.99, "p-3": 1299 };

/** What goes wrong with one step: it isn't done, it's done and its answer is lost, or all ends. */
type Trouble = "fine" | "unreachable" | "answer lost" | "death";

type Actor =
  | { does: "order"; troubles: Trouble[] }
  | { does: "add"; product: string; quantity: number }
  | { does: "clear" };

const trouble = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Trouble>("fine") },
  { weight: 1, arbitrary: fc.constantFrom<Trouble>("unreachable", "answer lost", "death") },
);
const actor = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant("order" as const),
      troubles: fc.array(trouble, { maxLength: 14 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant("add" as const),
      product: fc.constantFrom(...Object.keys(PRICES)),
      quantity: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("clear" as const) }) },
);

/** One cart and one store, and many who use them at once, each a process of its own. */
class World {
  cart: Cart = emptyCart;
  readonly store: Store = memoryStore();
  readonly added: number[] = [];
  readonly cleared: number[] = [];
  readonly answers: Outcome[] = [];

  /** How a process of the order service sees the world; every step of it may go wrong. */
  placing(step: <T>(work: () => T | Promise<T>) => Promise<T>): Placing {
    const { store } = this;
    const upstream: Upstream = {
      cart: () => step(() => ({ version: this.cart.version, items: [...this.cart.items] })),
      product: (id) => step(() => ({ id, name: id, price: PRICES[id] ?? 0 })),
      take: (_user, version, order) =>
        step(() => {
          const after = take(this.cart, order, [entityTag(version)]);
          this.cart = after ?? this.cart;
          return after !== undefined;
        }),
    };
    const ledger = ledgerIn({
      run: (...command) => step(() => store.run(...command)),
      change: (keys, decide) => step(() => store.change(keys, decide)),
      close() {},
    });
    return { ledger, upstream };
  }

  async act(one: Actor, turn: () => Promise<unknown>): Promise<void> {
    if (one.does !== "order") {
      await turn();
      if (one.does === "add") {
        this.cart = add(this.cart, one.product, one.quantity);
        this.added.push(one.quantity);
      } else {
        this.cleared.push(units(this.cart.items));
        this.cart = clear(this.cart) ?? this.cart;
      }
      return;
    }
    const troubles = [...one.troubles];
    const placing = this.placing(async (work) => {
      const befalls = troubles.shift() ?? "fine";
      await turn();
      if (befalls === "death") return new Promise<never>(() => {});
      if (befalls === "unreachable") throw new Unavailable("cart", "not reached");
      const result = await work();
      if (befalls === "answer lost") throw new Unavailable("cart", "answer lost");
      return result;
    });
    try {
      this.answers.push(await orderCart(placing, USER));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
  }
}

const units = (items: readonly { quantity: number }[]) =>
  items.reduce((sum, { quantity }) => sum + quantity, 0);
const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);

describe(`shop: placing orders while all goes wrong (MICROMESH_SEED=${seed})`, () => {
  it("puts each thing that was added into one order, or leaves it in the cart", async () => {
    let placed = 0;
    let died = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(actor, { minLength: 1, maxLength: 9 }),
        async (scheduler, actors) => {
          const world = new World();
          world.cart = add(world.cart, "p-1", 1);
          world.added.push(1);
          const turn = () => scheduler.schedule(Promise.resolve());
          for (const one of actors) void world.act(one, turn);
          await scheduler.waitIdle();

          const calm = world.placing(async (work) => work());
          const { found, left } = await settleAll(calm);
          assert.equal(left, 0);
          assert.equal((await settleAll(calm)).found, 0);
          const { orders } = await calm.ledger.placedBy(USER, 0, 100);
          const ordered = sum(orders.map(({ items }) => units(items)));
          const where = `${ordered} ordered, ${units(world.cart.items)} in the cart`;
          assert.equal(
            ordered + units(world.cart.items) + sum(world.cleared),
            sum(world.added),
            where,
          );
          for (const { status, items, total } of orders) {
            assert.equal(status, "placed");
            assert.ok(units(items) > 0);
            const exact = items.map(({ quantity, price }) => quantity * Math.round(price * 100));
            assert.equal(Math.round(total * 100), sum(exact));
          }
          const told = world.answers.flatMap((one) => (one.status === 201 ? [one.order] : []));
          assert.equal(new Set(told.map(({ id }) => id)).size, told.length, "told twice");
          const byId = new Map(orders.map((order): [string, Order] => [order.id, order]));
          for (const order of told) assert.deepEqual(order, byId.get(order.id));
          // Nobody who comes later is hindered by what has been.
          world.cart = add(world.cart, "p-2", 1);
          const wanted = units(world.cart.items);
          const last = await orderCart(calm, USER);
          assert.ok(last.status === 201 && units(last.order.items) === wanted);
          assert.equal(units(world.cart.items), 0);
          assert.equal((await orderCart(calm, USER)).status, 409);
          placed += orders.length;
          died += found;
        },
      ),
      { seed, numRuns: 1500 },
    );
    // Or else nothing that matters has been tried.
    assert.ok(placed > 300, `${placed} orders`);
    assert.ok(died > 30, `${died} left pending`);
  });
});
