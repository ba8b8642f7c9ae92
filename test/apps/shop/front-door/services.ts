/** Every endpoint of catalog, cart and order: what it answers to good and to bad requests. */
import assert from "node:assert/strict";
import { type Customer, SERVICES } from "./doors.ts";

const LAPTOP = {
  id: "p-1",
  name: "Laptop",
  description: "14 inch, 32 GB of memory, a keyboard to write books on",
  price: 1299,
  category: "computers",
};
/** Of users, products and orders alike. */
const BAD_NAME = /it must be 1 to 64 of letters, digits and - _ \. @/;

/** Declares the tests. */
export function servicesAnswer(customer: Customer): void {
  it("GET /catalog/products", async () => {
    const answer = await customer.get("/catalog/products");
    await customer.isFrom("catalog", answer);
    assert.deepEqual([answer.status, answer.body.total], [200, 12]);
    assert.equal(answer.body.products.length, 12);
    assert.deepEqual(answer.body.products[0], LAPTOP);
    const second = await customer.get("/catalog/products?limit=1&offset=1");
    assert.deepEqual(second.body, { products: [answer.body.products[1]], total: 12 });
    const none = await customer.get("/catalog/products?limit=0");
    await customer.isRefused("catalog", none, 400, /query limit: .* from 1 to 100/);
  });

  it("GET /catalog/products/{id}", async () => {
    const answer = await customer.get("/catalog/products/p-1");
    await customer.isFrom("catalog", answer);
    assert.deepEqual([answer.status, answer.body], [200, LAPTOP]);
    const bad = await customer.get("/catalog/products/p%201");
    await customer.isRefused("catalog", bad, 400, BAD_NAME);
  });

  it("GET /catalog/products/{id} of unknown products: answers, and no failure of the circuit", async () => {
    // More than open a circuit.
    for (let i = 0; i < 5; i++) {
      const unknown = await customer.get("/catalog/products/p-0");
      await customer.isRefused("catalog", unknown, 404, /^no product "p-0"; /);
    }
    const { body } = await customer.get("/mesh/status");
    assert.deepEqual([body.circuits.catalog.state, body.circuits.catalog.failures], ["closed", 0]);
    assert.equal((await customer.get("/catalog/products/p-1")).status, 200);
  });

  it("GET /catalog/search?q=", async () => {
    const answer = await customer.get("/catalog/search?q=wireless%20mouse");
    await customer.isFrom("catalog", answer);
    const ids = answer.body.products.map(({ id }: { id: string }) => id);
    assert.deepEqual([answer.status, ids, answer.body.total], [200, ["p-2"], 1]);
    const nothing = await customer.get("/catalog/search?q=submarine");
    assert.deepEqual([nothing.status, nothing.body], [200, { products: [], total: 0 }]);
    for (const query of ["", "?q="]) {
      const bad = await customer.get(`/catalog/search${query}`);
      await customer.isRefused("catalog", bad, 400, /^query q: /);
    }
  });

  for (const service of SERVICES) {
    it(`GET /${service}/health`, async () => {
      const answer = await customer.get(`/${service}/health`);
      await customer.isFrom(service, answer);
      assert.deepEqual([answer.status, answer.body], [200, { status: "healthy" }]);
    });
  }

  it("GET /cart/{user}", async () => {
    const user = customer.user();
    const answer = await customer.get(`/cart/${user}`);
    await customer.isFrom("cart", answer);
    assert.deepEqual([answer.status, answer.body], [200, { user, items: [], version: 0 }]);
    const bad = await customer.get("/cart/a%20b");
    await customer.isRefused("cart", bad, 400, BAD_NAME);
  });

  it("POST /cart/{user}/add?product_id=&quantity=", async () => {
    const user = customer.user();
    const answer = await customer.post(`/cart/${user}/add?product_id=p-1&quantity=2`);
    await customer.isFrom("cart", answer);
    const cart = { user, items: [{ product_id: "p-1", quantity: 2 }], version: 1 };
    assert.deepEqual([answer.status, answer.body], [200, cart]);
    assert.equal(answer.headers.get("etag"), '"1"');
    const unknown = await customer.post(`/cart/${user}/add?product_id=p-0&quantity=1`);
    await customer.isRefused("cart", unknown, 404, /^no product "p-0"; /);
    for (const quantity of ["0", "101", "1.5", "many", ""]) {
      const bad = await customer.post(`/cart/${user}/add?product_id=p-1&quantity=${quantity}`);
      await customer.isRefused("cart", bad, 400, /^query quantity: .* from 1 to 100/);
    }
    const nothing = await customer.post(`/cart/${user}/add?quantity=1`);
    await customer.isRefused("cart", nothing, 400, /^query product_id: /);
    const late = await customer.post(`/cart/${user}/add?product_id=p-1`, { "if-match": '"0"' });
    await customer.isRefused("cart", late, 412, /at version 1, not at the one in If-Match/);
    assert.deepEqual((await customer.get(`/cart/${user}`)).body, cart, "nothing of that came in");
  });

  it("DELETE /cart/{user}/remove/{product_id} and /clear", async () => {
    const user = customer.user();
    for (const [product, quantity] of [
      ["p-1", 2],
      ["p-2", 1],
      ["p-3", 1],
    ]) {
      await customer.post(`/cart/${user}/add?product_id=${product}&quantity=${quantity}`);
    }
    const removed = await customer.remove(`/cart/${user}/remove/p-1`);
    await customer.isFrom("cart", removed);
    const left = ["p-2", "p-3"].map((product_id) => ({ product_id, quantity: 1 }));
    assert.deepEqual([removed.status, removed.body.items], [200, left]);
    const again = await customer.remove(`/cart/${user}/remove/p-1`);
    assert.deepEqual([again.status, again.body.items], [200, left]);
    const bad = await customer.remove(`/cart/${user}/remove/p%201`);
    await customer.isRefused("cart", bad, 400, BAD_NAME);
    const cleared = await customer.remove(`/cart/${user}/clear`);
    await customer.isFrom("cart", cleared);
    assert.deepEqual([cleared.status, cleared.body.items], [200, []]);
    const ordered = await customer.remove(`/cart/${user}/clear?order=o-1`);
    await customer.isRefused("cart", ordered, 428, /^header If-Match: /);
  });

  it("POST /order/create?user_id=, GET /order/{id}, GET /order/user/{user}: from cart to order", async () => {
    const user = customer.user();
    const empty = await customer.post(`/order/create?user_id=${user}`);
    await customer.isRefused("order", empty, 409, /is empty; add something first/);
    await customer.post(`/cart/${user}/add?product_id=p-9&quantity=2`);
    const created = await customer.post(`/order/create?user_id=${user}`);
    await customer.isFrom("order", created);
    const { id, created_at, ...rest } = created.body;
    assert.equal(created.status, 201);
    assert.deepEqual(rest, {
      user,
      status: "placed",
      items: [{ product_id: "p-9", name: "Notebook", quantity: 2, price: 12.5, total: 25 }],
      total: 25,
    });
    assert.ok(Math.abs(Date.parse(created_at) - Date.now()) < 60_000);
    assert.equal(created.headers.get("location"), `/order/${id}`);
    assert.deepEqual((await customer.get(`/cart/${user}`)).body.items, [], "the cart is empty");
    const read = await customer.get(`/order/${id}`);
    await customer.isFrom("order", read);
    assert.deepEqual([read.status, read.body], [200, created.body]);
    const listed = await customer.get(`/order/user/${user}`);
    await customer.isFrom("order", listed);
    assert.deepEqual(listed.body, { user, orders: [created.body], total: 1 });
  });

  it("what can't be an order, or isn't one, is refused", async () => {
    for (const query of ["", "?user_id=", "?user_id=a%20b"]) {
      const bad = await customer.post(`/order/create${query}`);
      await customer.isRefused("order", bad, 400, /^query user_id: /);
    }
    const unknown = await customer.get("/order/o-unknown");
    await customer.isRefused("order", unknown, 404, /^no order "o-unknown"/);
    await customer.isRefused("order", await customer.get("/order/o%201"), 400, BAD_NAME);
    await customer.isRefused("order", await customer.get("/order/user/a%20b"), 400, BAD_NAME);
    const nobody = customer.user();
    const { status, body } = await customer.get(`/order/user/${nobody}`);
    assert.deepEqual([status, body], [200, { user: nobody, orders: [], total: 0 }]);
  });

  it("orders at once never order one cart twice", async () => {
    const names = Array.from({ length: 5 }, () => customer.user());
    await Promise.all(
      names.map((name) => customer.post(`/cart/${name}/add?product_id=p-2&quantity=1`)),
    );
    await Promise.all(
      names.map(async (name) => {
        const create = () => customer.post(`/order/create?user_id=${name}`);
        const answers = await Promise.all([create(), create(), create()]);
        const statuses = answers.map(({ status }) => status).sort();
        assert.deepEqual(statuses, [201, 409, 409], JSON.stringify(answers));
        assert.equal((await customer.get(`/order/user/${name}`)).body.total, 1);
      }),
    );
  });

  it("an order that is asked for twice by one Idempotency-Key is one", async () => {
    const user = customer.user();
    const key = { "idempotency-key": `"${user}-1"` };
    await customer.post(`/cart/${user}/add?product_id=p-2&quantity=1`);
    const first = await customer.post(`/order/create?user_id=${user}`, key);
    await customer.post(`/cart/${user}/add?product_id=p-3&quantity=1`);
    const second = await customer.post(`/order/create?user_id=${user}`, key);
    assert.deepEqual([first.status, second.status], [201, 201]);
    assert.deepEqual(second.body, first.body);
    assert.equal((await customer.get(`/order/user/${user}`)).body.total, 1);
    const another = await customer.post(`/order/create?user_id=${customer.user()}`, key);
    await customer.isRefused("order", another, 422, /was used for another user's order/);
  });
}
