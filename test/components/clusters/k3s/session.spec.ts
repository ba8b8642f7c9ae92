import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { AS_ROOT } from "../../../../components/clusters/k3s/plan.ts";
import { type Answer, ended, TestHost, until, whyNoHost } from "./host/host.ts";

const SCRIPT = new URL("../../../../components/clusters/k3s/session.mjs", import.meta.url).pathname;
const why = whyNoHost();

describe(`session.mjs, to a real sshd by a stand-in for aws${why ? ` (skipped: ${why})` : ""}`, function () {
  this.timeout(60_000);
  let host: TestHost;
  let bin: string;
  const children: ReturnType<typeof spawn>[] = [];
  before(async function () {
    if (why) this.skip();
    host = await new TestHost().start();
  });
  after(async () => {
    for (const child of children) child.kill();
    await host?.remove();
  });
  beforeEach(() => {
    bin = join(host.folder, `bin-${readdirSync(host.folder).length}`);
    mkdirSync(bin);
    mkdirSync(join(bin, "tmp"));
    for (const tool of ["ssh", "sh", "sleep", "cat", "touch", "rm", "env"]) {
      const path = ["/usr/bin", "/bin"].map((folder) => join(folder, tool)).find(existsSync);
      symlinkSync(path as string, join(bin, tool));
    }
    tool("session-manager-plugin", "exit 0");
    // As the plugin does: what comes and goes on stdin and stdout is the port's.
    writeFileSync(
      join(bin, "pipe.mjs"),
      `import { connect } from "node:net";
       const socket = connect(${host.port}, "127.0.0.1");
       process.stdin.pipe(socket).pipe(process.stdout);`,
    );
    tool(
      "aws",
      `echo "$* | $(env)" >>${bin}/asked
       if [ "$1" = --version ]; then exit 0; fi
       if [ -e ${bin}/not-yet ]; then rm ${bin}/not-yet; echo TargetNotConnected >&2; exit 254; fi
       exec ${process.execPath} ${bin}/pipe.mjs`,
    );
  });

  const tool = (name: string, text: string) =>
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const begin = (stdin: string, settings: object = {}) => {
    const session = {
      user: "root",
      privateKey: host.key.trim(),
      instanceId: "i-0abc",
      region: "eu-west-1",
      ...settings,
    };
    const child = spawn(process.execPath, [SCRIPT, AS_ROOT], {
      env: { PATH: bin, TMPDIR: join(bin, "tmp"), MICROMESH_SESSION: JSON.stringify(session) },
    });
    children.push(child);
    child.stdin.on("error", () => undefined);
    child.stdin.end(stdin);
    return child;
  };
  const run = (stdin: string, settings?: object): Promise<Answer> => ended(begin(stdin, settings));
  const leftovers = () => readdirSync(join(bin, "tmp"));

  it("runs the command with the script on stdin, and gives its words and its code", async () => {
    const { code, stdout, stderr } = await run("id -u; echo said >&2; exit 7\n");
    assert.deepEqual({ code, stdout, stderr }, { code: 7, stdout: "0\n", stderr: "said\n" });
    const asked = readFileSync(join(bin, "asked"), "utf8");
    assert.match(
      asked,
      /^ssm start-session --target i-0abc --document-name AWS-StartSSHSession --parameters portNumber=22 --region eu-west-1 \| /m,
    );
    assert.equal(
      asked.includes("PRIVATE KEY"),
      false,
      "neither an argument nor in the environment",
    );
    assert.deepEqual(leftovers(), []);
  });

  it("tries again while the instance isn't known yet, and runs the script once", async () => {
    writeFileSync(join(bin, "not-yet"), "");
    const { code, stdout } = await run("echo once\n");
    assert.deepEqual([code, stdout], [0, "once\n"]);
  });

  it("keeps the key where nobody else reads it, and takes it away when it's stopped", async () => {
    const child = begin(`touch ${bin}/began; sleep 30\n`);
    await until("the script runs", () => existsSync(join(bin, "began")));
    const [folder = ""] = leftovers();
    assert.equal(statSync(join(bin, "tmp", folder, "key")).mode & 0o777, 0o600);
    assert.equal(statSync(join(bin, "tmp", folder)).mode & 0o777, 0o700);
    child.kill("SIGTERM");
    assert.equal((await ended(child)).code, 143);
    assert.deepEqual(leftovers(), []);
  });

  for (const [missing, mend] of [
    ["ssh", /^ssh is not installed, or not on PATH: install OpenSSH's client\n$/],
    ["aws", /^aws is not installed, or not on PATH: install the AWS CLI \(https:\S+\)\n$/],
    [
      "session-manager-plugin",
      /^session-manager-plugin is not installed, or not on PATH: install it \(https:\S+\)\n$/,
    ],
  ] as const) {
    it(`says in one line that ${missing} is missing`, async () => {
      rmSync(join(bin, missing));
      const { code, stderr } = await run("echo never\n");
      assert.equal(code, 1);
      assert.match(stderr, mend);
      assert.deepEqual(leftovers(), []);
    });
  }

  it("takes nothing for an instance or a region that a shell could run", async () => {
    const { code, stderr } = await run("", { instanceId: "i-1; touch /tmp/x" });
    assert.deepEqual([code, stderr], [1, '"i-1; touch /tmp/x" is no instance\'s id\n']);
    assert.match((await run("", { region: "$(id)" })).stderr, /^"\$\(id\)" is no AWS region\n$/);
  });
});
