import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import {
  type RenderedFile,
  releasesOf,
  renderFiles,
  writeRendered,
} from "../../micromesh/resources/render.ts";
import { declare, helm, kubernetes } from "./declaration.ts";

const paths = (...resources: Parameters<typeof declare>) =>
  renderFiles(declare(...resources)).map((file) => file.path);
const onlyText = (...args: Parameters<typeof kubernetes>) => {
  const [file] = renderFiles(declare(kubernetes(...args)));
  assert.ok(file);
  return file.text;
};

describe("renderFiles", () => {
  const resources = [
    kubernetes("networking.k8s.io/v1", "NetworkPolicy", { name: "p", namespace: "n" }),
    kubernetes("apps/v1", "Deployment", { name: "d", namespace: "n" }),
    kubernetes("v1", "Service", { name: "s", namespace: "n" }),
    kubernetes("rbac.authorization.k8s.io/v1", "ClusterRole", { name: "r" }),
    kubernetes("v1", "ConfigMap", { name: "c", namespace: "n" }),
    kubernetes("v1", "Namespace", { name: "n" }),
  ];

  it("names files so that kubectl meets first what others need", () => {
    assert.deepEqual(paths(...resources), [
      "0-namespace/n.yaml",
      "1-configmap/n.c.yaml",
      "2-clusterrole/r.yaml",
      "3-service/n.s.yaml",
      "4-deployment/n.d.yaml",
      "5-networkpolicy/n.p.yaml",
    ]);
  });

  it("gives the same files whatever the order of declaration", () => {
    assert.deepEqual(
      renderFiles(declare(...resources.toReversed())),
      renderFiles(declare(...resources)),
    );
  });

  it("gives the same text whatever the order of the fields", () => {
    const metadata = { name: "c", namespace: "n" };
    assert.equal(
      onlyText("v1", "ConfigMap", metadata, { immutable: true, data: { b: "2", a: "1" } }),
      onlyText("v1", "ConfigMap", metadata, { data: { a: "1", b: "2" }, immutable: true }),
    );
  });

  it("begins with apiVersion, kind and metadata", () => {
    assert.equal(
      onlyText("v1", "ConfigMap", { namespace: "lab", name: "c" }, { data: { a: "1" } }),
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  namespace: lab\ndata:\n  a: "1"\n',
    );
  });

  it("writes no field that isn't declared", () => {
    assert.doesNotMatch(onlyText("v1", "Namespace", { name: "n" }), /annotations|null|undefined/);
  });

  it("writes no annotation that speaks to Pulumi", () => {
    const metadata = { name: "s", annotations: { "pulumi.com/skipAwait": "true" } };
    assert.doesNotMatch(onlyText("v1", "Service", metadata), /pulumi/);
  });

  it("keeps text as text for kubectl, which reads YAML 1.1", () => {
    const data = Object.fromEntries(
      [
        "on",
        "off",
        "yes",
        "n",
        "0777",
        "12:30",
        "2001-01-01",
        "1_000",
        "null",
        "1e3",
        "a\n b\n",
        "",
      ].map((text, i) => [`k${i}`, text]),
    );
    const text = onlyText("v1", "ConfigMap", { name: "c" }, { data });
    assert.deepEqual(parse(text, { version: "1.1" }).data, data);
    assert.deepEqual(parse(text).data, data);
  });

  it("breaks no long line", () => {
    const args = "word ".repeat(100);
    assert.ok(onlyText("v1", "ConfigMap", { name: "c" }, { data: { args } }).includes(args));
  });

  it("marks Secrets as secret, and nothing else", () => {
    const files = renderFiles(
      declare(
        kubernetes("v1", "Secret", { name: "s" }),
        kubernetes("v1", "ConfigMap", { name: "c" }),
      ),
    );
    assert.deepEqual(
      files.map(({ path, secret }) => [path, secret]),
      [
        ["1-configmap/default.c.yaml", false],
        ["1-secret/default.s.yaml", true],
      ],
    );
  });

  it("keeps patches from what kubectl applies, with a word on how to apply them", () => {
    const patch = { ...kubernetes("v1", "ConfigMap", { name: "c", namespace: "n" }) };
    patch.type = "kubernetes:core/v1:ConfigMapPatch";
    const own = kubernetes("v1", "ConfigMap", { name: "b", namespace: "n" });
    const files = renderFiles(declare(patch, own));
    assert.deepEqual(
      files.map(({ path }) => path),
      ["1-configmap/n.b.yaml", "1-configmap/n.c.yaml.patch"],
    );
    const { text = "" } = files[1] ?? {};
    assert.match(text, /^# .*\n# kubectl apply --server-side --force-conflicts -f /);
    assert.equal(parse(text).metadata.name, "c");
  });

  it("leaves Helm releases to Helm", () => {
    assert.deepEqual(paths(helm("cilium")), []);
  });
});

describe("releasesOf", () => {
  it("tells chart, version and namespace of each release, sorted", () => {
    assert.deepEqual(
      releasesOf(
        declare(
          helm("istiod", { version: "1.30.2", namespace: "istio-system" }),
          helm("cilium", { version: "1.20.0", namespace: "kube-system" }),
        ),
      ),
      ["cilium 1.20.0 in kube-system", "istiod 1.30.2 in istio-system"],
    );
  });

  it("leaves out what isn't said", () => {
    assert.deepEqual(releasesOf(declare(helm("traefik"))), ["traefik in default"]);
  });
});

describe("writeRendered", () => {
  let directory: string;
  const file = (path: string, text = "x: 1\n", secret = false): RenderedFile => ({
    path,
    text,
    secret,
  });
  const present = async () => {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && entry.name.endsWith(".yaml"))
      .map((entry) => entry.name)
      .sort();
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "micromesh-test-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it("makes the folder, and folders below it", async () => {
    const below = join(directory, "a", "b");
    await writeRendered(below, [file("0-namespace/n.yaml", "kind: Namespace\n")]);
    assert.equal(await readFile(join(below, "0-namespace/n.yaml"), "utf8"), "kind: Namespace\n");
  });

  it("leaves the same bytes when it writes the same again", async () => {
    const files = [file("0-namespace/n.yaml"), file("1-secret/n.s.yaml", "y: 2\n", true)];
    const bytes = async () =>
      Promise.all(
        [...files.map((f) => f.path), ".micromesh-render"].map((path) =>
          readFile(join(directory, path), "utf8"),
        ),
      );
    await writeRendered(directory, files);
    const first = await bytes();
    await writeRendered(directory, files);
    assert.deepEqual(await bytes(), first);
  });

  it("brings a file of an earlier render up to date", async () => {
    await writeRendered(directory, [file("a.yaml", "old, and longer\n")]);
    await writeRendered(directory, [file("a.yaml", "new\n")]);
    assert.equal(await readFile(join(directory, "a.yaml"), "utf8"), "new\n");
  });

  it("removes what an earlier render wrote and this one doesn't", async () => {
    await writeRendered(directory, [file("a.yaml"), file("b.yaml")]);
    await writeRendered(directory, [file("b.yaml"), file("c.yaml")]);
    assert.deepEqual(await present(), ["b.yaml", "c.yaml"]);
  });

  it("lets only the owner read secrets", async () => {
    await writeRendered(directory, [file("s.yaml", "x", true), file("c.yaml")]);
    assert.equal((await stat(join(directory, "s.yaml"))).mode & 0o777, 0o600);
    assert.notEqual((await stat(join(directory, "c.yaml"))).mode & 0o044, 0);
  });

  it("refuses a folder with a file of somebody else's, naming it and writing nothing", async () => {
    await mkdir(join(directory, "mine"));
    await writeFile(join(directory, "mine/notes.yaml"), "");
    await assert.rejects(writeRendered(directory, [file("a.yaml")]), {
      name: "UsageError",
      message: `--out ${directory}: holds mine/notes.yaml, which render did not write; give an empty folder`,
    });
    assert.deepEqual(await present(), ["notes.yaml"]);
  });

  it("refuses a file that was put into its own folder later", async () => {
    await writeRendered(directory, [file("a.yaml")]);
    await writeFile(join(directory, "b.yaml"), "");
    await assert.rejects(writeRendered(directory, [file("a.yaml")]), { name: "UsageError" });
  });
});
