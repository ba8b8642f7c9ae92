import assert from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { secretOf } from "../../../../apps/shop/access/shared-secrets.ts";
import { ledgerIn } from "../../../../apps/shop/order/ledger.ts";
import { eventually, Started } from "../../counter/servers.ts";
import { ask, type Shop, signIn, startShop } from "../runtime/world.ts";
import { jwkOf, newSigner, sign } from "./keys.ts";

const partner = newSigner("partner-1", "partner");

/** Carts and orders where users must show who they are. */
describe("shop: users that are signed in", () => {
  const started = new Started();
  let shop: Shop;
  let url: string;
  let ada: { authorization: string };
  let bob: { authorization: string };

  beforeEach(async () => {
    const keys = [{ issuer: "partner", users: ["carl"], jwk: jwkOf(partner) }];
    shop = await startShop(started, { required: true, keys });
    url = shop.gateway.url;
    ada = await signIn(url, "ada");
    bob = await signIn(url, "bob");
  });
  afterEach(() => started.stop());

  const add = (user: string, headers: Record<string, string>) =>
    ask("POST", `${url}/cart/${user}/add?product_id=p-1`, headers);
  const create = (user: string, headers: Record<string, string>) =>
    ask("POST", `${url}/order/create?user_id=${user}`, headers);
  async function ordered(user: string, headers: Record<string, string>) {
    await add(user, headers);
    const { status, body } = await create(user, headers);
    assert.equal(status, 201, JSON.stringify(body));
    return body;
  }

  it("shop as ever, and the order asks the cart in their name", async () => {
    const order = await ordered("ada", ada);
    assert.deepEqual((await ask("GET", `${url}/cart/ada`, ada)).body.items, []);
    assert.deepEqual((await ask("GET", `${url}/order/${order.id}`, ada)).body, order);
    assert.deepEqual((await ask("GET", `${url}/order/user/ada`, ada)).body.orders, [order]);
    await add("ada", ada);
    for (const path of ["/cart/ada/remove/p-1", "/cart/ada/clear"]) {
      assert.equal((await ask("DELETE", url + path, ada)).status, 200);
    }
  });

  const own = [
    ["GET", "/cart/ada"],
    ["POST", "/cart/ada/add?product_id=p-1"],
    ["DELETE", "/cart/ada/remove/p-1"],
    ["DELETE", "/cart/ada/clear"],
    ["DELETE", "/cart/ada/clear?order=o-1"],
    ["POST", "/order/create?user_id=ada"],
    ["GET", "/order/user/ada"],
  ] as const;
  for (const [method, path] of [...own, ["GET", "/order/o-1"]] as const) {
    it(`${method} ${path} is 401 without a token, and says how to get one`, async () => {
      const { status, headers, body } = await ask(method, url + path);
      assert.equal(status, 401);
      assert.equal(headers.get("www-authenticate"), 'Bearer realm="shop"');
      assert.match(body.error, /POST \/auth\/token\?user_id=NAME/);
      const forged = await ask(method, url + path, { authorization: `${ada.authorization}AAAA` });
      assert.equal(forged.status, 401);
      assert.match(forged.headers.get("www-authenticate") ?? "", /error="invalid_token"/);
    });
  }

  for (const [method, path] of own) {
    it(`${method} ${path} is 403 for somebody else, and does nothing`, async () => {
      await add("ada", ada);
      const { status, body } = await ask(method, url + path, { ...bob, "if-match": '"1"' });
      assert.equal(status, 403);
      assert.match(
        body.error,
        / is for ada alone, and the token is for bob; get a token by POST \/auth\/token\?user_id=ada$/,
      );
      const { body: cart } = await ask("GET", `${url}/cart/ada`, ada);
      assert.deepEqual([cart.version, cart.items.length], [1, 1]);
      assert.equal((await ask("GET", `${url}/order/user/ada`, ada)).body.total, 0);
    });
  }

  it("can't tell another's order from one that there isn't", async () => {
    const { id } = await ordered("ada", ada);
    const theirs = await ask("GET", `${url}/order/${id}`, bob);
    const none = await ask("GET", `${url}/order/${"0".repeat(36)}`, bob);
    assert.deepEqual([theirs.status, theirs.body.error], [404, `no order "${id}"`]);
    assert.equal(none.status, 404);
    assert.equal(none.body.error.replace("0".repeat(36), id), theirs.body.error);
    assert.deepEqual([...theirs.headers.keys()], [...none.headers.keys()]);
  });

  it("may use the same idempotency key, each for their own", async () => {
    const key = { "idempotency-key": '"k-1"' };
    await add("ada", ada);
    await add("bob", bob);
    const hers = await create("ada", { ...ada, ...key });
    const his = await create("bob", { ...bob, ...key });
    assert.deepEqual([hers.status, his.status, his.body.user], [201, 201, "bob"]);
    assert.deepEqual((await create("ada", { ...ada, ...key })).body, hers.body);
  });

  it("don't settle another's pending order by asking for it", async () => {
    await add("ada", ada);
    const ledger = ledgerIn(shop.store);
    const order = { id: "o-1", user: "ada", items: [], total: 0, created_at: "", cart_version: 1 };
    await ledger.enter({ ...order, status: "pending" });
    assert.equal((await ask("GET", `${url}/order/o-1`, bob)).status, 404);
    assert.equal((await ledger.get("o-1"))?.status, "pending");
    assert.equal((await ask("GET", `${url}/order/o-1`, ada)).body.status, "placed");
  });

  it("are asked who they are before anything else is said of what they ask", async () => {
    assert.equal((await ask("GET", `${url}/cart/..%2f`)).status, 401);
    assert.equal((await ask("GET", `${url}/cart/a%20b`)).status, 401);
    assert.equal((await ask("GET", `${url}/cart/a%20b`, ada)).status, 400);
    assert.equal((await ask("POST", `${url}/order/create`)).status, 401);
  });

  it("need no token for health, descriptions, and the catalog", async () => {
    for (const path of [
      "/cart/health",
      "/order/health",
      "/cart/openapi.json",
      "/catalog/products",
    ]) {
      assert.equal((await ask("GET", url + path)).status, 200, path);
    }
  });

  it("may be those of a trusted issuer, for whom it may speak", async () => {
    const carl = { authorization: `Bearer ${await sign(partner, { sub: "carl" })}` };
    assert.equal((await add("carl", carl)).status, 200);
    assert.equal((await create("carl", carl)).status, 201);
    const ada = { authorization: `Bearer ${await sign(partner, { sub: "ada" })}` };
    assert.equal((await add("ada", ada)).status, 401);
  });

  it("are refused with two headers, even if both are good", async () => {
    const { hostname, port } = new URL(shop.gateway.services.cart ?? "");
    const socket = connect(Number(port), hostname);
    const field = `authorization: ${ada.authorization}\r\n`;
    socket.write(`GET /cart/ada HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${field}${field}\r\n`);
    assert.match(
      await text(socket),
      /^HTTP\/1\.1 400 .*"header Authorization: it must be there once"/s,
    );
  });

  it("go on while auth is away", async () => {
    await ordered("ada", ada);
    delete shop.gateway.services.auth;
    await ordered("ada", ada);
  });

  it("can't be told apart by who has no key yet, while auth is away: 503, and it isn't the cart's failure", async () => {
    const { auth = "", ...others } = shop.gateway.services;
    shop.gateway.services = others;
    const { status, headers, body } = await add("ada", ada);
    assert.deepEqual([status, headers.get("x-failed-dependency")], [503, "auth"]);
    assert.match(body.error, /^auth can't be asked: it answered 503: no replica; try again later$/);
    shop.gateway.services = { ...others, auth };
    await eventually(async () => assert.equal((await add("ada", ada)).status, 200));
  });

  describe("and the order service in its own name", () => {
    let service: { authorization: string };

    beforeEach(async () => {
      const credentials = Buffer.from(`order:${await secretOf(shop.store, "order")}`);
      const { body } = await ask("POST", `${url}/auth/service-token`, {
        authorization: `Basic ${credentials.toString("base64")}`,
      });
      service = { authorization: `Bearer ${body.access_token}` };
      await add("ada", ada);
    });

    it("takes a cart for an order", async () => {
      const path = `${url}/cart/ada/clear?order=o-1`;
      assert.equal((await ask("DELETE", path, service)).status, 428);
      const { status, body } = await ask("DELETE", path, { ...service, "if-match": '"1"' });
      assert.deepEqual([status, body.items], [200, []]);
    });

    for (const [method, path] of own.filter(([, path]) => !path.includes("order=o-1"))) {
      it(`may not: ${method} ${path}`, async () => {
        const { status, headers } = await ask(method, url + path, service);
        assert.equal(status, 403);
        assert.match(headers.get("www-authenticate") ?? "", /error="insufficient_scope"/);
        assert.equal((await ask("GET", `${url}/cart/ada`, ada)).body.version, 1);
      });
    }

    it("sees no order", async () => {
      const { id } = await ordered("ada", ada);
      assert.equal((await ask("GET", `${url}/order/${id}`, service)).status, 404);
    });
  });
});
