/** Prints the private key whose path is in MICROMESH_PRIVATE_KEY; `~` is the user's home. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";

const setting = process.env.MICROMESH_PRIVATE_KEY ?? "";
const path = resolve(setting.replace(/^~(?=[/\\])/, homedir()));
const mend = 'run "pulumi config set --path micromesh:cluster.privateKey PATH"';

try {
  const key = readFileSync(path, "utf8");
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key)) throw new Error("it holds no private key");
  if (isEncrypted(key)) {
    throw new Error("it is encrypted, which nobody could answer for here");
  }
  process.stdout.write(key);
} catch (error) {
  const why =
    /** @type {NodeJS.ErrnoException} */ (error).code ?? /** @type {Error} */ (error).message;
  process.stderr.write(
    `micromesh:cluster.privateKey is ${setting}, which can't be used (${why}): ${mend}\n`,
  );
  process.exitCode = 1;
}

/** PEM says so in its first lines; OpenSSH's form names the cipher behind a magic word (PROTOCOL.key). */
function isEncrypted(/** @type {string} */ key) {
  if (/ENCRYPTED/.test(key.split("\n").slice(0, 3).join("\n"))) return true;
  const [, body = ""] = /BEGIN OPENSSH PRIVATE KEY-----([^-]*)/.exec(key) ?? [];
  const bytes = Buffer.from(body, "base64");
  const magic = "openssh-key-v1\0";
  if (bytes.subarray(0, magic.length).toString() !== magic) return false;
  const length = bytes.readUInt32BE(magic.length);
  return bytes.subarray(magic.length + 4, magic.length + 4 + length).toString() !== "none";
}
