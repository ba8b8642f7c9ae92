import assert from "node:assert/strict";
import { configMap, read } from "./folder.ts";

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
