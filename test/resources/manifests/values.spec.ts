import assert from "node:assert/strict";
import { configMap, read } from "./folder.ts";

/** The data of a ConfigMap, as it's read. */
async function dataOf(yaml: string): Promise<Record<string, unknown>> {
  const { objects, lines } = await read({
    "a.yaml": `apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\ndata:\n${yaml}`,
  });
  assert.deepEqual(lines, []);
  return objects[0]?.data;
}

describe("a value in a manifest", () => {
  it("is what kubectl reads of it", async () => {
    assert.deepEqual(
      await dataOf(`
  words: [yes, On, n, FALSE, null, ~, "yes", 'null', nO, Off, y, nul]
  numbers: [8080, -1, +7, 0644, 0o17, 0x1F, 0b101, 1_000, 1.0, 1.5e3, .5, 5., 0899, 1e400, -0]
  texts: [12:30, 2001-01-31, 1.2.3, 0x, ._5, .inf, 1 2, "8080", -x, 08:00:00]
  tags: [!!str 5, !!int "5", !!float 2, !!bool "yes", !!null "", !!binary aGk=, !other 5, ! 5]
  empty:
  block: |
    12
  folded: >-
    a
    b
  80: port
  on: switch
  1.5: half
`),
      {
        words: [true, true, false, false, null, null, "yes", "null", "nO", false, true, "nul"],
        numbers: [8080, -1, 7, 420, 15, 31, 5, 1000, 1, 1500, 0.5, 5, 899, "1e400", 0],
        texts: [
          ...["12:30", "2001-01-31", "1.2.3", "0x", "._5", ".inf", "1 2", "8080", "-x"],
          "08:00:00",
        ],
        tags: ["5", 5, 2, true, null, "hi", "5", "5"],
        empty: null,
        block: "12\n",
        folded: "a b",
        80: "port",
        true: "switch",
        1.5: "half",
      },
    );
  });

  it("may come by aliases and merge keys, where what stands there wins", async () => {
    assert.deepEqual(
      await dataOf(`
  base: &base {a: 1, b: 1}
  more: &more {b: 2, c: 2}
  before: {a: 0, <<: *base}
  after: {<<: *base, a: 0}
  several: {<<: [*base, *more], d: 3}
  inline: {<<: {e: 5}}
  quoted: {"<<": 1}
  twice: [*base, *base]
  again: &base {z: 1}
  last: *base
  &k key: *k
`),
      {
        base: { a: 1, b: 1 },
        more: { b: 2, c: 2 },
        before: { a: 0, b: 1 },
        after: { a: 0, b: 1 },
        several: { a: 1, b: 1, c: 2, d: 3 },
        inline: { e: 5 },
        quoted: { "<<": 1 },
        twice: [
          { a: 1, b: 1 },
          { a: 1, b: 1 },
        ],
        again: { z: 1 },
        last: { z: 1 },
        key: "key",
      },
    );
  });

  it("pollutes no prototype, whatever its key", async () => {
    const keys = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"];
    const polluted = `{${keys.map((key) => `${key}: {polluted: yes}`).join(", ")}, <<: {__proto__: {polluted: yes}}}`;
    for (const yaml of [`  x: ${polluted}\n`, `  x: ${JSON.stringify({ a: 1 })}\n`]) {
      const { x } = (await dataOf(yaml)) as { x: Record<string, unknown> };
      assert.equal(Object.getPrototypeOf(x), Object.prototype);
      assert.equal(({} as Record<string, unknown>).polluted, undefined);
      assert.equal(x.polluted, undefined);
      if (yaml.includes("__proto__")) assert.deepEqual(Object.keys(x), keys);
    }
    const json = `{"apiVersion": "v1", "kind": "X", "metadata": {"name": "x"}, "__proto__": {"polluted": 1}}`;
    const merged = "apiVersion: v1\nkind: Z\nmetadata: {name: x}\n<<: {__proto__: {polluted: 1}}\n";
    const { objects } = await read({ "a.json": json, "b.yaml": merged });
    assert.equal(objects.length, 2);
    for (const object of objects) {
      assert.equal(object.polluted, undefined);
      assert.ok(Object.hasOwn(object, "__proto__"));
    }
  });

  it("of null in labels and data is empty text, as it is to the API", async () => {
    const { objects } = await read({
      "a.yaml":
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: {app: }\ndata: {k: ~}\n",
    });
    assert.deepEqual([objects[0]?.metadata.labels, objects[0]?.data], [{ app: "" }, { k: "" }]);
  });

  it("is found by its line, whatever keys there are beside it", async () => {
    const labels = "    app.example/v: 1.0\n    app: x\n    app.example: x\n";
    const text = `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels:\n${labels}`;
    assert.deepEqual((await read({ "a.yaml": text })).lines, [
      "a.yaml:6: ConfigMap default/a: metadata.labels.app.example/v is 1.0; it must be text: put it in quotes",
    ]);
  });

  it("is told of in one line, whatever characters it or its file has", async () => {
    const { lines, notes } = await read({
      "a\nb.yaml": configMap("a", '{"x\\u2028\\ny": 1}'),
      "c\nd.yaml": "{}",
    });
    assert.deepEqual(lines, [
      "a b.yaml:4: ConfigMap default/a: data.x y is 1; it must be text: put it in quotes",
    ]);
    assert.deepEqual(notes, ["c d.yaml: has neither apiVersion nor kind; passed over"]);
  });

  it("in JSON is read alike", async () => {
    const text = JSON.stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a", labels: { 'q"uo\\"te"': "x", "b:": 'c": 1' } },
      data: { "k\\": "v", empty: "" },
    });
    const labels = JSON.parse(text).metadata.labels;
    const { lines } = await read({ "a.json": text });
    assert.equal(lines.length, 3);
    const { objects } = await read({ "a.json": text.replace(JSON.stringify(labels), "{}") });
    assert.deepEqual(objects[0]?.data, { "k\\": "v", empty: "" });
    const twice = text.replace('"empty"', '\n"k\\\\"');
    assert.deepEqual((await read({ "a.json": twice })).lines, [
      'a.json:2: has the key "k\\\\" twice in one object; remove one',
    ]);
  });
});
