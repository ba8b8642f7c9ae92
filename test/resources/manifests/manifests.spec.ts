import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, mkdir, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  manifestProblemLine,
  readManifests,
} from "../../../micromesh/resources/manifests/manifests.ts";
import { configMap, inFolder, read } from "./folder.ts";

/** The data of a ConfigMap, as it's read. */
async function dataOf(yaml: string): Promise<Record<string, unknown>> {
  const { objects, lines } = await read({
    "a.yaml": `apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\ndata:\n${yaml}`,
  });
  assert.deepEqual(lines, []);
  return objects[0]?.data;
}

/** The one problem with a document that stands between two good ones, which must still count. */
async function problemOf(document: string | Uint8Array, file = "m.yaml"): Promise<string> {
  const parts = [`${configMap("before")}---\n`, document, `\n---\n${configMap("after")}`];
  const bytes = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const { titles, lines, notes } = await read({ [file]: bytes, "other.yaml": configMap("other") });
  assert.deepEqual(titles, [
    "ConfigMap default/before",
    "ConfigMap default/after",
    "ConfigMap default/other",
  ]);
  assert.deepEqual(notes, []);
  assert.equal(lines.length, 1, lines.join("\n"));
  return lines[0] as string;
}

describe("the files of a folder of manifests", () => {
  it("are *.yaml, *.yml and *.json at any depth, in the order of their names", async () => {
    const { titles } = await read({
      "b.yml": configMap("b"),
      "a/z/c.yaml": configMap("c"),
      "a.json": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "j"}}',
      "a.txt": configMap("no-text"),
      yaml: configMap("no-extension"),
      ".git/x.yaml": configMap("hidden"),
      "a/node_modules/p/x.yaml": configMap("package"),
    });
    assert.deepEqual(
      titles,
      ["c", "j", "b"].map((name) => `ConfigMap default/${name}`),
    );
  });

  it("may be one file", async () => {
    await inFolder({ "m.conf": configMap("a") }, async (directory) => {
      const { objects } = await readManifests(join(directory, "m.conf"));
      assert.equal(objects[0]?.metadata.name, "a");
    });
  });

  it("are read through links, each once, and loops of links end", async () => {
    await inFolder({ "a/x.yaml": configMap("x") }, async (directory) => {
      await symlink("..", join(directory, "a/loop"));
      await symlink("a", join(directory, "again"));
      await symlink("x.yaml", join(directory, "a/y.yaml"));
      await symlink("self.yaml", join(directory, "self.yaml"));
      await symlink("nowhere", join(directory, "dangling"));
      await symlink("nowhere", join(directory, "gone.yml"));
      const { objects, problems } = await readManifests(directory);
      assert.equal(objects.length, 1);
      assert.deepEqual(problems.map(manifestProblemLine), [
        "gone.yml: can't be read: there is no such file or folder",
        "self.yaml: can't be read: it's a link to itself",
      ]);
    });
  });

  it("are files: a pipe of that name isn't waited for", async () => {
    await inFolder({ "a.yaml": configMap("a") }, async (directory) => {
      execFileSync("mkfifo", [join(directory, "pipe.yaml")]);
      assert.equal((await readManifests(directory)).objects.length, 1);
    });
  });

  it("have 16 MiB at most", async () => {
    await inFolder({ "a.yaml": configMap("a"), "big.yaml": "" }, async (directory) => {
      // A hundred megabytes that take no room on the disk.
      await truncate(join(directory, "big.yaml"), 100 * 1024 * 1024);
      const started = performance.now();
      const { objects, problems } = await readManifests(directory);
      assert.ok(performance.now() - started < 200);
      assert.equal(objects.length, 1);
      assert.deepEqual(problems.map(manifestProblemLine), [
        "big.yaml: has 100 MiB, more than the 16 MiB that are read; split it, or move it out of the folder",
      ]);
    });
  });

  it("that may not be read are problems, as are such folders", async function () {
    if (process.getuid?.() === 0) this.skip();
    await inFolder({ "a.yaml": configMap("a"), "b.yaml": "" }, async (directory) => {
      await chmod(join(directory, "b.yaml"), 0);
      await mkdir(join(directory, "c"), { mode: 0 });
      const { objects, problems } = await readManifests(directory);
      assert.equal(objects.length, 1);
      assert.deepEqual(problems.map(manifestProblemLine), [
        "c: can't be read: permission denied",
        "b.yaml: can't be read: permission denied",
      ]);
    });
  });

  it("must be there", async () => {
    const fails = (directory: string, message: string) =>
      assert.rejects(readManifests(directory), { name: "UsageError", message });
    await inFolder({ "readme.md": "", "empty/x": "" }, async (directory) => {
      const none = join(directory, "none");
      await fails(none, `${none}: there is no such file or folder; give a folder of YAML files`);
      const text = "holds no *.yaml, *.yml or *.json file; give the folder of the manifests";
      await fails(directory, `${directory}: ${text}`);
      await fails(
        "/dev/null",
        "/dev/null: is neither a folder nor a file; give a folder of YAML files",
      );
      await writeFile(join(directory, "a.yaml"), "");
      assert.deepEqual(await readManifests(directory), { objects: [], problems: [], notes: [] });
    });
  });
});

