import assert from "node:assert/strict";
import fc from "fast-check";
import { add, type Cart, clear, emptyCart, remove, take } from "../../../../apps/shop/cart/cart.ts";
import { entityTag, matches, readIfMatch } from "../../../../apps/shop/cart/entity-tags.ts";
import { seed } from "../runtime/world.ts";

const at = (version: number) => [entityTag(version)];
const full = add(emptyCart, "p-1", 2);

describe("shop: a cart", () => {
  it("adds up what is added of one product, in the order in which products came", () => {
    const cart = add(add(add(emptyCart, "p-2", 1), "p-1", 3), "p-2", 4);
    assert.deepEqual(cart.items, [
      { product_id: "p-2", quantity: 5 },
      { product_id: "p-1", quantity: 3 },
    ]);
    assert.equal(cart.version, 3);
  });

  it("holds a million of a product at most", () => {
    const most = add(emptyCart, "p-1", 1_000_000);
    assert.throws(() => add(most, "p-1", 1), { status: 409, message: /1000001 of p-1/ });
  });

  it("stays what it is when nothing is removed or cleared", () => {
    assert.equal(remove(full, "p-2"), full);
    assert.equal(clear(emptyCart), emptyCart);
    assert.deepEqual(remove(full, "p-1"), { version: 2, items: [] });
  });

  it("is cleared at the version that was seen, and at no other", () => {
    assert.deepEqual(clear(full, at(1))?.items, []);
    assert.deepEqual(clear(full, "*")?.items, []);
    assert.equal(clear(full, at(0)), undefined);
    assert.equal(clear(full, at(2)), undefined);
  });

  it("takes a repeat of a clear for done, until the cart changes", () => {
    const cleared = clear(full, at(1)) as Cart;
    assert.equal(clear(cleared, at(1)), cleared);
    assert.equal(clear(add(cleared, "p-1", 1), at(1)), undefined);
  });

  it("doesn't take what an order has taken for cleared", () => {
    const taken = take(full, "o-1", at(1)) as Cart;
    assert.equal(clear(taken, at(1)), undefined);
  });

  it("is taken once, by one order, which may ask again whatever has happened since", () => {
    const taken = take(full, "o-1", at(1)) as Cart;
    assert.deepEqual(taken.items, []);
    assert.equal(take(taken, "o-2", at(1)), undefined);
    assert.equal(take(taken, "o-1", at(1)), taken);
    const later = clear(add(add(taken, "p-3", 1), "p-4", 1)) as Cart;
    assert.equal(take(later, "o-1", at(1)), later);
    const filled = remove(add(add(later, "p-3", 1), "p-4", 1), "p-4");
    assert.equal(take(filled, "o-1", at(1)), filled);
    assert.deepEqual(filled.items, [{ product_id: "p-3", quantity: 1 }]);
  });

  it(`never has a version twice (MICROMESH_SEED=${seed})`, () => {
    const product = fc.constantFrom("p-1", "p-2");
    const version = fc.nat(6);
    const step = fc.oneof(
      fc.tuple(product, fc.integer({ min: 1, max: 100 })).map(
        ([id, n]) =>
          (c: Cart) =>
            add(c, id, n),
      ),
      product.map((id) => (c: Cart) => remove(c, id)),
      version.map((v) => (c: Cart) => clear(c, at(v)) ?? c),
      fc.constant((c: Cart) => clear(c) ?? c),
      fc.tuple(fc.constantFrom("o-1", "o-2"), version).map(
        ([o, v]) =>
          (c: Cart) =>
            take(c, o, at(v)) ?? c,
      ),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const seen = new Map<number, string>();
        let cart = emptyCart;
        for (const change of steps) {
          seen.set(cart.version, JSON.stringify(cart.items));
          cart = change(cart);
          const before = seen.get(cart.version);
          assert.ok(before === undefined || before === JSON.stringify(cart.items));
          assert.ok(cart.items.every(({ quantity }) => quantity > 0));
        }
      }),
      { seed },
    );
  });
});

describe("shop: If-Match", () => {
  it("is any version, or a list of tags", () => {
    assert.equal(readIfMatch(undefined), undefined);
    assert.equal(readIfMatch(" * "), "*");
    assert.deepEqual(readIfMatch('"1" , W/"2","a,b"'), ['"1"', 'W/"2"', '"a,b"']);
    for (const wrong of ["", "1", '"1', '"1" "2"', '"1",', "**", '"a"b"']) {
      assert.throws(() => readIfMatch(wrong), { status: 400 }, wrong);
    }
  });

  it("compares strongly: a weak tag matches nothing", () => {
    assert.ok(matches("*", 7));
    assert.ok(matches(['"6"', '"7"'], 7));
    assert.ok(!matches(['W/"7"', '"07"'], 7));
  });
});
