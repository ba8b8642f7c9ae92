import assert from "node:assert/strict";
import { parse } from "yaml";
import { readEnvironment } from "../../../../apps/runtime/environment.ts";
import { accessVariables } from "../../../../apps/shop/access/settings.ts";
import { servicesIn, shopSettings } from "../../../../apps/shop/settings.ts";
import { gateway, registry, service } from "../../../../apps/shop/workloads.ts";
import { jwkOf, newSigner } from "./keys.ts";

const jwk = jwkOf(newSigner("k-1"));
const names = (settings: object) =>
  servicesIn(shopSettings.parse(settings)).map(({ name }) => name);

describe("shop: the settings of who may use it", () => {
  it("ask nobody unless told otherwise, and then there's no auth", () => {
    const { auth } = shopSettings.parse({});
    assert.deepEqual(auth, { required: false, keys: [] });
    assert.deepEqual(names({}), ["catalog", "cart", "order"]);
    const named = { services: [{ name: "auth", replicas: 3 }] };
    assert.deepEqual(names(named), ["catalog", "cart", "order"]);
  });

  it("have auth deployed, with what is said of it, where users must show who they are", () => {
    const settings = shopSettings.parse({
      services: [{ name: "auth", replicas: 3 }],
      auth: { required: true },
    });
    const [, , , auth] = servicesIn(settings);
    assert.deepEqual(auth, {
      name: "auth",
      path: "/auth",
      health_check: "/auth/health",
      replicas: 3,
      versions: { v1: 100 },
    });
  });

  it("reach the pods: gateway and registry lead to auth, cart and order ask for tokens", () => {
    for (const required of [true, false]) {
      const settings = shopSettings.parse({ auth: { required, keys: [{ issuer: "i", jwk }] } });
      const expected = ["catalog", "cart", "order", ...(required ? ["auth"] : [])];
      for (const workload of [gateway(settings), registry(settings)]) {
        const file = workload.files?.["/config"]?.data["shop.yaml"] ?? "";
        const read = shopSettings.parse(parse(file));
        assert.deepEqual(
          servicesIn(read).map(({ name }) => name),
          expected,
        );
        assert.equal(file.includes(jwk.x), false, "keys are nothing to them");
      }
      const env = (name: "catalog" | "cart" | "order" | "auth") =>
        service(name, "v1", { replicas: 1, faults: undefined, auth: settings.auth }).env ?? {};
      for (const name of ["cart", "order"] as const) {
        const { AUTH } = readEnvironment(accessVariables, env(name) as NodeJS.ProcessEnv);
        assert.deepEqual(AUTH, required ? settings.auth : { required: false, keys: [] });
      }
      assert.equal("AUTH" in env("catalog") || "AUTH" in env("auth"), false);
      assert.deepEqual([env("auth").STORE_HOST, env("auth").MESH_URL], ["store", undefined]);
    }
  });

  const { x: _, ...half } = jwk;
  const wrong: [string, object, string, string][] = [
    ["required", { required: "yes" }, "auth.required", "it must be true or false"],
    ["keys", { keys: {} }, "auth.keys", "it must be a list of keys"],
    ["no issuer", { keys: [{ jwk }] }, "auth.keys.0.issuer", "it must be text"],
    ["no key", { keys: [{ issuer: "i" }] }, "auth.keys.0.jwk", "it must be an object"],
    [
      "a user's name",
      { keys: [{ issuer: "i", users: ["a b"], jwk }] },
      "auth.keys.0.users.0",
      'it must be 1 to 64 of letters, digits and - _ . @, and neither "health" nor "openapi.json"',
    ],
    [
      "another kind",
      { keys: [{ issuer: "i", jwk: { ...jwk, kty: "RSA" } }] },
      "auth.keys.0.jwk.kty",
      "it must be EC",
    ],
    [
      "another curve",
      { keys: [{ issuer: "i", jwk: { ...jwk, crv: "P-384" } }] },
      "auth.keys.0.jwk.crv",
      "it must be P-256",
    ],
    [
      "half a key",
      { keys: [{ issuer: "i", jwk: half }] },
      "auth.keys.0.jwk.x",
      "it must be 32 bytes in base64url, as a public key of P-256 has them",
    ],
    [
      "no point of the curve",
      { keys: [{ issuer: "i", jwk: { ...jwk, y: jwk.x } }] },
      "auth.keys.0.jwk",
      "it must be a point of the curve P-256",
    ],
    [
      "a private key",
      { keys: [{ issuer: "i", jwk: { ...jwk, d: "secret" } }] },
      "auth.keys.0.jwk",
      'Unrecognized key: "d"',
    ],
    [
      "two keys of one id",
      {
        keys: [
          { issuer: "i", jwk },
          { issuer: "j", jwk: jwkOf(newSigner("k-1")) },
        ],
      },
      "auth.keys",
      "it must give each key a kid of its own",
    ],
    ["a slip of the pen", { require: true }, "auth", 'Unrecognized key: "require"'],
  ];
  for (const [what, auth, path, message] of wrong) {
    it(`are refused: ${what}`, () => {
      const { issues = [] } = shopSettings.safeParse({ auth }).error ?? {};
      assert.deepEqual([issues[0]?.path.join("."), issues[0]?.message], [path, message]);
      assert.equal(JSON.stringify(issues).includes("secret"), false);
    });
  }

  it("are refused as a variable that isn't JSON", () => {
    assert.throws(() => readEnvironment(accessVariables, { AUTH: "yes" }), {
      message: 'AUTH is "yes"; it must be JSON, such as {"required": true}',
    });
  });
});
