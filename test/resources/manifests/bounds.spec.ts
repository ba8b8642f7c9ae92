import assert from "node:assert/strict";
import fc from "fast-check";
import type { KubernetesObject } from "../../../micromesh/resources/declared.ts";
import {
  manifestProblemLine,
  readManifests,
} from "../../../micromesh/resources/manifests/manifests.ts";
import { MAX_TOKENS } from "../../../micromesh/resources/manifests/yaml.ts";
import { configMap, inFolder, read } from "./folder.ts";

/** Reads one file and tells how long it took, in milliseconds, and how much more memory is in use, in MB. */
async function measure(text: string) {
  return inFolder({ "m.yaml": text }, async (directory) => {
    const before = process.memoryUsage().heapUsed;
    const started = performance.now();
    const { objects, problems } = await readManifests(directory);
    const ms = performance.now() - started;
    const megabytes = (process.memoryUsage().heapUsed - before) / 1e6;
    return { objects, lines: problems.map(manifestProblemLine), ms, megabytes };
  });
}

/** A kilobyte whose aliases stand for `width ** depth` words. */
function laughs(depth: number, width: number, head = ""): string {
  const lines = [`${head}a0: &a0 lol`];
  for (let i = 1; i <= depth; i++) {
    lines.push(
      `a${i}: &a${i} [${Array(width)
        .fill(`*a${i - 1}`)
        .join(",")}]`,
    );
  }
  return `${lines.join("\n")}\n`;
}

