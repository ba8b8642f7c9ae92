import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, mkdir, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  manifestProblemLine,
  readManifests,
} from "../../../micromesh/resources/manifests/manifests.ts";
import { configMap, inFolder, read } from "./folder.ts";

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
