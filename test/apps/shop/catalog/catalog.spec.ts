import assert from "node:assert/strict";
import { Faults, faultSettings } from "../../../../apps/shop/catalog/faults.ts";
import { products, search } from "../../../../apps/shop/catalog/products.ts";
import { Started } from "../../counter/servers.ts";
import { ask, catalogApp, noFaults, serve } from "../runtime/world.ts";

describe("shop: the catalog service", () => {
  const started = new Started();
  afterEach(() => started.stop());

  const startCatalog = async (...args: Parameters<typeof catalogApp>) =>
    `${await serve(started, await catalogApp(...args))}/catalog`;

  it("sells things with ids of their own, for prices in cents", () => {
    assert.equal(new Set(products.map(({ id }) => id)).size, products.length);
    for (const { id, price } of products) {
      assert.match(id, /^p-\d+$/);
      assert.ok(price > 0 && Number(price.toFixed(2)) === price, id);
    }
  });

  it("lists products, and a part of them", async () => {
    const url = await startCatalog();
    const { status, headers, body } = await ask("GET", `${url}/products`);
    assert.equal(status, 200);
    assert.equal(headers.get("x-version"), "v1");
    assert.equal(body.total, 12);
    assert.deepEqual(Object.keys(body.products[0]), [
      "id",
      "name",
      "description",
      "price",
      "category",
    ]);
    const part = await ask("GET", `${url}/products?limit=2&offset=11`);
    assert.deepEqual(part.body, { products: body.products.slice(11), total: 12 });
    assert.deepEqual((await ask("GET", `${url}/products?offset=12`)).body.products, []);
    const [first] = body.products;
    assert.deepEqual((await ask("GET", `${url}/products/${first.id}`)).body, first);
  });

  it("doesn't know other products", async () => {
    const url = await startCatalog();
    const { status, body } = await ask("GET", `${url}/products/p-13`);
    const error = 'no product "p-13"; /catalog/products lists them';
    assert.deepEqual([status, body], [404, { error }]);
    for (const id of ["__proto__", "constructor"]) {
      assert.equal((await ask("GET", `${url}/products/${id}`)).status, 404);
    }
  });

  it("finds what has each word, in name, description or category, in either case", async () => {
    const url = await startCatalog();
    const { body } = await ask("GET", `${url}/search?q=LAPTOP`);
    assert.deepEqual(
      body.products.map(({ id }: { id: string }) => id),
      ["p-1", "p-11"],
    );
    assert.equal(body.total, 2);
    const ids = (query: string) => search(query).map(({ id }) => id);
    assert.deepEqual(ids("  laptop   padded "), ["p-11"]);
    assert.deepEqual(ids("travel"), ["p-11", "p-12"]);
    assert.deepEqual(ids("laptop zebra"), []);
    for (const query of ["search", "search?q=", "search?q=%20", `search?q=${"a".repeat(101)}`]) {
      assert.equal((await ask("GET", `${url}/${query}`)).status, 400, query);
    }
  });

  it("shows ratings in version v2", async () => {
    const url = await startCatalog("v2");
    const { headers, body } = await ask("GET", `${url}/products/p-1`);
    assert.equal(headers.get("x-version"), "v2");
    assert.equal(body.rating, 4.6);
    const { products } = (await ask("GET", `${url}/search?q=pen`)).body;
    assert.ok(products.every(({ rating }: { rating: number }) => rating > 0));
  });

  it("fails as it's told at run time, and stops failing", async () => {
    const url = await startCatalog();
    const put = (settings: unknown) =>
      ask("PUT", `${url}/faults`, { "content-type": "application/json" }, JSON.stringify(settings));
    const faults = { products: { "p-1": { status: 500 }, "p-13": { status: 418 } } };
    const set = await put(faults);
    assert.deepEqual([set.status, set.body], [200, { ...noFaults(), ...faults }]);
    assert.deepEqual((await ask("GET", `${url}/faults`)).body, set.body);
    const failing = await ask("GET", `${url}/products/p-1`);
    const error = "fault injected: product p-1";
    assert.deepEqual([failing.status, failing.body], [500, { error }]);
    assert.equal((await ask("GET", `${url}/products/p-13`)).status, 418);
    assert.equal((await ask("GET", `${url}/products/p-2`)).status, 200);

    await put({ abort: { status: 503, percent: 100 } });
    assert.equal((await ask("GET", `${url}/products`)).status, 503);
    assert.equal((await ask("GET", `${url}/search?q=a`)).status, 503);
    assert.equal((await ask("GET", `${url}/health`)).status, 200);
    const wrong = await put({ abort: { status: 503, percent: 101 } });
    const message = "body abort.percent: it must be a number from 0 to 100";
    assert.deepEqual([wrong.status, wrong.body], [400, { error: message }]);
    await put({});
    assert.equal((await ask("GET", `${url}/products/p-1`)).status, 200);
  });

  it("is slow for a share of the requests", async () => {
    const drawn = [0.99, 0, 0.3, 0];
    const settings = faultSettings.parse({ delayMs: 150, delayPercent: 50 });
    const faults = new Faults(settings, assert.fail, () => drawn.shift() ?? assert.fail());
    const url = await startCatalog("v1", faults);
    const times: number[] = [];
    for (let n = 0; n < 2; n++) {
      const start = performance.now();
      assert.equal((await ask("GET", `${url}/products`)).status, 200);
      times.push(performance.now() - start);
    }
    assert.ok((times[0] as number) < 140 && (times[1] as number) >= 149, times.join());
  });

  it("crashes at the request that it's told to, counted anew each time", async () => {
    let crashes = 0;
    const faults = new Faults(faultSettings.parse({ crashAfterRequests: 2 }), () => {
      crashes += 1;
    });
    const counts: number[] = [];
    for (let n = 0; n < 4; n++) {
      if (n === 1) faults.set(faultSettings.parse({ crashAfterRequests: 2 }));
      await faults.onRequest();
      counts.push(crashes);
    }
    assert.deepEqual(counts, [0, 0, 1, 1]);
  });
});