describe("a manifest that would take too much", () => {
  it("by aliases of aliases is refused at once", async () => {
    const bomb = laughs(9, 10);
    assert.ok(bomb.length < 1024);
    const { lines, ms, megabytes } = await measure(bomb);
    assert.deepEqual(lines, [
      "m.yaml:7: grows too large by aliases such as *a5; write out what's meant",
    ]);
    assert.ok(ms < 100, `${ms} ms`);
    assert.ok(megabytes < 20, `${megabytes} MB`);
  });

  it("by merge keys upon merge keys is refused, too", async () => {
    const lines = ["kind: X", "m0: &m0 {a: lol, b: lol}"];
    for (let i = 1; i <= 40; i++)
      lines.push(`m${i}: &m${i} {<<: [*m${i - 1}, *m${i - 1}], k${i}: 1}`);
    const { lines: problems, ms } = await measure(lines.join("\n"));
    assert.match(problems.join(), /^m\.yaml:\d+: grows too large by aliases/);
    assert.ok(ms < 100, `${ms} ms`);
  });

  it("by aliases of one long text is refused", async () => {
    const text = `kind: X\na: &a ${"x".repeat(100_000)}\nb: [${"*a, ".repeat(100)}]`;
    assert.match((await measure(text)).lines.join(), /^m\.yaml:3: grows too large by aliases/);
  });

  it("isn't one that uses its aliases often", async () => {
    const labels = `{${Array.from({ length: 20 }, (_, i) => `k${i}: v`).join(", ")}}`;
    const maps = Array.from({ length: 500 }, (_, i) => {
      const place = i === 0 ? `&l ${labels}` : "*l";
      return `- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: c${i}, labels: ${place}}\n`;
    });
    const { objects, lines } = await measure(
      `apiVersion: v1\nkind: List\nitems:\n${maps.join("")}`,
    );
    assert.deepEqual(lines, []);
    assert.equal(objects.length, 500);
    assert.equal(objects[499]?.metadata.labels?.k19, "v");
  });

  it("in all of its files together is refused from the one on that is too much", async () => {
    // Each stands for a little less than what one document may.
    const head = (i: number) => `apiVersion: v1\nkind: X\nmetadata: {name: x${i}}\n`;
    const files = Array.from({ length: 40 }, (_, i) => [`${10 + i}.yaml`, laughs(3, 64, head(i))]);
    const { objects, lines } = await read(Object.fromEntries(files));
    assert.ok(objects.length > 20 && objects.length < 40, `${objects.length} objects`);
    assert.equal(lines.length, 40 - objects.length);
    assert.match(lines[0] as string, /grows too large by aliases/);
  });

  it("by its tokens is refused, before they're all in memory", async () => {
    const dense = `${configMap("a")}---\nkind: [${"1,".repeat(MAX_TOKENS)}]\n---\n${configMap("b")}`;
    const { objects, lines } = await measure(dense);
    assert.equal(objects.length, 2);
    assert.deepEqual(lines, [
      "m.yaml:5: holds more than 2,000,000 YAML tokens in one document; part it by ---, or write it as JSON",
    ]);
  }).timeout(60_000);

  it("isn't JSON of a whole cluster", async () => {
    const item = { apiVersion: "v1", kind: "ConfigMap", data: { a: "1", b: "2", c: "3", d: "4" } };
    const items = Array.from({ length: 80_000 }, (_, i) => ({
      ...item,
      metadata: { name: `c${i}` },
    }));
    const { objects, lines } = await measure(JSON.stringify({ kind: "List", items }));
    assert.deepEqual(lines, []);
    assert.equal(objects.length, 80_000);
  }).timeout(60_000);

  it("by its depth is refused, in YAML and in JSON", async () => {
    const list = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    const deep = (depth: number) => `{"kind": "X",\n"a": ${list(depth)}}`;
    const taken = await read({ "a.json": deep(250), "b.yaml": `---\n${deep(250)}` });
    assert.match(
      taken.lines.join("\n"),
      /^a\.json:1: apiVersion.*\n.*\nb\.yaml:2: apiVersion.*\n.*$/,
    );
    const refused = await read({ "a.json": deep(260), "b.yaml": `---\n${deep(260)}` });
    const text = "is nested deeper than 256 levels, which no Kubernetes object is; flatten it";
    assert.deepEqual(refused.lines, [`a.json:2: ${text}`, `b.yaml:3: ${text}`]);
  });

  it("by its errors is refused at the first of them", async () => {
    const good = await measure(`kind: [${"&a,".repeat(500_000)}]`);
    for (const junk of ["]".repeat(1_500_000), "&a ".repeat(500_000)]) {
      const { lines, ms } = await measure(`kind: ${junk}`);
      assert.match(lines.join(), /^m\.yaml:1: isn't YAML: [^,]*$/);
      assert.ok(ms < 1.5 * good.ms, `${ms} ms, ${good.ms} ms where nothing is wrong`);
    }
  }).timeout(60_000);

  it("is read in a time that grows no faster than it does", async () => {
    const shapes: ((n: number) => string)[] = [
      (n) => `kind: ${"]".repeat(n)}`,
      (n) => "&a ".repeat(n / 3),
      (n) => "%a\n".repeat(n / 3),
      (n) => "--- a\n".repeat(n / 6),
      (n) => "---\n".repeat(n / 4),
      (n) => "--- [\n".repeat(n / 6),
      (n) => `kind: "${"\\n".repeat(n / 2)}`,
      (n) => `a: |\n${" x\n".repeat(n / 3)}`,
      (n) => `- &a 1\n${"- *a\n".repeat(n / 5)}`,
      (n) => Array.from({ length: n / 12 }, (_, i) => `key-${i}: 1\n`).join(""),
      (n) => `{${Array.from({ length: n / 12 }, (_, i) => `"key-${i}": 1`).join(",")}}`,
      (n) =>
        `${configMap("a")}data:\n${Array.from({ length: n / 9 }, (_, i) => ` k${i}: 1\n`).join("")}`,
      (n) => `apiVersion: v1\nkind: List\nitems:\n${"- 1\n".repeat(n / 4)}`,
      (n) => `apiVersion: v1\nkind: List\nitems:\n${"- {kind: X}\n".repeat(n / 12)}`,
      (n) => "apiVersion: v1\nkind: X\nmetadata: {generateName: x}\n---\n".repeat(n / 20),
      (n) => {
        const keys = Array.from({ length: n / 12 }, (_, i) => `key-${i}: 1\n`).join("");
        return `kind: List\n${keys}items:\n${"- {kind: X}\n".repeat(n / 12)}`;
      },
      (n) => `{{ ${"x: {{ ".repeat(n / 6)}`,
      (n) => `\u0000${"\n".repeat(n)}`,
    ];
    for (const shape of shapes) {
      const { ms } = await measure(shape(200_000));
      assert.ok(ms < 5_000, `${ms} ms: ${shape}`);
    }
  }).timeout(120_000);

  it("by its documents is read as far as a hundred thousand of them", async () => {
    const text = `${"--- a\n".repeat(99_999)}---\n${configMap("a")}---\n${configMap("b")}`;
    const { objects, lines } = await measure(text);
    assert.deepEqual(
      objects.map(({ metadata }) => metadata.name),
      ["a"],
    );
    assert.deepEqual(lines, [
      "m.yaml: holds more than 100000 documents, and those after are left out; split it",
    ]);
  }).timeout(60_000);

  it("in problems tells the first ones, and how many more there are", async () => {
    const many = await read({
      "a.yaml": `${"kind: [\n---\n".repeat(150)}${configMap("a")}`,
      "b.yaml": configMap("b", `{${Array.from({ length: 50 }, (_, i) => `k${i}: 1`).join(", ")}}`),
    });
    assert.deepEqual(many.titles, ["ConfigMap default/a"]);
    assert.equal(many.lines.length, 121);
    assert.equal(many.lines[100], "a.yaml: has 50 more problems; mend the first 100");
  });
});

/** Manifests that nothing is wrong with, which a mutation then spoils. */
const samples = [
  `apiVersion: apps/v1
kind: Deployment
metadata: {name: counter, namespace: c-app, labels: {app: counter}}
spec:
  replicas: 2
  selector: {matchLabels: {app: counter}}
  template:
    metadata: {labels: {app: counter}}
    spec:
      containers:
        - name: counter
          image: node:20
          ports: [{name: http, containerPort: 8080, protocol: TCP}]
          env: [{name: REDIS, value: "redis.d-redis:6379"}]
`,
  `apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Service
    metadata: &m {name: redis, namespace: d-redis}
    spec:
      selector: {app: redis}
      ports: [{name: redis, port: 6379, targetPort: redis}]
  - {apiVersion: v1, kind: ConfigMap, metadata: *m, data: {<<: {a: "1"}, b: "2"}}
`,
  `{"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web"},
 "spec": {"rules": [{"host": "a.example", "http": {"paths": [{"path": "/", "pathType": "Prefix",
  "backend": {"service": {"name": "web", "port": {"number": 80}}}}]}}]}}
`,
];

const junk = fc.oneof(
  fc.constantFrom(
    ...[
      "\0",
      "\t",
      "\n",
      "\n---\n",
      "\n...\n",
      "{",
      "}",
      "[",
      "]",
      "&m ",
      "*m",
      "<<: ",
      "!!",
      "? ",
    ],
    ...[": ", "- ", "|\n", '"', "'", "#", "%", "__proto__: ", "null", "1.0", "{{ x }}", "\uFFFD"],
  ),
  fc.string({ unit: "binary", maxLength: 5 }),
);

/** A sample with some of its text replaced. */
const mutated = fc
  .tuple(
    fc.constantFrom(...samples),
    fc.array(fc.tuple(fc.nat(), fc.nat(20), junk), { maxLength: 4 }),
  )
  .map(([sample, cuts]) =>
    Buffer.from(
      cuts.reduce((text, [at, length, by]) => {
        const start = at % (text.length + 1);
        return text.slice(0, start) + by + text.slice(start + length);
      }, sample),
    ),
  );

const bytes = fc.uint8Array({ maxLength: 200 });

describe("any file of a folder of manifests", () => {
  it("can be read, and costs no other file its objects", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(mutated, bytes), { minLength: 1, maxLength: 4 }),
        async (files) => {
          const all = Object.fromEntries(files.map((file, i) => [`${i}.yaml`, file]));
          const { titles, lines, objects, notes } = await read({
            ...all,
            "!first.yaml": configMap("good-first"),
            "~last.yaml": configMap("good-last"),
          });
          assert.equal(titles.at(0), "ConfigMap default/good-first");
          assert.equal(titles.at(-1), "ConfigMap default/good-last");
          assert.deepEqual(new Set(titles).size, titles.length);
          for (const line of [...lines, ...notes])
            assert.match(line, /^[0-9]\.yaml[:0-9]*: \S[^\n]*$/);
          for (const object of objects) assertSound(object);
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** What others may rely on, for every object. */
function assertSound({ apiVersion, kind, metadata }: KubernetesObject): void {
  for (const text of [apiVersion, kind, metadata.name, metadata.namespace ?? "default"]) {
    assert.ok(typeof text === "string" && text !== "");
  }
  for (const map of [metadata.labels ?? {}, metadata.annotations ?? {}]) {
    for (const text of Object.values(map)) assert.equal(typeof text, "string");
  }
}
