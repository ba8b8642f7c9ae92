/** The pack under Pulumi's own engine, where `pulumi` is on the PATH; it needs no provider, account or cluster. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { broken } from "./broken/resources.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("the policy pack under Pulumi's engine", () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;

  before(function () {
    const version = spawnSync("pulumi", ["version"], { encoding: "utf8" });
    if (version.status !== 0) this.skip();
    folder = mkdtempSync(join(tmpdir(), "micromesh-policy-"));
    cpSync(join(root, "test/policy/broken"), folder, { recursive: true });
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    const state = join(folder, "state");
    mkdirSync(state);
    env = {
      ...process.env,
      PULUMI_BACKEND_URL: `file://${state}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_SKIP_UPDATE_CHECK: "1",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      // Where mocha has a loader, programs that it starts have theirs.
      NODE_OPTIONS: "",
    };
    const init = pulumi("stack", "init", "prod");
    assert.equal(init.status, 0, init.all);
  });
  after(() => {
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  function pulumi(...args: string[]) {
    const all = [...args, "--non-interactive", "--color=never"];
    const { status, stdout, stderr } = spawnSync("pulumi", all, {
      cwd: folder,
      env,
      encoding: "utf8",
      timeout: 100_000,
    });
    return { status, all: `${stdout}${stderr}` };
  }
  const preview = (...args: string[]) =>
    pulumi("preview", "--stack=prod", `--policy-pack=${join(root, "policy")}`, ...args);

  it("stops a program that breaks every rule, and says all of it at once", () => {
    const { status, all } = preview();
    assert.notEqual(status, 0, all);
    const found = [...all.matchAll(/\[(\w+)\]\s+([\w-]+)\s+\([^)]*: ([\w-]+)\)/g)].map(
      ([, level, rule, name]) => `${level} ${rule} ${name}`,
    );
    const wanted = broken.map(({ rule }) => `mandatory ${rule} breaks-${rule}`);
    assert.deepEqual(found.sort(), wanted.sort(), all);
    for (const { says } of broken) assert.ok(all.includes(says), `${says}\n${all}`);
    assert.doesNotMatch(all, /correct-horse-battery-staple|can't run policy/);
  }).timeout(120_000);

  it("lets by what its settings say, and refuses settings that it doesn't have", () => {
    const settings = join(folder, "settings.json");
    const off = Object.fromEntries(broken.map(({ rule }) => [rule, "disabled"]));
    const kept = { "isolated-namespaces": { exemptNamespaces: { open: "open for this test" } } };
    writeFileSync(settings, JSON.stringify({ ...off, ...kept }));
    const allowed = preview(`--policy-pack-config=${settings}`);
    assert.equal(allowed.status, 0, allowed.all);
    const short = { "isolated-namespaces": { exemptNamespaces: { open: "" } } };
    writeFileSync(settings, JSON.stringify(short));
    const refused = preview(`--policy-pack-config=${settings}`);
    assert.notEqual(refused.status, 0, refused.all);
    assert.match(refused.all, /isolated-namespaces: exemptNamespaces/);
  }).timeout(240_000);
});
