import assert from "node:assert/strict";
import { asService } from "../../../../apps/shop/access/service-token.ts";
import type { Mesh, MeshAnswer } from "../../../../apps/shop/runtime/mesh-client.ts";

describe("shop: a service that asks in its own name", () => {
  let calls: [string, string, Record<string, string> | undefined][];
  let issued: number;
  let refused: Set<string>;
  let answer: MeshAnswer | undefined;
  let now: number;

  const mesh: Mesh = {
    async call(method, path, headers) {
      calls.push([method, path, headers]);
      if (path !== "/auth/service-token") {
        const isRefused = refused.has(headers?.authorization ?? "");
        return isRefused ? { status: 401, body: { error: "no" } } : { status: 200, body: "done" };
      }
      const token = `t-${++issued}`;
      return answer ?? { status: 200, body: { access_token: token, expires_in: 3600 } };
    },
  };
  const secret = async () => "s3cret:with a colon";
  const paths = () => calls.map(([, path]) => path);

  beforeEach(() => {
    calls = [];
    issued = 0;
    refused = new Set();
    answer = undefined;
    now = 0;
  });

  it("shows its secret for a token, and the token with what it asks", async () => {
    const own = asService(mesh, "order", secret, () => now);
    const taken = await own.call("DELETE", "/cart/ada/clear", { "if-match": '"1"' });
    assert.deepEqual(taken, { status: 200, body: "done" });
    const credentials = Buffer.from("order:s3cret:with a colon").toString("base64");
    assert.deepEqual(calls, [
      ["POST", "/auth/service-token", { authorization: `Basic ${credentials}` }],
      ["DELETE", "/cart/ada/clear", { "if-match": '"1"', authorization: "Bearer t-1" }],
    ]);
  });

  it("uses a token again until half a minute before its end", async () => {
    const own = asService(mesh, "order", secret, () => now);
    for (now of [0, 3_569_999, 3_570_000]) await own.call("GET", "/cart/ada");
    assert.deepEqual(paths(), [
      "/auth/service-token",
      "/cart/ada",
      "/cart/ada",
      "/auth/service-token",
      "/cart/ada",
    ]);
  });

  it("gets another one for a token that isn't taken any more, once", async () => {
    const own = asService(mesh, "order", secret, () => now);
    await own.call("GET", "/cart/ada");
    refused.add("Bearer t-1");
    assert.equal((await own.call("GET", "/cart/ada")).status, 200);
    refused.add("Bearer t-2").add("Bearer t-3");
    assert.equal((await own.call("GET", "/cart/ada")).status, 401);
    assert.equal(issued, 3);
    assert.equal((await own.call("GET", "/cart/ada")).status, 200, "the next call tries anew");
    assert.equal(issued, 4);
  });

  for (const [what, given] of [
    ["refuses it", { status: 401, body: { error: "no" } }],
    ["answers nonsense", { status: 200, body: { access_token: 7 } }],
  ] as const) {
    it(`says that auth ${what}, and asks nobody else`, async () => {
      answer = given;
      await assert.rejects(asService(mesh, "order", secret).call("GET", "/cart/ada"), {
        name: "Unavailable",
        message: `auth answered ${given.status}, and no token for order`,
      });
      assert.deepEqual(paths(), ["/auth/service-token"]);
    });
  }
});
