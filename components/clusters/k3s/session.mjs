/**
 * Runs one command on an EC2 instance by SSH inside a session of AWS Systems Manager, as
 * `command.remote.Command` does by plain SSH; Pulumi runs it as a local command:
 * `node session.mjs COMMAND`, with the script for the command on stdin, and the instance, the user and
 * the key as JSON in MICROMESH_SESSION. The exit code is the command's.
 *
 * Plain JavaScript without dependencies, at a path that must stay: `pulumi destroy` runs the delete
 * command that the stack's state remembers, perhaps years later and with nothing installed.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

/** Whose absence ssh would tell in its own way, and where to get each. */
const TOOLS = [
  ["ssh", ["-V"], "install OpenSSH's client"],
  [
    "aws",
    ["--version"],
    "install the AWS CLI (https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html)",
  ],
  [
    "session-manager-plugin",
    [],
    "install it (https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html)",
  ],
];
/** An instance that was just started isn't known to Systems Manager for a minute or two. */
const TRIES = 40;
const LONGEST_PAUSE_MS = 5000;

const command = process.argv[2];
const { user, privateKey, instanceId, region } = JSON.parse(process.env.MICROMESH_SESSION ?? "{}");
const folder = mkdtempSync(join(tmpdir(), "micromesh-"));
let child;
for (const [signal, number] of [
  ["SIGHUP", 1],
  ["SIGINT", 2],
  ["SIGTERM", 15],
]) {
  process.on(signal, () => {
    child?.kill();
    process.exit(128 + number);
  });
}
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

process.exitCode = await main();

async function main() {
  const missing = TOOLS.find(([tool, args]) => spawnSync(tool, args, { env: environment() }).error);
  if (missing) return fail(`${missing[0]} is not installed, or not on PATH: ${missing[2]}`);
  // Both become part of a shell's command line.
  if (!/^m?i-[0-9a-f]+$/.test(instanceId)) return fail(`"${instanceId}" is no instance's id`);
  if (!/^[a-z0-9-]+$/.test(region)) return fail(`"${region}" is no AWS region`);
  const key = join(folder, "key");
  writeFileSync(key, privateKey.trimEnd().concat("\n"), { mode: 0o600 });
  // Tried apart from the command, which must not run twice.
  const unreachable = await reach(key);
  if (unreachable !== undefined) {
    return fail(
      `${instanceId} can't be reached by Session Manager (${TRIES} tries): ${unreachable}\n` +
        `see that it runs and has the role for it: aws ssm describe-instance-information --region ${region}`,
    );
  }
  return (await ssh(key, command, "inherit")).code;
}

/** undefined once a connection was made, else the last words of the last try. */
async function reach(key) {
  let said = "";
  for (let count = 0, pause = 100; count < TRIES; count++, pause *= 1.5) {
    if (count > 0) await setTimeout(Math.min(pause, LONGEST_PAUSE_MS));
    const { code, stderr } = await ssh(key, "true", "pipe");
    if (code === 0) return undefined;
    said = stderr.trim().split("\n").at(-1);
  }
  return said;
}

function ssh(key, words, streams) {
  const options = {
    ProxyCommand: `aws ssm start-session --target ${instanceId} --document-name AWS-StartSSHSession --parameters portNumber=%p --region ${region}`,
    IdentityFile: key,
    IdentitiesOnly: "yes",
    BatchMode: "yes",
    ConnectTimeout: "15",
    ServerAliveInterval: "30",
    // The session is with this very instance, which AWS vouches for.
    StrictHostKeyChecking: "no",
    UserKnownHostsFile: "/dev/null",
    LogLevel: "ERROR",
  };
  child = spawn(
    "ssh",
    [
      // Nobody's own settings: what works here works everywhere.
      ...["-F", "none", "-T"],
      ...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
      `${user}@${instanceId}`,
      words,
    ],
    { stdio: streams === "inherit" ? "inherit" : ["ignore", "ignore", "pipe"], env: environment() },
  );
  let stderr = "";
  child.stderr?.on("data", (text) => {
    stderr += text;
  });
  return new Promise((resolve) =>
    child.on("close", (code) => resolve({ code: code ?? 1, stderr })),
  );
}

/** `aws` needs credentials and settings, but not the key of the machine. */
function environment() {
  const { MICROMESH_SESSION: _, ...others } = process.env;
  return others;
}

function fail(line) {
  process.stderr.write(`${line}\n`);
  return 1;
}
