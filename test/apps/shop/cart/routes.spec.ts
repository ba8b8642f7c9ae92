import assert from "node:assert/strict";
import { Started } from "../../counter/servers.ts";
import { ask, cartApp, type Shop, serve, startShop } from "../runtime/world.ts";

describe("shop: the cart service", () => {
  const started = new Started();
  let shop: Shop;
  let url: string;

  beforeEach(async () => {
    shop = await startShop(started);
    url = `${shop.gateway.url}/cart`;
  });
  afterEach(() => started.stop());

  it("keeps what a user has added, for that user", async () => {
    const empty = await ask("GET", `${url}/ann`);
    assert.deepEqual(empty.body, { user: "ann", items: [], version: 0 });
    assert.equal(empty.headers.get("etag"), '"0"');

    await ask("POST", `${url}/ann/add?product_id=p-1`);
    const { status, headers, body } = await ask("POST", `${url}/ann/add?product_id=p-2&quantity=3`);
    const items = [
      { product_id: "p-1", quantity: 1 },
      { product_id: "p-2", quantity: 3 },
    ];
    assert.deepEqual([status, body], [200, { user: "ann", items, version: 2 }]);
    assert.equal(headers.get("etag"), '"2"');
    assert.deepEqual((await ask("GET", `${url}/ann`)).body, body);
    assert.deepEqual((await ask("GET", `${url}/bob`)).body.items, []);
  });

  it("takes products out, again and again", async () => {
    await ask("POST", `${url}/ann/add?product_id=p-1&quantity=5`);
    await ask("POST", `${url}/ann/add?product_id=p-2`);
    for (let again = 0; again < 2; again++) {
      const { status, body } = await ask("DELETE", `${url}/ann/remove/p-1`);
      assert.equal(status, 200);
      assert.deepEqual(body.items, [{ product_id: "p-2", quantity: 1 }]);
      assert.equal(body.version, 3);
    }
  });

  it("adds what many add at once", async () => {
    const other = await serve(started, await cartApp(shop.store, shop.gateway.url));
    await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        ask("POST", `${i % 2 ? `${other}/cart` : url}/ann/add?product_id=p-${1 + (i % 3)}`),
      ),
    );
    const { items, version } = (await ask("GET", `${url}/ann`)).body;
    assert.equal(version, 30);
    assert.deepEqual(
      items.map(({ quantity }: { quantity: number }) => quantity),
      [10, 10, 10],
    );
  });

  it("knows from the catalog what there is", async () => {
    const asked: unknown[] = [];
    shop.gateway.meddling.before = ({ url, headers }) => {
      if (url?.startsWith("/catalog"))
        asked.push([url, headers.traceparent, headers.authorization]);
    };
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const sent = { traceparent, authorization: "Bearer x" };
    const { status, body } = await ask("POST", `${url}/ann/add?product_id=p-99`, sent);
    const error = 'no product "p-99"; /catalog/products lists them';
    assert.deepEqual([status, body], [404, { error }]);
    assert.deepEqual(asked, [["/catalog/products/p-99", traceparent, "Bearer x"]]);
    assert.equal((await ask("GET", `${url}/ann`)).body.version, 0);
  });

  it("answers 503 if the catalog can't be asked, and when to come back", async () => {
    delete shop.gateway.services.catalog;
    const { status, headers, body } = await ask("POST", `${url}/ann/add?product_id=p-1`);
    const error = "catalog can't be asked: it answered 503: no replica; try again later";
    assert.deepEqual([status, body], [503, { error }]);
    assert.equal(headers.get("retry-after"), "7");
    assert.equal(headers.get("x-failed-dependency"), "catalog");
  });

  it("changes nothing if the cart isn't the one that was seen", async () => {
    await ask("POST", `${url}/ann/add?product_id=p-1`);
    const old = { "if-match": '"0"' };
    for (const [method, path] of [
      ["POST", "add?product_id=p-1"],
      ["DELETE", "remove/p-1"],
      ["DELETE", "clear"],
      ["DELETE", "clear?order=o-1"],
    ]) {
      const { status, headers, body } = await ask(method as string, `${url}/ann/${path}`, old);
      assert.equal(status, 412, path);
      assert.match(body.error, /^the cart of ann is at version 1, /);
      assert.equal(headers.get("etag"), '"1"');
    }
    assert.equal((await ask("GET", `${url}/ann`)).body.version, 1);
    const wrong = await ask("DELETE", `${url}/ann/clear`, { "if-match": "1" });
    assert.equal(wrong.status, 400);
    const now = await ask("POST", `${url}/ann/add?product_id=p-1`, { "if-match": '"0", "1"' });
    assert.equal(now.status, 200);
  });

  it("is cleared, and says the same to whoever repeats it", async () => {
    await ask("POST", `${url}/ann/add?product_id=p-1`);
    const seen = { "if-match": '"1"' };
    const first = await ask("DELETE", `${url}/ann/clear`, seen);
    assert.deepEqual(first.body, { user: "ann", items: [], version: 2 });
    assert.deepEqual((await ask("DELETE", `${url}/ann/clear`, seen)).body, first.body);
    assert.deepEqual((await ask("DELETE", `${url}/ann/clear`)).body, first.body);
  });

  it("goes to one order", async () => {
    await ask("POST", `${url}/ann/add?product_id=p-1`);
    const seen = { "if-match": '"1"' };
    assert.equal((await ask("DELETE", `${url}/ann/clear?order=o-1`)).status, 428);
    const first = await ask("DELETE", `${url}/ann/clear?order=o-1`, seen);
    assert.deepEqual(first.body, { user: "ann", items: [], version: 2 });
    assert.equal((await ask("DELETE", `${url}/ann/clear?order=o-2`, seen)).status, 412);
    await ask("POST", `${url}/ann/add?product_id=p-2`);
    const repeat = await ask("DELETE", `${url}/ann/clear?order=o-1`, seen);
    assert.equal(repeat.status, 200);
    assert.deepEqual(repeat.body.items, [{ product_id: "p-2", quantity: 1 }]);
  });

  it("refuses other quantities than 1 to 100, and more than a million in all", async () => {
    for (const quantity of ["0", "101", "-1", "1.5", "", "many"]) {
      const { status, body } = await ask(
        "POST",
        `${url}/ann/add?product_id=p-1&quantity=${quantity}`,
      );
      const error = "query quantity: it must be a whole number from 1 to 100";
      assert.deepEqual([status, body], [400, { error }], quantity);
    }
    assert.equal((await ask("POST", `${url}/ann/add`)).status, 400);
    const cart = { version: 1, items: [{ product_id: "p-1", quantity: 1_000_000 }] };
    await shop.store.run("SET", "cart:ann", JSON.stringify(cart));
    assert.equal((await ask("POST", `${url}/ann/add?product_id=p-1`)).status, 409);
  });

  it("is healthy while it reaches its store", async () => {
    const { status, body } = await ask("GET", `${url}/health`);
    assert.deepEqual([status, body], [200, { status: "healthy" }]);
    shop.store.close();
    const away = await ask("GET", `${url}/health`);
    assert.equal(away.status, 503);
    assert.match(away.body.error, /^store at 127\.0\.0\.1:\d+: .*; try again later$/);
    for (const [method, path] of [
      ["GET", "ann"],
      ["POST", "ann/add?product_id=p-1"],
      ["DELETE", "ann/clear"],
      ["DELETE", "ann/remove/p-1"],
    ]) {
      assert.equal((await ask(method as string, `${url}/${path}`)).status, 503, path);
    }
  });
});
