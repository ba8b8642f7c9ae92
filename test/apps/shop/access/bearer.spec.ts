import assert from "node:assert/strict";
import { bearerToken } from "../../../../apps/shop/access/bearer.ts";

describe("shop: the header that shows a token", () => {
  for (const [header, token] of [
    ["Bearer abc.DEF-_.123", "abc.DEF-_.123"],
    ["bearer abc", "abc"],
    ["BEARER   abc", "abc"],
    ["  Bearer abc  ", "abc"],
    ["Bearer abc==", "abc=="],
  ] as const) {
    it(`is read: ${JSON.stringify(header)}`, () => {
      assert.equal(bearerToken([header]), token);
    });
  }

  const none = [401, 'Bearer realm="shop"'] as const;
  const malformed = [
    400,
    'Bearer realm="shop", error="invalid_request", error_description="not a token"',
  ] as const;
  const cases: [string, string[] | undefined, readonly [number, string]][] = [
    ["no header", undefined, none],
    ["an empty one", [""], none],
    ["another scheme", ["Basic YWRhOng="], none],
    ["a scheme that only begins alike", ["Bearerx abc"], none],
    ["a token without a scheme", ["abc.def.ghi"], none],
    ["no token", ["Bearer"], malformed],
    ["two tokens", ["Bearer abc def"], malformed],
    ["two in a list", ["Bearer abc, Bearer def"], malformed],
    ["characters that no token has", ["Bearer a\u00e4b"], malformed],
    ["quotes", ['Bearer "abc"'], malformed],
    [
      "two headers",
      ["Bearer abc", "Bearer abc"],
      [
        400,
        'Bearer realm="shop", error="invalid_request", error_description="more than one Authorization header"',
      ],
    ],
  ];
  for (const [what, values, [status, challenge]] of cases) {
    it(`is refused with ${status}: ${what}`, () => {
      assert.throws(() => bearerToken(values), {
        name: "Problem",
        status,
        headers: { "www-authenticate": challenge },
      });
    });
  }
});
