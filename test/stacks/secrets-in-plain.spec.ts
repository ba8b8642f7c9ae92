/** What a stack's file shows to everybody, as every command that reads it finds it. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../micromesh/cli/options.ts";
import { capture } from "../../micromesh/resources/capture.ts";
import type { Declaration } from "../../micromesh/resources/declared.ts";

const TOKEN = "0123456789abcdef";

describe("secrets in a stack's file", function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "micromesh-secrets-"));
    for (const entry of readdirSync(root)) {
      if (!/^Pulumi\..+\.yaml$/.test(entry)) symlinkSync(join(root, entry), join(folder, entry));
    }
  });
  after(() => rmSync(folder, { recursive: true }));

  const declare = (token: string, ...config: string[]): Promise<Declaration> => {
    const cluster = `{kind: k3s, servers: [{address: a.lan}], agents: [{address: b.lan}], ${token}}`;
    writeFileSync(join(folder, "Pulumi.mine.yaml"), `config: {micromesh:cluster: ${cluster}}\n`);
    return capture({ root: folder, stack: "mine", config });
  };
  const names = ({ resources }: Declaration) => resources.map(({ name }) => name);

  it("are taken where they're encrypted, though nobody can read them here", async () => {
    const declared = await declare("token: {secure: AAAA}");
    assert.ok(names(declared).includes("cluster-agent-1-install"));
    assert.deepEqual(declared.secretOutputs, ["kubeconfig"]);
  });

  it("are refused in plain, in one line that doesn't show them", async () => {
    await assert.rejects(declare(`token: ${TOKEN}`), {
      name: "UsageError",
      message:
        "micromesh:cluster.token is in plain, where the stack's file shows it to everybody: run " +
        '"pulumi config set --secret --path micromesh:cluster.token TOKEN"',
    });
  });

  it("may be given for one run, which keeps them nowhere", async () => {
    const declared = await declare("user: ubuntu", `cluster.token=${TOKEN}`);
    assert.ok(names(declared).includes("cluster-agent-1-install"));
  });
});
