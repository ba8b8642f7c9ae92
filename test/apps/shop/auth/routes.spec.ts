import assert from "node:assert/strict";
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { secretOf } from "../../../../apps/shop/access/shared-secrets.ts";
import type { Store } from "../../../../apps/shop/runtime/store.ts";
import { Started } from "../../counter/servers.ts";
import { ask, authApp, serve, startStore, storeAt } from "../runtime/world.ts";

describe("shop: the service auth", () => {
  const started = new Started();
  let store: Store;
  let url: string;

  beforeEach(async () => {
    store = await storeAt(started, await startStore(started));
    url = `${await serve(started, await authApp(store))}/auth`;
  });
  afterEach(() => started.stop());

  const token = (user = "ada") => ask("POST", `${url}/token?user_id=${user}`);
  const keys = async (base = url) => (await ask("GET", `${base}/.well-known/jwks.json`)).body;
  const basic = (text: string) => ({
    authorization: `Basic ${Buffer.from(text).toString("base64")}`,
  });
  const serviceToken = (headers = {}) => ask("POST", `${url}/service-token`, headers);

  it("gives a user a token, which anybody can check by the key that it publishes", async () => {
    const { status, headers, body } = await token();
    assert.equal(status, 200);
    assert.equal(headers.get("cache-control"), "no-store");
    const { access_token, ...rest } = body;
    assert.deepEqual(rest, { token_type: "Bearer", expires_in: 3600 });
    const { payload, protectedHeader } = await jwtVerify(
      access_token,
      createLocalJWKSet(await keys()),
    );
    const { iat = 0, ...claims } = payload;
    assert.deepEqual(claims, { iss: "shop-auth", aud: "shop", sub: "ada", exp: iat + 3600 });
    assert.ok(Math.abs(iat - Date.now() / 1000) < 10);
    assert.deepEqual([protectedHeader.alg, protectedHeader.typ], ["ES256", "at+jwt"]);
  });

  it("publishes the public half of the key, and nothing of the other", async () => {
    const { keys: published } = await keys();
    assert.equal(published.length, 1);
    const { kty, crv, alg, use } = published[0];
    assert.deepEqual([kty, crv, alg, use], ["EC", "P-256", "ES256", "sig"]);
    assert.deepEqual(Object.keys(published[0]).sort(), "alg crv kid kty use x y".split(" "));
  });

  it("has one key, however many replicas begin at once, and after all of them have gone", async () => {
    const replicas = await Promise.all(
      ["auth-1", "auth-2", "auth-3"].map(async (name) =>
        serve(started, await authApp(store, name)),
      ),
    );
    const all = await Promise.all(replicas.map((base) => keys(`${base}/auth`)));
    const later = await serve(started, await authApp(store, "auth-4"));
    for (const one of all) assert.deepEqual(one, await keys(`${later}/auth`));
    const { access_token } = (await token()).body;
    assert.equal(decodeProtectedHeader(access_token).kid, all[0].keys[0].kid);
  });

  it("uses another key as soon as the store has another one", async () => {
    const before = (await keys()).keys[0];
    await store.run("DEL", "auth:signing-key");
    const { access_token } = (await token()).body;
    const after = (await keys()).keys[0];
    assert.notEqual(after.kid, before.kid);
    assert.equal(decodeProtectedHeader(access_token).kid, after.kid);
  });

  for (const user of ["", "service:order", "a b", "..", "health", "a".repeat(65)]) {
    it(`gives none to "${user.slice(0, 20)}", which is no user's name`, async () => {
      const { status, body } = await token(encodeURIComponent(user));
      assert.equal(status, 400);
      assert.match(body.error, /^query user_id: it must be 1 to 64 of letters/);
    });
  }

  it("gives a service that shows its secret a token for what it does, and for nothing else", async () => {
    const { status, headers, body } = await serviceToken(
      basic(`order:${await secretOf(store, "order")}`),
    );
    assert.equal(status, 200);
    assert.equal(headers.get("cache-control"), "no-store");
    assert.deepEqual([body.token_type, body.scope], ["Bearer", "carts:take"]);
    const { payload } = await jwtVerify(body.access_token, createLocalJWKSet(await keys()));
    assert.deepEqual([payload.sub, payload.scope], ["service:order", "carts:take"]);
  });

  it("gives none to who doesn't know the secret", async () => {
    const secret = await secretOf(store, "order");
    const cases = [
      {},
      basic("order"),
      basic("order:"),
      basic(`order:${secret}x`),
      basic(`order:${secret.slice(0, -1)}`),
      basic(`:${secret}`),
      basic(`cart:${secret}`),
      basic(`__proto__:${secret}`),
      { authorization: `Bearer ${secret}` },
      { authorization: "Basic ==" },
      { authorization: `Bearer ${(await token("order")).body.access_token}` },
    ];
    for (const headers of cases) {
      const { status, headers: answered } = await serviceToken(headers);
      assert.equal(status, 401, JSON.stringify(headers));
      assert.equal(answered.get("www-authenticate"), 'Basic realm="shop"');
    }
    assert.deepEqual(await store.run("KEYS", "auth:secret:*"), ["auth:secret:order"]);
  });

  it("says what to do if what the store has as its key is none", async () => {
    await store.run("SET", "auth:signing-key", "nonsense");
    for (const { status, body } of [
      await token(),
      await ask("GET", `${url}/.well-known/jwks.json`),
    ]) {
      assert.equal(status, 503);
      assert.equal(
        body.error,
        "store: auth:signing-key is no key; delete it, and a new one is made; try again later",
      );
    }
    await store.run("DEL", "auth:signing-key");
    assert.equal((await token()).status, 200);
  });

  it("is healthy while it reaches its store, and else answers 503", async () => {
    assert.deepEqual((await ask("GET", `${url}/health`)).body, { status: "healthy" });
    store.close();
    for (const answer of [
      await ask("GET", `${url}/health`),
      await token(),
      await ask("GET", `${url}/.well-known/jwks.json`),
      await serviceToken(basic("order:x")),
    ]) {
      assert.equal(answer.status, 503);
      assert.equal(answer.headers.get("x-failed-dependency"), null, "the store is its own");
    }
  });
});