describe("the documents of a manifest", () => {
  it("are parted by --- and ..., and may be empty", async () => {
    const text = [
      "\uFEFF# a comment\n%YAML 1.1\n---\n---\n# nothing\n--- # why\n",
      configMap("a").replaceAll("\n", "\r\n"),
      "---\r\n---   \n",
      "--- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n...\n",
      configMap("c"),
      "... # the end\n---\n",
      configMap("d", "{text: '\n ---\n  ----'}"),
      "---",
    ].join("");
    const { titles, objects, lines, notes } = await read({
      "a.yaml": text,
      "b.yaml": `\uFEFF${configMap("e")}`,
    });
    assert.deepEqual(lines, []);
    assert.deepEqual(notes, []);
    assert.deepEqual(
      titles,
      ["a", "b", "c", "d", "e"].map((name) => `ConfigMap default/${name}`),
    );
    assert.deepEqual(objects[3]?.data, { text: " --- ----" });
  });

  it("may be lists, in lists too, whose items may lack what the list says", async () => {
    const { objects, titles, lines } = await read({
      "a.yaml": `
apiVersion: v1
kind: List
items:
- ${configMap("a").replaceAll("\n", "\n  ")}
- apiVersion: v1
  kind: ConfigMapList
  metadata: {resourceVersion: "1"}
  items:
  - metadata: {name: b, namespace: x}
    data: {k: v}
  - {apiVersion: null, kind: null, metadata: {name: c}}
- {apiVersion: networking.k8s.io/v1, kind: NetworkPolicyList, items: null}
---
apiVersion: apps/v1
kind: DeploymentList
items: []
---
{apiVersion: example.com/v1, kind: AllowList, metadata: {name: d}, spec: {}}
`,
      "b.yaml":
        "{apiVersion: networking.istio.io/v1, kind: GatewayList, items: [{metadata: {name: g}, spec: {}}]}",
    });
    assert.deepEqual(lines, []);
    assert.deepEqual(titles, [
      "ConfigMap default/a",
      "ConfigMap x/b",
      "ConfigMap default/c",
      "AllowList default/d",
      "Gateway default/g",
    ]);
    assert.deepEqual(objects[1], {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "b", namespace: "x" },
      data: { k: "v" },
    });
    assert.equal(objects[4]?.apiVersion, "networking.istio.io/v1");
  });

  it("may have lists with bad items, which cost no other", async () => {
    const list = (items: string) => `apiVersion: v1\nkind: ConfigMapList\nitems:\n${items}`;
    const { titles, lines } = await read({
      "a.yaml": list(
        "- metadata: {name: a}\n- 7\n-\n- metadata: {name: 1}\n- metadata: {name: b}\n  data: {x: 1}",
      ),
      "b.yaml": "apiVersion: v1\nkind: List\nitems: 7",
    });
    assert.deepEqual(titles, ["ConfigMap default/a"]);
    assert.deepEqual(lines, [
      "a.yaml:5: items[1] is no object; remove the item",
      "a.yaml:6: items[2] is no object; remove the item",
      "a.yaml:7: items[3].metadata.name is 1; it must be text: put it in quotes",
      "a.yaml:9: ConfigMap default/b: data.x is 1; it must be text: put it in quotes",
      "b.yaml:3: items isn't a list; write the objects as its items",
    ]);
  });

  it("get their namespace as the API server would give it", async () => {
    const object = (kind: string, namespace: string) =>
      `{apiVersion: v1, kind: ${kind}, metadata: {name: x, namespace: ${namespace}}}\n---\n`;
    const { objects, lines } = await read({
      "a.yaml":
        object("ConfigMap", "a") +
        object("ConfigMap", "~") +
        object("Secret", '""') +
        object("Namespace", "a") +
        object("Node", "~") +
        object("ConfigMap", "1"),
    });
    assert.deepEqual(
      objects.map(({ kind, metadata }) => ({ kind, ...metadata })),
      [
        { kind: "ConfigMap", name: "x", namespace: "a" },
        { kind: "ConfigMap", name: "x", namespace: "default" },
        { kind: "Secret", name: "x", namespace: "default" },
        { kind: "Namespace", name: "x" },
        { kind: "Node", name: "x" },
      ],
    );
    assert.deepEqual(lines, [
      "a.yaml:11: ConfigMap x: metadata.namespace is 1; it must be text: put it in quotes",
    ]);
  });

  it("count once: of two with one key the later is left out", async () => {
    const policy = (version: string, namespace = "") =>
      `apiVersion: networking.k8s.io/${version}\nkind: NetworkPolicy\nmetadata:\n  name: p\n${namespace}`;
    const { titles, lines } = await read({
      "a.yaml": `${policy("v1")}---\n${policy("v1", "  namespace: b\n")}`,
      "b/c.yaml": `\n${policy("v1beta1", "  namespace: default\n")}`,
      "d.yaml": policy("v1").replace("networking.k8s.io", "example.com"),
    });
    assert.deepEqual(
      titles,
      ["default", "b", "default"].map((n) => `NetworkPolicy ${n}/p`),
    );
    assert.deepEqual(lines, [
      "b/c.yaml:5: NetworkPolicy default/p: is in a.yaml already; this one is left out, remove one of them",
    ]);
  });

  it("may leave the end of their name to the cluster", async () => {
    const job = "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: run-}\n";
    const { titles, notes } = await read({
      "a.yaml": `${job}---\n${configMap("run-1")}---\n${job}`,
    });
    assert.deepEqual(
      titles,
      ["run-0", "run-1", "run-2"].map((name) => `ConfigMap default/${name}`),
    );
    assert.deepEqual(notes, [
      "a.yaml: ConfigMap default/run-0 has generateName; the cluster ends its name by chance, here it's by a number",
      "a.yaml: ConfigMap default/run-2 has generateName; the cluster ends its name by chance, here it's by a number",
    ]);
  });
});

