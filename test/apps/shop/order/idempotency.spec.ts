import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { readIdempotencyKey } from "../../../../apps/shop/order/idempotency-key.ts";
import { ledgerIn } from "../../../../apps/shop/order/ledger.ts";
import { leaseOf, record, recordOf } from "../../../../apps/shop/order/records.ts";
import { Started } from "../../counter/servers.ts";
import { ask, orderApp, type Shop, serve, startShop } from "../runtime/world.ts";

describe("shop: idempotency keys of orders", () => {
  const started = new Started();
  let shop: Shop;
  let url: string;

  beforeEach(async () => {
    shop = await startShop(started);
    url = shop.gateway.url;
  });
  afterEach(() => started.stop());

  const add = (product: string) => ask("POST", `${url}/cart/ann/add?product_id=${product}`);
  const create = (key: string, user = "ann", base = url) =>
    ask("POST", `${base}/order/create?user_id=${user}`, { "idempotency-key": key });
  const total = async () => (await ask("GET", `${url}/order/user/ann`)).body.total;

  it("answer a repeat as the first request was answered, whatever has happened since", async () => {
    await add("p-1");
    const first = await create('"k-1"');
    assert.equal(first.status, 201);
    await add("p-2");
    const other = await serve(started, await orderApp(shop.store, url));
    for (const base of [url, other]) {
      const again = await create("k-1", "ann", base);
      assert.deepEqual([again.status, again.body], [201, first.body]);
      assert.equal(again.headers.get("location"), first.headers.get("location"));
    }
    assert.equal(await total(), 1);
    assert.equal((await create("k-2")).status, 201);
    assert.equal(await total(), 2);
  });

  it("keep an answer for 24 hours", async () => {
    await add("p-1");
    await create("k-1");
    const seconds = (await shop.store.run("TTL", recordOf("k-1"))) as number;
    assert.ok(seconds > 86_000 && seconds <= 86_400, `${seconds}`);
    assert.equal(await shop.store.run("EXISTS", leaseOf("k-1")), 0);
  });

  it("keep a refusal too", async () => {
    const first = await create("k-1");
    assert.equal(first.status, 409);
    await add("p-1");
    const again = await create("k-1");
    assert.deepEqual([again.status, again.body], [409, first.body]);
    assert.equal((await create("k-2")).status, 201);
  });

  it("belong to one request: 422 for another one", async () => {
    await add("p-1");
    await create("k-1");
    const { status, body } = await create("k-1", "bob");
    assert.equal(status, 422);
    assert.match(body.error, /^this Idempotency-Key was used for another user's order/);
  });

  it("make one order of many requests at once", async () => {
    const other = await serve(started, await orderApp(shop.store, url));
    await add("p-1");
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => create("k-1", "ann", i % 2 ? other : url)),
    );
    const seen = new Set(answers.map(({ status, body }) => `${status} ${body.id}`));
    assert.deepEqual([...seen], [`201 ${answers[0]?.body.id}`]);
    assert.equal(await total(), 1);
  });

  it("answer 409 while the first request is under way for long, and its answer then", async () => {
    await add("p-1");
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    shop.gateway.meddling.before = ({ url }) => (url === "/cart/ann" ? held : undefined);
    const first = create("k-1");
    await sleep(100);
    const { status, headers, body } = await create("k-1");
    assert.equal(status, 409);
    assert.match(
      body.error,
      /^a request with this Idempotency-Key is still under way; repeat it in a moment$/,
    );
    assert.equal(headers.get("retry-after"), "1");
    release();
    assert.equal((await first).status, 201);
    assert.deepEqual((await create("k-1")).body, (await first).body);
  });

  it("can be used again at once when nothing came of the first request", async () => {
    await add("p-1");
    const { catalog } = shop.gateway.services;
    delete shop.gateway.services.catalog;
    assert.equal((await create("k-1")).status, 503);
    shop.gateway.services.catalog = catalog as string;
    const start = Date.now();
    assert.equal((await create("k-1")).status, 201);
    assert.ok(Date.now() - start < 500);
  });

  it("lead to the order that was made when its answer got lost", async () => {
    await add("p-1");
    shop.gateway.meddling.after = ({ method, url }) => {
      if (method === "DELETE" && url?.includes("order=")) throw new Error("lost");
    };
    const lost = await create("k-1");
    assert.equal(lost.status, 503);
    shop.gateway.meddling = {};
    const { status, body } = await create("k-1");
    assert.equal(status, 201);
    assert.ok(lost.body.error.includes(body.id));
    assert.equal(await total(), 1);
  });

  it("are taken over soon after their owner has died", async () => {
    await add("p-1");
    await shop.store.run(...record("k-1", { user: "ann" }));
    await shop.store.run("SET", leaseOf("k-1"), "dead/1");
    await shop.store.run("SET", "order:alive:dead", "1", "PX", "500");
    const start = Date.now();
    const { status } = await create("k-1");
    assert.equal(status, 201);
    const took = Date.now() - start;
    assert.ok(took > 400 && took < 2000, `${took} ms`);
  });

  it("let nobody order whose claim has run out", async () => {
    const ledger = ledgerIn(shop.store);
    const order = {
      id: "o-1",
      user: "ann",
      status: "pending" as const,
      items: [],
      total: 0,
      created_at: "",
      cart_version: 1,
      key: "k-1",
    };
    const claim = { key: "k-1", owner: "me" };
    assert.equal(await ledger.enter(order, claim), "disowned");
    await shop.store.run("SET", leaseOf("k-1"), "another");
    assert.equal(await ledger.enter(order, claim), "disowned");
    assert.equal(await ledger.get("o-1"), undefined);
    await shop.store.run("SET", leaseOf("k-1"), "me");
    assert.equal(await ledger.enter(order, claim), "entered");
    assert.equal(await ledger.enter({ ...order, id: "o-2" }, claim), "busy");
  });

  it("are refused if they make no sense", async () => {
    for (const key of ["", '"', '""', '"a" "b"', "a,b", '"ä"', `"${"a".repeat(256)}"`]) {
      assert.throws(() => readIdempotencyKey(key), { status: 400 }, key);
    }
    assert.equal((await create('"open')).status, 400);
    assert.equal(readIdempotencyKey(undefined), undefined);
    assert.equal(readIdempotencyKey('"a \\"b\\\\ c"'), 'a "b\\ c');
    assert.equal(readIdempotencyKey('"a";v=1'), "a");
    assert.equal(readIdempotencyKey(" 8e03978e-40d5 "), "8e03978e-40d5");
  });
});
