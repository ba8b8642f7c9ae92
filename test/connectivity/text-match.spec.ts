import assert from "node:assert/strict";
import fc from "fast-check";
import { compileGlob, normalizePath } from "../../micromesh/connectivity/text-match.ts";

describe("normalizePath", () => {
  // The pairs of Istio's own integration test for its default (BASE) normalisation.
  const pairs = [
    ["/", "/"],
    ["/app#foo", "/app"],
    ["/app/", "/app/"],
    ["/app/../admin", "/admin"],
    ["/app", "/app"],
    ["/app//", "/app//"],
    ["/app/%2f", "/app/%2f"],
    ["/app%2f/", "/app%2f/"],
    ["/xyz%30..//abc", "/xyz0..//abc"],
    ["/app/%2E./admin", "/admin"],
    ["/app\\admin", "/app/admin"],
    ["/app/\\/\\/\\admin", "/app//////admin"],
    ["/%2Fapp%5cadmin%5Cabc", "/%2Fapp%5cadmin%5Cabc"],
    ["/%5Capp%2f%5c%2F%2e%2e%2fadmin%5c\\abc", "/%5Capp%2f%5c%2F..%2fadmin%5c/abc"],
    ["/app//../admin", "/app/admin"],
    ["/app//../../admin", "/admin"],
    ["/..", "/"],
    ["/a/.", "/a/"],
    ["/a/b/..", "/a/"],
    ["/../../a?b=/../c", "/a"],
    ["/.../a", "/.../a"],
  ] as const;
  for (const [given, expected] of pairs) {
    it(`${given} is ${expected}`, () => assert.equal(normalizePath(given), expected));
  }
  it("changes nothing the second time", () => {
    const part = fc.constantFrom("a", ".", "..", "", "%2e", "%41", "\\", "%2f");
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const once = normalizePath(`/${parts.join("/")}`);
        assert.equal(normalizePath(once), once);
      }),
    );
  });
});

describe("compileGlob", () => {
  it("is what a regular expression with .* for * says", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 5 });
    fc.assert(
      fc.property(pattern, text, (glob, of) => {
        const expected = new RegExp(`^${glob.replaceAll("*", ".*")}$`).test(of);
        assert.equal(compileGlob(glob)(of), expected);
      }),
      { numRuns: 3000 },
    );
  });
  it("takes time linear in what it reads", () => {
    const started = performance.now();
    assert.equal(compileGlob(`${"*a".repeat(30)}*c`)("a".repeat(20_000)), false);
    assert.ok(performance.now() - started < 500);
  });
});
