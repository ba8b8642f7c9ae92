import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { micromesh } from "./micromesh.ts";

describe("what micromesh writes", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cli-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Every file by its path, with its bytes. */
  const contents = (directory: string) =>
    Object.fromEntries(
      (readdirSync(directory, { recursive: true }) as string[])
        .filter((path) => statSync(join(directory, path)).isFile())
        .sort()
        .map((path) => [path, readFileSync(join(directory, path), "utf8")]),
    );

  it("render writes the same bytes every time, into a new folder and over its own", async () => {
    const [one, two] = [join(folder, "one"), join(folder, "two")];
    for (const out of [one, two, two]) {
      const { code, stderr } = await micromesh(["render", "--out", out]);
      assert.equal(code, 0, stderr);
    }
    const files = contents(one);
    assert.ok(Object.keys(files).some((path) => path.endsWith(".yaml")));
    assert.deepEqual(contents(two), files);
  }).timeout(30_000);

  it("render --all-scenarios writes what each scenario of a lab declares, apart from one another", async () => {
    const out = join(folder, "all");
    const args = ["render", "--all-scenarios", "--lab", "counter", "--out", out];
    const { code, stderr } = await micromesh(args);
    assert.equal(code, 0, stderr);
    const files = Object.keys(contents(out));
    const scenarios = new Set(files.map((path) => path.split("/").slice(0, 2).join("/")));
    scenarios.delete(".micromesh-render");
    assert.deepEqual(
      [...scenarios].sort(),
      ["isolated", "isolated-cilium", "isolated-mesh", "open"].map((name) => `counter/${name}`),
    );
    const policies = files.filter((path) => path.includes("-networkpolicy/"));
    assert.deepEqual([...new Set(policies.map((path) => path.split("/")[1]))], ["isolated"]);
  }).timeout(60_000);

  it("render leaves a folder of others as it is", async () => {
    writeFileSync(join(folder, "thesis.txt"), "ten years of work");
    const { code, stderr } = await micromesh(["render", "--out", folder]);
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`micromesh: .*${folder}`));
    assert.deepEqual(contents(folder), { "thesis.txt": "ten years of work" });
  }).timeout(20_000);

  it("labs --json is data about the labs, and nothing else", async () => {
    const { code, stdout, stderr } = await micromesh(["labs", "--json"]);
    assert.deepEqual([code, stderr], [0, ""]);
    const { labs } = JSON.parse(stdout);
    const [counter] = labs.filter((lab: { name: string }) => lab.name === "counter");
    assert.equal(counter.scenario, "open");
    assert.ok(Object.keys(counter.scenarios).includes("isolated"));
  }).timeout(20_000);

  it("doctor --json is data about this machine, and its exit code says the same", async () => {
    const ports = ["--gateway-port", "0", "--control-port", "0"];
    const { code, stdout, stderr } = await micromesh(["doctor", "--json", ...ports]);
    assert.equal(stderr, "");
    const { ok, checks } = JSON.parse(stdout);
    assert.equal(code, ok ? 0 : 1);
    assert.ok(
      checks.some((check: { name: string; ok: boolean }) => check.name === "node" && check.ok),
    );
  }).timeout(20_000);
});