describe("files beside manifests", () => {
  it("are named in a note", async () => {
    const { objects, lines, notes } = await read({
      "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
      "chart/values.yaml": "image:\n  tag: 1.0\n",
      "chart/templates/a.yaml":
        'apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ include "shop.name" . }}\nspec:\n  a: 1\n',
      "chart/templates/b.yaml": "{{- if .Values.x }}\napiVersion: v1\nkind: Service\n{{- end }}\n",
      "chart/templates/c.yaml": configMap('"{{ .Release.Name }}-c"'),
      "chart/templates/d.yaml":
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: x\n  labels:\n    {{- toYaml .Values.labels | nindent 4 }}\n",
      "compose.yml": "services: {}\n",
      config: "",
      "kind.yaml": "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n",
      "kube.yaml": "apiVersion: v1\nkind: Config\nclusters: []\n",
      "kustomization.yaml": "resources: [a.yaml]\n",
      "kustomize/component.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n",
      "list.json": "[1, 2]",
      "package.json": '{"name": "x", "version": "1.0.0"}',
      "words.yaml": "hello\n---\nworld\n",
    });
    assert.deepEqual(lines, []);
    assert.deepEqual(objects, []);
    const template =
      "is a Helm template; passed over: to have its objects, give what helm template prints";
    const kustomize =
      "is for Kustomize, whose changes aren't made here; passed over: to have them, give what kubectl kustomize prints";
    assert.deepEqual(notes, [
      "chart/Chart.yaml: is a Helm chart's; passed over: to have the chart, give what helm template prints",
      ...["a", "b", "c", "d"].map((name) => `chart/templates/${name}.yaml: ${template}`),
      "chart/values.yaml: has neither apiVersion nor kind; passed over",
      "compose.yml: has neither apiVersion nor kind; passed over",
      "kind.yaml: configures a program and is no object of a cluster; passed over",
      "kube.yaml: configures a program and is no object of a cluster; passed over",
      `kustomization.yaml: ${kustomize}`,
      `kustomize/component.yaml: ${kustomize}`,
      "list.json: holds no Kubernetes object; passed over",
      "package.json: has neither apiVersion nor kind; passed over",
      "words.yaml: holds no Kubernetes object; passed over",
    ]);
  });

  it("aren't those that only mention templates", async () => {
    const rule = `|\n  {{ $labels.pod }} is down\nmetadata: {name: x, labels: {a: 1}}`;
    const { lines, notes } = await read({
      "a.yaml": `apiVersion: v1\nkind: ConfigMap\ndata:\n  alert: ${rule.replaceAll("\n", "\n  ")}`,
      "b.yaml": configMap("b", '{alert: "{{ $value }}"}'),
      "flux.yaml":
        "{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: f}}",
    });
    assert.deepEqual(notes, []);
    assert.deepEqual(lines, ["a.yaml:1: metadata is missing; give at least a name"]);
  });
});

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
    ["neither", "metadata: {name: x}\nspec: {}", /^$/],
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
      if (what === "neither") {
        const { lines } = await read({ "m.yaml": document });
        assert.deepEqual(lines, [
          "m.yaml:1: apiVersion is missing; write e.g. apps/v1",
          "m.yaml:1: kind is missing; write e.g. Deployment",
        ]);
      } else assert.match(await problemOf(document), problem);
    });
  }
});
