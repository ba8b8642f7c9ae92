import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { privateKeyOf } from "../../../../components/clusters/k3s/private-key.ts";
import { collected } from "../../../stacks/collected.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const pkcs8 = { type: "pkcs8", format: "pem" } as const;
const publicKeyEncoding = { type: "spki", format: "pem" } as const;

const { privateKey: PEM } = generateKeyPairSync("ed25519", {
  publicKeyEncoding,
  privateKeyEncoding: pkcs8,
});

/** OpenSSH's form (PROTOCOL.key), as far as it's read: a magic word, then the cipher's name by its length. */
function openssh(cipher: string): string {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(cipher.length);
  const bytes = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    length,
    Buffer.from(cipher),
    Buffer.alloc(200, 7),
  ]);
  const lines = bytes.toString("base64").replace(/.{70}/g, "$&\n");
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

describe("a private key that a stack is given", () => {
  it("is a secret by its contents, and nothing is run", async () => {
    const calls: string[] = [];
    const { outputs, secretOutputs } = await collected(
      () => ({ key: privateKeyOf(PEM) }),
      ({ token, inputs }) => {
        calls.push(token);
        return inputs;
      },
    );
    assert.equal(outputs.key, PEM);
    assert.deepEqual(secretOutputs, ["key"]);
    assert.deepEqual(calls, []);
  });

  it("is read from a path by a command that logs nothing, without the path in its words", async () => {
    const calls: { token: string; inputs: Record<string, unknown> }[] = [];
    const { outputs, secretOutputs } = await collected(
      () => ({ key: privateKeyOf("~/.ssh/id_ed25519") }),
      ({ token, inputs }) => {
        calls.push({ token, inputs });
        return { ...inputs, stdout: PEM };
      },
    );
    assert.deepEqual(calls, [
      {
        token: "command:local:run",
        inputs: {
          interpreter: ["node", "components/clusters/k3s/read-key.mjs"],
          command: "read",
          environment: { MICROMESH_PRIVATE_KEY: "~/.ssh/id_ed25519" },
          logging: "none",
        },
      },
    ]);
    assert.equal(outputs.key, PEM);
    assert.deepEqual(secretOutputs, ["key"]);
  });
});

describe("what reads a private key", () => {
  let home: string;
  before(() => {
    home = mkdtempSync(join(tmpdir(), "micromesh-key-"));
    mkdirSync(join(home, ".ssh"));
  });
  after(() => rmSync(home, { recursive: true }));

  /** Runs it as Pulumi does: in the program's folder, with a word that means nothing. */
  const read = (setting: string) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["components/clusters/k3s/read-key.mjs", "read"],
      {
        cwd: root,
        encoding: "utf8",
        // Windows knows the home by the other name.
        env: { MICROMESH_PRIVATE_KEY: setting, HOME: home, USERPROFILE: home },
        timeout: 15_000,
      },
    );
    return { status, stdout, stderr };
  };
  const file = (contents: string) => {
    const path = join(home, ".ssh", "id");
    writeFileSync(path, contents);
    return path;
  };
  const refusal = (setting: string, why: string) => ({
    status: 1,
    stdout: "",
    stderr:
      `micromesh:cluster.privateKey is ${setting}, which can't be used (${why}): ` +
      'run "pulumi config set --path micromesh:cluster.privateKey PATH"\n',
  });
  const printed = (stdout: string) => ({ status: 0, stdout, stderr: "" });

  it("prints it as it is, by its path or from the user's home", () => {
    for (const key of [PEM, openssh("none")]) {
      const path = file(key);
      assert.deepEqual(read(path), printed(key));
      assert.deepEqual(read("~/.ssh/id"), printed(key));
    }
  });

  it("prints one that ssh-keygen has made", function () {
    const path = join(home, ".ssh", "made");
    const made = (passphrase: string) => {
      rmSync(path, { force: true });
      return spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-f", path]);
    };
    if (made("").status !== 0) this.skip();
    assert.match(read(path).stdout, /^-----BEGIN OPENSSH PRIVATE KEY-----\n/);
    made("a passphrase");
    assert.deepEqual(
      read(path),
      refusal(path, "it is encrypted, which nobody could answer for here"),
    );
  });

  it("refuses one that wants a passphrase, in each of the forms", () => {
    const encrypted = "it is encrypted, which nobody could answer for here";
    const { privateKey } = generateKeyPairSync("ed25519", {
      publicKeyEncoding,
      privateKeyEncoding: { ...pkcs8, cipher: "aes-256-cbc", passphrase: "secret" },
    });
    const traditional =
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A\n\nAAAA\n" +
      "-----END RSA PRIVATE KEY-----\n";
    for (const key of [privateKey, traditional, openssh("aes256-ctr")]) {
      const path = file(key);
      assert.deepEqual(read(path), refusal(path, encrypted), key);
    }
  });

  it("refuses what isn't there, and what isn't a private key, without showing it", () => {
    assert.deepEqual(read("~/.ssh/nobody"), refusal("~/.ssh/nobody", "ENOENT"));
    assert.deepEqual(read("~/.ssh"), refusal("~/.ssh", "EISDIR"));
    const path = file("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me@here\n");
    assert.deepEqual(read(path), refusal(path, "it holds no private key"));
  });
});
