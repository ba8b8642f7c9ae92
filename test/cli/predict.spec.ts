/** `micromesh predict` as people run it. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { micromesh } from "./micromesh.ts";

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

describe("micromesh predict", function () {
  this.timeout(90_000);
  let folder: string;
  const folderOf = (files: Record<string, string>) => {
    const directory = mkdtempSync(join(folder, "m-"));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    return directory;
  };
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
    for (const line of stdout.split("\n")) assert.ok([...line].length <= 80, line);
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
    [["--manifests", ".", "--lab", "counter"], /--manifests has no labs/],
    [["--config", "network.selfTraffic=maybe"], /network\.selfTraffic is allowed or judged/],
  ] as const) {
    it(`ends with 2 for ${args.join(" ")}`, async () => {
      const { code, stdout, stderr } = await micromesh(["predict", ...args]);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, told);
    });
  }
});
