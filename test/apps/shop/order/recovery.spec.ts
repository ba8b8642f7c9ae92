import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { add, type Cart, emptyCart, take } from "../../../../apps/shop/cart/cart.ts";
import { entityTag } from "../../../../apps/shop/cart/entity-tags.ts";
import { ledgerIn } from "../../../../apps/shop/order/ledger.ts";
import { recover } from "../../../../apps/shop/order/recovery.ts";
import type { Upstream } from "../../../../apps/shop/order/upstream.ts";
import { Unavailable } from "../../../../apps/shop/runtime/mesh-client.ts";
import { memoryStore } from "./memory-store.ts";

describe("shop: what was left pending", () => {
  it("is settled at the start, as soon as the cart can be asked", async () => {
    const carts: Record<string, Cart> = {
      ann: add(emptyCart, "p-1", 1),
      bob: add(add(emptyCart, "p-1", 1), "p-2", 1),
    };
    const away = new Set(["ann", "bob"]);
    const upstream: Upstream = {
      cart: assert.fail,
      product: assert.fail,
      async take(user, version, order) {
        if (away.has(user)) throw new Unavailable("cart", "away");
        const after = take(carts[user] ?? emptyCart, order, [entityTag(version)]);
        carts[user] = after ?? (carts[user] as Cart);
        return after !== undefined;
      },
    };
    const ledger = ledgerIn(memoryStore());
    for (const user of ["ann", "bob"]) {
      await ledger.enter({
        id: `o-${user}`,
        user,
        status: "pending",
        items: [],
        total: 0,
        created_at: "",
        // Bob's cart has changed since.
        cart_version: 1,
      });
    }
    const lines: string[] = [];
    const recovered = recover({ ledger, upstream }, (line) => lines.push(line), 10);
    await sleep(50);
    assert.deepEqual(lines, []);
    away.delete("ann");
    await sleep(50);
    assert.deepEqual(lines, ["pending orders settled: 1"]);
    away.delete("bob");
    await recovered;
    assert.deepEqual(lines, ["pending orders settled: 1", "pending orders settled: 1"]);
    assert.equal((await ledger.get("o-ann"))?.status, "placed");
    assert.equal(await ledger.get("o-bob"), undefined);
    assert.deepEqual(await ledger.usersWithPending(), []);
  });
});
