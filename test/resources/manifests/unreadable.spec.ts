import assert from "node:assert/strict";
import { configMap, read } from "./folder.ts";

/** The one problem with a document that stands between two good ones, which must still count. */
async function problemOf(document: string | Uint8Array): Promise<string> {
  const parts = [`${configMap("before")}---\n`, document, `\n---\n${configMap("after")}`];
  const bytes = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const { titles, lines, notes } = await read({
    "m.yaml": bytes,
    "other.yaml": configMap("other"),
  });
  assert.deepEqual(titles, [
    "ConfigMap default/before",
    "ConfigMap default/after",
    "ConfigMap default/other",
  ]);
  assert.deepEqual(notes, []);
  assert.equal(lines.length, 1, lines.join("\n"));
  return lines[0] as string;
}

describe("a document that can't be read", () => {
  const cases: [what: string, document: string | Uint8Array, problem: RegExp][] = [
    ["a key twice", "apiVersion: v1\nkind: X\nkind: Y", /^m\.yaml:7: has the key "kind" twice/],
    ["a key twice in JSON", '{"kind": "X",\n"kind": "Y"}', /^m\.yaml:6: has the key "kind" twice/],
    [
      "a tab",
      "kind: X\nmetadata:\n\tname: x",
      /^m\.yaml:7: is indented by a tab; indent by spaces$/,
    ],
    ["a mapping in a mapping", "kind: a: b", /^m\.yaml:5: isn't YAML: nested mappings are not/],
    ["an open quote", 'kind: X\nname: "x', /^m\.yaml:\d+: isn't YAML: missing closing "quote/],
    ["an open list", "kind: [1, 2", /^m\.yaml:\d+: isn't YAML: /],
    ["broken JSON", '{"kind": "X",, }', /^m\.yaml:5: isn't YAML: /],
    ["a stray bracket", `kind: ${"]".repeat(100)}`, /^m\.yaml:5: isn't YAML: /],
    [
      "an alias of nothing",
      "kind: *x",
      /^m\.yaml:5: uses \*x, but nothing before it is marked &x$/,
    ],
    ["an alias before its anchor", "a: *x\nkind: &x y", /^m\.yaml:5: uses \*x, but nothing before/],
    ["a list in itself", "kind: X\nspec: &a [*a]", /^m\.yaml:6: uses \*a within &a: it would hold/],
    ["an object in itself", "kind: X\nspec: &a\n  b: *a", /^m\.yaml:7: uses \*a within &a/],
    ["a merge of itself", "kind: X\nspec: &a\n  <<: *a", /^m\.yaml:7: uses \*a within &a/],
    ["a merge of text", "kind: X\nspec:\n  <<: x", /^m\.yaml:7: merges by << what isn't an object/],
    ["a wrong tag", "kind: !!int x", /^m\.yaml:5: says !!int of what isn't one; remove !!int$/],
    ["bad base64", "kind: !!binary a", /^m\.yaml:5: says !!binary of what isn't one/],
    ["a list for a key", "kind: X\n? [a]\n: b", /^m\.yaml:6: has a key that isn't text; a key is/],
    ["no key", "kind: X\n: b", /^m\.yaml:6: has a key that isn't text; write "" or a name/],
    ["a control character", "kind: X\nname: a\u0007", /^m\.yaml:6: isn't text: .* U\+0007$/],
    [
      "binary junk",
      Uint8Array.from({ length: 500 }, (_, i) => (i * 7) % 10),
      /isn't text: .* U\+0000$/,
    ],
    [
      "no UTF-8",
      Buffer.from("kind: X\nname: \xe4", "latin1"),
      /^m\.yaml:6: isn't UTF-8 text; save/,
    ],
    ["deep lists", `kind: X\nspec: ${"[".repeat(10_000)}`, /^m\.yaml:6: is nested deeper than 256/],
    ["deep lists that end", "[".repeat(9_999) + "]".repeat(9_999), /^m\.yaml:5: is nested deeper/],
    ["deep items", "- ".repeat(10_000), /^m\.yaml:5: is nested deeper than 256 levels/],
    ["deep keys", "? ".repeat(10_000), /^m\.yaml:5: is nested deeper than 256 levels/],
    ["deep JSON", `${'{"a":'.repeat(9_999)}1${"}".repeat(9_999)}`, /is nested deeper than 256/],
    [
      "no apiVersion",
      "kind: X\nmetadata: {name: x}",
      /^m\.yaml:5: X x: apiVersion is missing; write/,
    ],
    ["no kind", "apiVersion: v1\nmetadata: {name: x}", /^m\.yaml:5: kind is missing; write e\.g\./],
    [
      "a number for a kind",
      "apiVersion: v1\nkind: 7\nmetadata: {name: x}",
      /:6: kind is 7; it must/,
    ],
    [
      "an odd apiVersion",
      "apiVersion: v1/\nkind: X\nmetadata: {name: x}",
      /X default\/x: apiVersion is v1\//,
    ],
    [
      "no metadata",
      "apiVersion: v1\nkind: X",
      /^m\.yaml:5: metadata is missing; give at least a name/,
    ],
    [
      "a text for metadata",
      "apiVersion: v1\nkind: X\nmetadata: x",
      /:7: metadata is x; it must be an/,
    ],
    [
      "no name",
      "apiVersion: v1\nkind: X\nmetadata: {}",
      /^m\.yaml:7: metadata\.name is missing; give/,
    ],
    [
      "a number for a name",
      "apiVersion: v1\nkind: X\nmetadata:\n  name: 1.0",
      /:8: metadata\.name is 1\.0;/,
    ],
    [
      "a name in capitals",
      configMap("Abc"),
      /^m\.yaml:7: ConfigMap default\/Abc: metadata\.name is Abc/,
    ],
    [
      "a number for a namespace",
      "apiVersion: v1\nkind: X\nmetadata:\n  name: x\n  namespace: 0x1",
      /:9: X x: metadata\.namespace is 0x1; it must be text: put it in quotes$/,
    ],
    [
      "an odd namespace",
      "apiVersion: v1\nkind: X\nmetadata:\n  name: x\n  namespace: a.b",
      /namespace is a\.b/,
    ],
    [
      "a number for a label",
      "apiVersion: v1\nkind: X\nmetadata:\n  name: x\n  labels:\n    example.com/v.1: 1.0",
      /^m\.yaml:10: X default\/x: metadata\.labels\.example\.com\/v\.1 is 1\.0; it must be text: put it in quotes$/,
    ],
    [
      "a boolean for a label",
      "apiVersion: v1\nkind: X\nmetadata: {name: x, labels: {a: yes}}",
      /labels\.a is yes; it must be text/,
    ],
    [
      "no label's value",
      "apiVersion: v1\nkind: X\nmetadata: {name: x, labels: {a: b c}}",
      /labels\.a is b c; a label's value has/,
    ],
    [
      "no label's key",
      "apiVersion: v1\nkind: X\nmetadata: {name: x, labels: {a b: c}}",
      /labels\.a b is no label key/,
    ],
    [
      "a number for an annotation",
      "apiVersion: v1\nkind: X\nmetadata: {name: x, annotations: {a: 1}}",
      /annotations\.a is 1; it/,
    ],
    [
      "a list of labels",
      "apiVersion: v1\nkind: X\nmetadata: {name: x, labels: [a]}",
      /labels is \["a"\]; it must be an object/,
    ],
    [
      "a text for a spec",
      "apiVersion: v1\nkind: X\nmetadata: {name: x}\nspec: x",
      /:8: X default\/x: spec is x; it must be an/,
    ],
  ];
  for (const [what, document, problem] of cases) {
    it(`because of ${what} costs no other one`, async () => {
      assert.match(await problemOf(document), problem);
    });
  }
  it("for want of both apiVersion and kind is told of each", async () => {
    const { lines } = await read({ "m.yaml": "metadata: {name: x}\nspec: {}" });
    assert.deepEqual(lines, [
      "m.yaml:1: apiVersion is missing; write e.g. apps/v1",
      "m.yaml:1: kind is missing; write e.g. Deployment",
    ]);
  });
});
