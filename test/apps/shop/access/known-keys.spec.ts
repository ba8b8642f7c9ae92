import assert from "node:assert/strict";
import { knownKeys } from "../../../../apps/shop/access/known-keys.ts";
import { type Mesh, Unavailable } from "../../../../apps/shop/runtime/mesh-client.ts";
import { jwkOf, newSigner } from "./keys.ts";

const [first, second, third] = [newSigner("k-1"), newSigner("k-2"), newSigner("k-3")];

describe("shop: the keys that tokens may be signed with", () => {
  /** What auth publishes, or that it's away. */
  let published: unknown;
  let status: number;
  let isAway: boolean;
  let asked: number;
  let now: number;
  /** While it's set, auth takes its time. */
  let delay: Promise<void> | undefined;

  const mesh: Mesh = {
    async call(method, path) {
      assert.deepEqual([method, path], ["GET", "/auth/.well-known/jwks.json"]);
      asked++;
      await delay;
      if (isAway) throw new Unavailable("auth", "auth can't be asked");
      return { status, body: published };
    },
  };
  const find = (trusted = {}) =>
    knownKeys(mesh, Object.keys(trusted).length > 0 ? [trusted as never] : [], () => now);
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  beforeEach(() => {
    published = { keys: [jwkOf(first)] };
    [status, isAway, asked, now, delay] = [200, false, 0, 0, undefined];
  });

  it("are auth's, asked for once", async () => {
    const key = find();
    const found = await key("k-1");
    assert.equal(found?.issuer, "shop-auth");
    assert.equal(found?.users, undefined);
    assert.equal(found?.key.equals(first.publicKey), true);
    await Promise.all([key("k-1"), key("k-1")]);
    assert.equal(asked, 1);
  });

  it("are those of the settings too, which auth isn't asked for", async () => {
    isAway = true;
    const key = find({ issuer: "lab", users: ["probe"], jwk: jwkOf(third) });
    const { key: own, ...rest } = (await key("k-3")) ?? {};
    assert.deepEqual(rest, { issuer: "lab", users: ["probe"] });
    assert.equal(own?.equals(third.publicKey), true);
    assert.equal(asked, 0);
  });

  it("can't be put in the place of the settings' own by auth", async () => {
    published = { keys: [{ ...jwkOf(first), kid: "k-3" }] };
    const key = find({ issuer: "lab", jwk: jwkOf(third) });
    assert.equal(await key("k-2"), undefined);
    assert.equal((await key("k-3"))?.issuer, "lab");
  });

  it("are asked for anew when a token names another one, once a second at most", async () => {
    const key = find();
    await key("k-1");
    published = { keys: [jwkOf(second)] };
    now = 999;
    assert.equal(await key("k-2"), undefined, "it's too soon");
    assert.equal(asked, 1);
    now = 1000;
    assert.equal((await key("k-2"))?.key.equals(second.publicKey), true);
    assert.equal(await key("k-1"), undefined, "it's gone");
    assert.equal(asked, 2);
  });

  it("are asked for once by however many that wait for them", async () => {
    let go = () => {};
    delay = new Promise((resolve) => {
      go = resolve;
    });
    const key = find();
    const waiting = Promise.all(Array.from({ length: 20 }, (_, i) => key(i % 2 ? "k-1" : "k-2")));
    await settled();
    now = 5000;
    const late = key("k-1");
    go();
    const found = [...(await waiting), await late];
    assert.equal(found.filter((one) => one !== undefined).length, 11);
    assert.equal(asked, 1);
  });

  it("go on working while auth is away, and another one is neither good nor bad then", async () => {
    const key = find();
    await key("k-1");
    isAway = true;
    now = 10_000_000;
    assert.equal((await key("k-1"))?.issuer, "shop-auth");
    await settled();
    now += 1000;
    await assert.rejects(key("k-2"), { name: "Unavailable", status: 503 });
    await assert.rejects(key("k-2"), { name: "Unavailable", status: 503 });
    assert.equal(asked, 3, "once for the age, once for the new one, and not again within a second");
    isAway = false;
    now += 1000;
    assert.equal(await key("k-2"), undefined);
  });

  it("are looked at again after five minutes, without anybody's waiting for it", async () => {
    const key = find();
    await key("k-1");
    published = { keys: [jwkOf(second)] };
    now = 300_000;
    await key("k-1");
    assert.equal(asked, 1);
    now = 300_001;
    assert.notEqual(await key("k-1"), undefined, "the old answer still holds");
    await settled();
    assert.equal(asked, 2);
    assert.equal(await key("k-1"), undefined);
  });

  it("leave out what isn't of their kind", async () => {
    const { x: _, ...half } = jwkOf(second);
    published = {
      keys: [
        { kty: "RSA", kid: "k-2", n: "AQAB", e: "AQAB" },
        half,
        { ...jwkOf(second), crv: "P-384" },
        { ...jwkOf(second), use: "enc" },
        { ...jwkOf(second), y: jwkOf(first).y },
        { ...jwkOf(first), alg: "ES256", use: "sig", x5t: "extra" },
      ],
    };
    const key = find();
    assert.equal(await key("k-2"), undefined);
    assert.notEqual(await key("k-1"), undefined);
  });

  for (const [what, code, body] of [
    ["another status", 404, { error: "no such path" }],
    ["no keys", 200, {}],
    ["no object", 200, null],
    ["keys that are none", 200, { keys: ["k"] }],
  ] as const) {
    it(`can't be had of an answer that makes no sense: ${what}`, async () => {
      [status, published] = [code, body];
      await assert.rejects(find()("k-1"), {
        name: "Unavailable",
        status: 503,
        message: `auth answered ${code}, and no keys`,
        headers: { "x-failed-dependency": "auth" },
      });
    });
  }
});
