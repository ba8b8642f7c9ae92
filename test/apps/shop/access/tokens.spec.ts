import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { SignJWT } from "jose";
import { Problem } from "../../../../apps/runtime/http/problem.ts";
import { type Caller, callerOf, type FindKey } from "../../../../apps/shop/access/tokens.ts";
import { seed } from "../runtime/world.ts";
import { jwkOf, knownAs, newSigner, sign } from "./keys.ts";

const auth = newSigner("auth-1");
const partner = newSigner("partner-1", "https://partner.example");
const stranger = newSigner("stranger-1");

const keys: Record<string, ReturnType<typeof knownAs>> = {
  "auth-1": knownAs(auth),
  "partner-1": knownAs(partner, ["ada", "probe"]),
};
const findKey: FindKey = async (kid) => (Object.hasOwn(keys, kid) ? keys[kid] : undefined);
const now = () => Math.floor(Date.now() / 1000);
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("shop: who a token is for", () => {
  const good: [string, () => Promise<string>, Caller][] = [
    ["a user", () => sign(auth), { user: "ada" }],
    ["a user of a trusted issuer", () => sign(partner), { user: "ada" }],
    [
      "a service",
      () => sign(auth, { sub: "service:order", scope: "carts:take more" }),
      { service: "order", scopes: ["carts:take", "more"] },
    ],
    [
      "a service without a scope",
      () => sign(auth, { sub: "service:order" }),
      { service: "order", scopes: [] },
    ],
    ["several audiences", () => sign(auth, { aud: ["other", "shop"] }), { user: "ada" }],
    ["one that has just expired elsewhere", () => sign(auth, { exp: now() - 3 }), { user: "ada" }],
  ];
  for (const [what, token, expected] of good) {
    it(`takes ${what}`, async () => {
      assert.deepEqual(await callerOf(await token(), findKey), expected);
    });
  }

  /** The trick of old: the public key, which everybody has, as the secret of a symmetric signature. */
  function confused(): string {
    const secret = auth.publicKey.export({ type: "spki", format: "pem" });
    const signed = [
      base64url({ alg: "HS256", typ: "at+jwt", kid: "auth-1" }),
      base64url({ iss: "shop-auth", aud: "shop", sub: "ada", exp: now() + 60 }),
    ].join(".");
    return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
  }

  const unsigned = (header: object) =>
    `${base64url(header)}.${base64url({ iss: "shop-auth", aud: "shop", sub: "ada", exp: now() + 60 })}.`;

  async function rsa(): Promise<string> {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const token = new SignJWT({ iss: "shop-auth", aud: "shop", sub: "ada", exp: now() + 60 });
    return token
      .setProtectedHeader({ alg: "RS256", typ: "at+jwt", kid: "auth-1" })
      .sign(privateKey);
  }

  async function changed(): Promise<string> {
    const [header, , signature] = (await sign(auth)).split(".");
    const claims = { iss: "shop-auth", aud: "shop", sub: "bob", exp: now() + 60 };
    return [header, base64url(claims), signature].join(".");
  }

  const wrong: [string, () => string | Promise<string>, string][] = [
    ["no JWT", () => "abc", "it's no JSON Web Token"],
    ["an empty one", () => "..", "it's no JSON Web Token"],
    ["two parts", () => "e30.e30", "it's no JSON Web Token"],
    ["a header that says nothing", () => "e30.e30.", "it doesn't say by which key it's signed"],
    ["too long a one", () => "a".repeat(5000), "it's too long"],
    [
      "alg none",
      () => unsigned({ alg: "none", kid: "auth-1", typ: "at+jwt" }),
      "its alg isn't ES256",
    ],
    ["alg none in capitals", () => unsigned({ alg: "NONE", kid: "auth-1" }), "its alg isn't ES256"],
    [
      "alg none without a key",
      () => unsigned({ alg: "none" }),
      "it doesn't say by which key it's signed",
    ],
    ["HS256 by the public key", confused, "its alg isn't ES256"],
    ["RS256", rsa, "its alg isn't ES256"],
    [
      "no signature",
      () => unsigned({ alg: "ES256", kid: "auth-1", typ: "at+jwt" }),
      "its signature is wrong",
    ],
    [
      "a key of one's own under auth's id",
      () => sign({ ...stranger, kid: "auth-1" }),
      "its signature is wrong",
    ],
    ["a key of one's own", () => sign(stranger), "it's signed by nobody that the shop knows"],
    [
      "a key that it brings itself",
      () => sign(stranger, {}, { kid: "auth-1", jwk: jwkOf(stranger) }),
      "its signature is wrong",
    ],
    ["claims changed afterwards", changed, "its signature is wrong"],
    ["an expired one", () => sign(auth, { exp: now() - 10 }), "it has expired"],
    ["one that isn't good yet", () => sign(auth, { nbf: now() + 60 }), "its nbf is wrong"],
    ["no end", () => sign(auth, { exp: undefined }), "its exp is missing"],
    ["an end that's no number", () => sign(auth, { exp: "never" }), "its exp is wrong"],
    ["another audience", () => sign(auth, { aud: "bank" }), "its aud is wrong"],
    ["no audience", () => sign(auth, { aud: undefined }), "its aud is missing"],
    ["another issuer", () => sign(auth, { iss: "https://partner.example" }), "its iss is wrong"],
    ["a trusted issuer as auth", () => sign(partner, { iss: "shop-auth" }), "its iss is wrong"],
    ["no issuer", () => sign(auth, { iss: undefined }), "its iss is missing"],
    ["no sub", () => sign(auth, { sub: undefined }), "its sub is missing"],
    ["an empty sub", () => sign(auth, { sub: "" }), "its sub is no user's name"],
    ["a sub that's no text", () => sign(auth, { sub: 7 }), "its sub is no user's name"],
    ["a sub that's a path", () => sign(auth, { sub: "../bob" }), "its sub is no user's name"],
    ["a token of another kind", () => sign(auth, {}, { typ: "JWT" }), "its typ is wrong"],
    ["a critical extension", critical, "it's malformed"],
    [
      "another's user",
      () => sign(partner, { sub: "bob" }),
      "its issuer may not speak for that user",
    ],
    [
      "a service of another's",
      () => sign(partner, { sub: "service:order", scope: "carts:take" }),
      "its issuer may not speak for services",
    ],
  ];

  /** What no library signs. */
  function critical(): string {
    const header = { alg: "ES256", typ: "at+jwt", kid: "auth-1", crit: ["x"], x: 1 };
    return `${base64url(header)}.e30.AAAA`;
  }

  for (const [what, token, why] of wrong) {
    it(`refuses ${what}: ${why}`, async () => {
      await assert.rejects(callerOf(await token(), findKey), (error) => {
        assert.ok(error instanceof Problem);
        assert.equal(error.status, 401);
        assert.match(
          error.message,
          /; get a token by POST \/auth\/token\?user_id=NAME, and send it/,
        );
        assert.equal(
          error.message.startsWith(`the token isn't valid: ${why}; `),
          true,
          error.message,
        );
        assert.deepEqual(error.headers, {
          "www-authenticate": `Bearer realm="shop", error="invalid_token", error_description="${why}"`,
        });
        return true;
      });
    });
  }

  it(`refuses whatever differs from a good one in one character (MICROMESH_SEED=${seed})`, async () => {
    const token = await sign(auth);
    const character = fc.constantFrom(
      ..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.",
    );
    // The last character of a part has bits that mean nothing.
    const meaningless = [...token.matchAll(/\.|$/g)].map(({ index }) => index - 1);
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), character, async (at, other) => {
        fc.pre(token[at] !== other && !meaningless.includes(at));
        const altered = token.slice(0, at) + other + token.slice(at + 1);
        await assert.rejects(callerOf(altered, findKey), { name: "Problem", status: 401 });
      }),
      { seed, numRuns: 300 },
    );
  });

  it(`answers 401 to any text at all (MICROMESH_SEED=${seed})`, async () => {
    const json = fc.json().map((text) => Buffer.from(text).toString("base64url"));
    const part = fc.oneof(json, fc.base64String(), fc.string(), fc.constant(""));
    const text = fc.array(part, { maxLength: 4 }).map((parts) => parts.join("."));
    await fc.assert(
      fc.asyncProperty(text, async (token) => {
        await assert.rejects(callerOf(token, findKey), { name: "Problem", status: 401 });
      }),
      { seed, numRuns: 300 },
    );
  });
});
