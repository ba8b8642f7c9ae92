import assert from "node:assert/strict";
import { createServer, type IncomingMessage } from "node:http";
import { Started } from "../../counter/servers.ts";
import { type Answer, ask, orderApp, type Shop, serve, startShop } from "../runtime/world.ts";

describe("shop: the order service", () => {
  const started = new Started();
  let shop: Shop;
  let url: string;

  beforeEach(async () => {
    shop = await startShop(started);
    url = shop.gateway.url;
  });
  afterEach(() => started.stop());

  const add = (user: string, product: string, quantity = 1) =>
    ask("POST", `${url}/cart/${user}/add?product_id=${product}&quantity=${quantity}`);
  const create = (user: string, headers: Record<string, string> = {}, base = url) =>
    ask("POST", `${base}/order/create?user_id=${user}`, headers);
  const cartOf = async (user: string) => (await ask("GET", `${url}/cart/${user}`)).body.items;
  const ordersOf = async (user: string) => (await ask("GET", `${url}/order/user/${user}`)).body;
  const isTake = ({ method, url }: IncomingMessage) =>
    method === "DELETE" && url?.includes("order=") === true;

  it("makes an order from the cart, priced by the catalog, and empties the cart", async () => {
    await add("ann", "p-10", 3);
    await add("ann", "p-1");
    const { status, headers, body } = await create("ann");
    assert.equal(status, 201);
    const { id, created_at, ...rest } = body;
    assert.deepEqual(rest, {
      user: "ann",
      status: "placed",
      items: [
        { product_id: "p-10", name: "Pen", quantity: 3, price: 1.99, total: 5.97 },
        { product_id: "p-1", name: "Laptop", quantity: 1, price: 1299, total: 1299 },
      ],
      total: 1304.97,
    });
    assert.equal(headers.get("location"), `/order/${id}`);
    assert.ok(Math.abs(Date.parse(created_at) - Date.now()) < 60_000);
    assert.deepEqual(await cartOf("ann"), []);
    assert.deepEqual((await ask("GET", `${url}/order/${id}`)).body, body);
    assert.deepEqual(await ordersOf("ann"), { user: "ann", orders: [body], total: 1 });
  });

  it("lists a user's orders, the newest first, and no one else's", async () => {
    const made: Answer[] = [];
    for (const product of ["p-1", "p-2", "p-3"]) {
      await add("ann", product);
      made.push(await create("ann"));
    }
    const [first, second, third] = made.map(({ body }) => body);
    assert.deepEqual((await ordersOf("ann")).orders, [third, second, first]);
    const { body } = await ask("GET", `${url}/order/user/ann?limit=1&offset=1`);
    assert.deepEqual(body, { user: "ann", orders: [second], total: 3 });
    assert.deepEqual(await ordersOf("bob"), { user: "bob", orders: [], total: 0 });
  });

  it("makes no order of an empty cart, or of what isn't sold", async () => {
    const empty = await create("ann");
    const error = "the cart of ann is empty; add something first";
    assert.deepEqual([empty.status, empty.body], [409, { error }]);
    const cart = { version: 4, items: [{ product_id: "p-99", quantity: 1 }] };
    await shop.store.run("SET", "cart:ann", JSON.stringify(cart));
    const gone = await create("ann");
    assert.equal(gone.status, 409);
    assert.match(gone.body.error, /no product "p-99" any more; remove it from the cart$/);
    assert.deepEqual(await cartOf("ann"), cart.items);
    assert.equal((await ask("GET", `${url}/order/none`)).status, 404);
    // Names of keys in the store aren't orders.
    assert.equal((await ask("GET", `${url}/order/unsettled`)).status, 404);
  });

  it("orders one cart once, however many ask at once of however many replicas", async () => {
    const other = await serve(started, await orderApp(shop.store, url, "order-1"));
    await add("ann", "p-1", 2);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => create("ann", {}, i % 2 ? other : url)),
    );
    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [201, ...Array.from({ length: 19 }, () => 409)]);
    assert.equal((await ordersOf("ann")).total, 1);
    assert.deepEqual(await cartOf("ann"), []);
  });

  it("answers 503 and leaves the cart if a service that it needs is away", async () => {
    await add("ann", "p-1");
    const before = await cartOf("ann");
    for (const service of ["cart", "catalog"]) {
      const address = shop.gateway.services[service] as string;
      delete shop.gateway.services[service];
      const { status, headers, body } = await create("ann");
      const error = `${service} can't be asked: it answered 503: no replica; try again later`;
      assert.deepEqual([status, body], [503, { error }]);
      assert.equal(headers.get("x-failed-dependency"), service);
      shop.gateway.services[service] = address;
    }
    assert.deepEqual(await cartOf("ann"), before);
    assert.equal((await create("ann")).status, 201);
  });

  it("answers 503 to answers that make no sense", async () => {
    await add("ann", "p-1");
    const { catalog } = shop.gateway.services;
    let text = "";
    const server = createServer((_request, response) => response.end(text));
    shop.gateway.services.catalog = `http://127.0.0.1:${await started.listen(server)}`;
    for (text of ["", "<html>", "null", "{}", '{"id":"p-1","name":"x","price":1.005}']) {
      const { status, body } = await create("ann");
      assert.equal(status, 503, text);
      assert.match(body.error, /^catalog /);
    }
    shop.gateway.services.catalog = catalog as string;
    assert.equal((await create("ann")).status, 201);
  });

  describe("when the answer about the cart is lost", () => {
    let id: string;

    beforeEach(async () => {
      await add("ann", "p-1");
      shop.gateway.meddling.after = (request) => {
        if (isTake(request)) throw new Error("lost");
      };
      const { status, body } = await create("ann");
      assert.equal(status, 503);
      id = /order (\S+) is pending: GET \/order\/\1 settles it$/.exec(body.error)?.[1] as string;
      assert.ok(id, body.error);
      shop.gateway.meddling = {};
    });

    it("settles the order as soon as it's read", async () => {
      const { body } = await ask("GET", `${url}/order/${id}`);
      assert.equal(body.status, "placed");
      assert.deepEqual((await ordersOf("ann")).orders, [body]);
    });

    it("settles it when the user's orders are read", async () => {
      const { orders, total } = await ordersOf("ann");
      assert.deepEqual(
        [orders.length, orders[0].id, orders[0].status, total],
        [1, id, "placed", 1],
      );
    });

    it("settles it by the next order, which finds the cart empty", async () => {
      assert.equal((await create("ann")).status, 409);
      assert.equal((await ordersOf("ann")).total, 1);
    });

    it("settles it by the next order, which gets what has come since", async () => {
      await add("ann", "p-2");
      const { status, body } = await create("ann");
      assert.equal(status, 201);
      assert.deepEqual(
        body.items.map(({ product_id }: { product_id: string }) => product_id),
        ["p-2"],
      );
      assert.equal((await ordersOf("ann")).total, 2);
    });

    it("shows it as pending while the cart is away", async () => {
      const { cart } = shop.gateway.services;
      delete shop.gateway.services.cart;
      const { status, body } = await ask("GET", `${url}/order/${id}`);
      assert.deepEqual([status, body.status], [200, "pending"]);
      assert.deepEqual(await ordersOf("ann"), { user: "ann", orders: [body], total: 0 });
      assert.equal((await create("ann")).status, 503);
      shop.gateway.services.cart = cart as string;
      assert.equal((await ordersOf("ann")).orders[0].status, "placed");
    });
  });

  it("forgets an order that never got to the cart, if the cart has changed", async () => {
    await add("ann", "p-1");
    shop.gateway.meddling.before = (request) => {
      if (isTake(request)) throw new Error("not reached");
    };
    const { status, body } = await create("ann");
    assert.equal(status, 503);
    const id = /order (\S+) is pending/.exec(body.error)?.[1];
    shop.gateway.meddling = {};
    await add("ann", "p-2");
    assert.equal((await ask("GET", `${url}/order/${id}`)).status, 404);
    const { items } = (await create("ann")).body;
    assert.equal(items.length, 2);
    assert.equal((await ordersOf("ann")).total, 1);
  });

  it("takes the cart as it is when it changes in between", async () => {
    await add("ann", "p-1");
    let late = 3;
    shop.gateway.meddling.before = async (request) => {
      if (isTake(request) && late-- > 0) await add("ann", "p-2");
    };
    const { status, body } = await create("ann");
    assert.equal(status, 201);
    assert.deepEqual(
      body.items.map(({ quantity }: { quantity: number }) => quantity),
      [1, 3],
    );
    assert.deepEqual(await cartOf("ann"), []);
  });

  it("passes on the trace and who asks", async () => {
    await add("ann", "p-1");
    const seen = new Set<unknown>();
    shop.gateway.meddling.before = ({ url, headers }) => {
      if (!url?.startsWith("/order")) seen.add(`${headers.tracestate} ${headers.authorization}`);
    };
    await create("ann", { tracestate: "a=b", authorization: "Bearer x" });
    assert.deepEqual([...seen], ["a=b Bearer x"]);
  });

  it("is healthy while it reaches its store, and else answers 503", async () => {
    const { status, body } = await ask("GET", `${url}/order/health`);
    assert.deepEqual([status, body], [200, { status: "healthy" }]);
    shop.store.close();
    for (const path of ["health", "user/ann", "o-1"]) {
      assert.equal((await ask("GET", `${url}/order/${path}`)).status, 503, path);
    }
    assert.equal((await create("ann")).status, 503);
  });
});
