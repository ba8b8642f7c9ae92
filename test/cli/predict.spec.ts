/** `micromesh predict` as people run it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { parseAllDocuments } from "yaml";
import { BIN, micromesh } from "./micromesh.ts";

const manifests = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, env: [{name: API, value: "http://api:80"}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: api, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}, ports: [{port: 80, targetPort: 8080}]}
`;
const closed = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: shop}
spec: {podSelector: {matchLabels: {app: api}}}
`;

const root = dirname(dirname(BIN));

describe("micromesh predict", function () {
  this.timeout(90_000);
  let folder: string;
  const folderOf = (files: Record<string, string>) => {
    const directory = mkdtempSync(join(folder, "m-"));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    return directory;
  };
  const columns = (output: string) =>
    Math.max(...output.split("\n").map((line) => [...line].length));
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "mm-predict-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  it("lists every permitted flow as JSON, with its reasons", async () => {
    const { code, stdout } = await micromesh([
      "predict",
      "--json",
      "--scenario",
      "counter=isolated",
    ]);
    assert.equal(code, 0);
    const { flows } = JSON.parse(stdout);
    const between = (from: string, to: string) =>
      flows.filter((flow: { from: string; to: string }) => flow.from === from && flow.to === to);
    const redis = "d-redis/redis[Deployment]";
    const [kept] = between("c-app-count/counter[Deployment]", redis);
    assert.deepEqual([kept.ports, kept.verdict], ["All Connections", "allow"]);
    assert.match(kept.because.join(), /NetworkPolicy d-redis\/isolate-namespace .*allows TCP 6379/);
    assert.deepEqual(between("b-apacherr/apache[Deployment]", redis), []);
  });

  it("shows a folder in the columns of the terminal, and what is needed in it", async () => {
    const directory = folderOf({ "a.yaml": manifests, "b.yaml": closed });
    const { code, stdout } = await micromesh(["predict", "--manifests", directory]);
    assert.equal(code, 0);
    assert.ok(columns(stdout) <= 80, stdout);
    const text = stdout.replaceAll(/\s+/g, " ");
    assert.match(text, /Needed, but denied ✗ shop\/web → shop\/api on TCP 8080/);
    assert.match(text, /1 of 2 pairs permitted; 1 of 1 needed flow denied/);
  });

  it("counts the other files of a folder in which one is broken, and ends with 1", async () => {
    const directory = folderOf({ "a.yaml": manifests, "broken.yaml": "a: [1\nb: 2\n" });
    const { code, stdout, stderr } = await micromesh([
      "predict",
      "--json",
      "--manifests",
      directory,
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /^broken\.yaml:\d+: .+$/m);
    const { flows } = JSON.parse(stdout);
    assert.ok(flows.some((flow: { from: string }) => flow.from === "shop/web[Deployment]"));
  });

  it("tells what changed between two folders, and nothing between equal ones", async () => {
    const [open, cut] = [
      folderOf({ "a.yaml": manifests }),
      folderOf({ "a.yaml": manifests, "b.yaml": closed }),
    ];
    const { stdout } = await micromesh(["predict", "--manifests", cut, "--diff", open, "--json"]);
    const { changes } = JSON.parse(stdout);
    assert.deepEqual(
      changes.map(({ from, to, after, needed }: Record<string, unknown>) => [
        from,
        to,
        after,
        needed,
      ]),
      [
        ["0.0.0.0-255.255.255.255[External]", "shop/api[Deployment]", undefined, false],
        ["shop/web[Deployment]", "shop/api[Deployment]", undefined, true],
      ],
    );
    const same = await micromesh(["predict", "--manifests", open, "--diff", open, "--json"]);
    assert.deepEqual(JSON.parse(same.stdout).changes, []);
  });

  it("tells what changed from a scenario to another, in the columns of the terminal", async () => {
    const { code, stdout } = await micromesh([
      ...["predict", "--scenario", "counter=isolated"],
      ...["--lab", "counter", "--diff", "counter=open"],
    ]);
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^counter=open → counter=isolated: 6 connections removed, 1 of them needed/,
    );
    assert.match(stdout, /^- b-apacherr\/apache.* => d-redis\/redis-http.*\n?.*\(needed\)$/m);
    assert.ok(columns(stdout) <= 80, stdout);
  });

  it("tells what changed since a commit, and leaves the repository as it is", async function () {
    const git = async (...args: string[]) => {
      const child = spawn("git", ["-C", root, ...args], { stdio: ["ignore", "pipe", "ignore"] });
      const [output] = await Promise.all([text(child.stdout), once(child, "close")]).catch(() => [
        "",
      ]);
      return output;
    };
    const state = async () => [await git("worktree", "list"), await git("status", "--short")];
    if ((await git("rev-parse", "HEAD")) === "") this.skip();
    const before = await state();
    const { code, stdout, stderr } = await micromesh(["predict", "--diff", "HEAD", "--json"]);
    assert.equal(code, 0, stderr);
    const { before: from, after, changes } = JSON.parse(stdout);
    const program = ["apps", "components", "labs", "stacks", "index.ts", "Pulumi.dev.yaml"];
    if ((await git("status", "--short", "--", ...program)) === "") assert.deepEqual(changes, []);
    assert.match(from, /^commit [\da-f]{10}$/);
    assert.equal(after, "stack dev");
    assert.deepEqual(await state(), before);
  });

  it("ends with 2 for a commit where there's no repository, or no git", async () => {
    const directory = folderOf({ "a.yaml": manifests });
    const cases: [env: Record<string, string>, told: RegExp][] = [
      [{ GIT_DIR: join(folder, "nowhere") }, /the program isn't in a git repository$/m],
      [{ PATH: "" }, /without git on this machine it can't be a commit$/m],
    ];
    for (const [env, told] of cases) {
      const args = ["predict", "--manifests", directory, "--diff", "HEAD"];
      const child = spawn(process.execPath, [BIN, ...args], {
        stdio: ["ignore", "ignore", "pipe"],
        env: { ...process.env, ...env },
      });
      const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, "close")]);
      assert.equal(code, 2, stderr);
      assert.match(stderr, told);
    }
  });

  const forms: [form: string, begins: RegExp][] = [
    ["markdown", /^### /],
    ["dot", /^digraph /],
    ["svg", /^<svg /],
  ];
  for (const [form, begins] of forms) {
    it(`writes ${form}, and nothing else`, async () => {
      const directory = folderOf({ "a.yaml": manifests });
      const args = ["predict", "--manifests", directory, "--format", form];
      const { code, stdout, stderr } = await micromesh(args);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.match(stdout, begins);
      assert.ok(stdout.includes("web") && stdout.endsWith("\n"));
    });
  }

  it("explains in words, and with the objects that would turn it as YAML", async () => {
    const shut =
      "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: shut, namespace: shop}\nspec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}\n";
    const directory = folderOf({ "a.yaml": manifests, "b.yaml": closed, "c.yaml": shut });
    const { code, stdout } = await micromesh([
      ...["predict", "--manifests", directory],
      ...["--explain", "web", "shop/api:80"],
    ]);
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^shop\/web\[Deployment\] => shop\/api\[Deployment\] TCP 8080: deny\n\nService: allow\n/,
    );
    assert.ok(columns(stdout) <= 80, stdout);
    const [, yaml = ""] = stdout.split(/\.\n\n(?=apiVersion)/);
    const objects = parseAllDocuments(yaml).map((document) => document.toJS());
    assert.deepEqual(
      objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
      ["NetworkPolicy shut", "NetworkPolicy closed"],
    );
    const applied = folderOf({ "a.yaml": manifests, "d.yaml": yaml });
    const after = await micromesh([
      ...["predict", "--manifests", applied, "--json"],
      ...["--explain", "web", "shop/api:80"],
    ]);
    assert.equal(JSON.parse(after.stdout).verdict, "allow");
  });

  it("ends well where nobody reads on", async () => {
    const child = spawn(process.execPath, [BIN, "predict", "--json", "--all"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.once("data", () => child.stdout.destroy());
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, "close")]);
    assert.deepEqual([code, stderr], [0, ""]);
  });

  it("explains a denial with a change that turns it, and suggests policies that keep what's needed", async () => {
    const directory = folderOf({ "a.yaml": manifests, "b.yaml": closed });
    const explained = await micromesh([
      ...["predict", "--manifests", directory],
      ...["--json", "--explain", "web", "api"],
    ]);
    const { verdict, change } = JSON.parse(explained.stdout);
    assert.equal(verdict, "deny");
    assert.ok(change);
    const open = folderOf({ "a.yaml": manifests });
    const suggested = await micromesh(["predict", "--manifests", open, "--suggest"]);
    const again = folderOf({ "a.yaml": manifests, "suggested.yaml": suggested.stdout });
    const { stdout, code } = await micromesh(["predict", "--manifests", again, "--json"]);
    assert.equal(code, 0);
    const { flows } = JSON.parse(stdout);
    assert.deepEqual(
      flows.map(
        ({ from, to, ports, verdict }: Record<string, unknown>) =>
          `${from} => ${to} : ${ports} ${verdict}`,
      ),
      ["shop/web[Deployment] => shop/api[Deployment] : TCP 8080 allow"],
    );
  });

  for (const [args, told] of [
    [["--manifests", "/nowhere/at/all"], /\/nowhere\/at\/all/],
    [["--format", "png"], /Allowed choices are table, json, markdown, dot, svg/],
    [["--explain", "web"], /--explain takes two ends/],
    [["--suggest", "--diff", "dev"], /--diff and --suggest exclude each other/],
    [["--suggest", "--all"], /--all has no effect on --suggest/],
    [["--explain", "web", "api", "--format", "svg"], /--explain has no svg form: take --format/],
    [["--diff", "dev", "--format", "dot"], /--diff has no dot form: take --format table or/],
    [["--json", "--format", "svg"], /--json and --format svg exclude each other/],
    [["--explain", "nobody", "redis"], /--explain nobody: there is no such workload; there is/],
    [
      ["--diff", "no-such-thing"],
      /--diff no-such-thing: it's no LAB=SCENARIO, no stack and no folder/,
    ],
    [["--manifests", ".", "--lab", "counter"], /--manifests has no labs/],
    [["--config", "network.selfTraffic=maybe"], /network\.selfTraffic is allowed or judged/],
  ] as const) {
    it(`ends with 2 for ${args.join(" ")}`, async () => {
      const { code, stdout, stderr } = await micromesh(["predict", ...args]);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, told);
      const lines = stderr.split("\n").filter((line) => line !== "" && !line.endsWith(" ..."));
      assert.equal(lines.length, 1, stderr);
    });
  }
});
