import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { userData } from "../../../../components/clusters/ec2/user-data.ts";

const text = userData({ hostname: "lab-server-1" });
const config = parse(text);

describe("EC2 machines' user data", () => {
  it("is what cloud-init takes for its configuration, and within EC2's limit", () => {
    assert.equal(text.split("\n")[0], "#cloud-config");
    assert.ok(Buffer.byteLength(text) < 16_384);
  });

  it("gives the machine its name, and lets nobody in by a password", () => {
    assert.equal(config.hostname, "lab-server-1");
    assert.equal(config.manage_etc_hosts, "localhost");
    assert.equal(config.ssh_pwauth, false);
    assert.equal(config.disable_root, true);
  });

  it("makes 2 GiB of swap and raises the limits that Kubernetes' programs meet", () => {
    assert.deepEqual(config.swap, { filename: "/swapfile", size: 2147483648, maxsize: 2147483648 });
    assert.deepEqual(config.write_files, [
      {
        path: "/etc/sysctl.d/90-micromesh.conf",
        owner: "root:root",
        permissions: "0644",
        content:
          "fs.inotify.max_user_watches = 524288\n" +
          "fs.inotify.max_user_instances = 512\n" +
          "vm.swappiness = 10\n",
      },
    ]);
    assert.deepEqual(
      config.runcmd[0],
      ["sysctl", "--system"],
      "and doesn't wait for the next boot",
    );
  });

  it("downloads nothing, so that no mirror is needed", () => {
    const keys = Object.keys(config).filter((key) => /^(package|apt|snap|ansible|chef)/.test(key));
    assert.deepEqual(keys, []);
    assert.doesNotMatch(text, /curl|wget|https?:/);
  });

  const tool = (name: string) => spawnSync(name, ["--version"]).error === undefined;

  /** Where a tool is missing the title says so; MICROMESH_REQUIRE_TOOLS=1 makes that a failure. */
  const checkedBy = (name: string, args: string[], input: () => [file: string, text: string]) => {
    const here = tool(name);
    it(`passes ${[name, ...args].join(" ")}${here ? "" : ` (skipped: no ${name} here)`}`, function () {
      this.timeout(60_000);
      if (!here && !process.env.MICROMESH_REQUIRE_TOOLS) this.skip();
      const folder = mkdtempSync(join(tmpdir(), "user-data-"));
      try {
        const [file, contents] = input();
        writeFileSync(join(folder, file), contents);
        const { status, stdout, stderr, error } = spawnSync(name, [...args, join(folder, file)], {
          encoding: "utf8",
          timeout: 60_000,
        });
        assert.equal(error, undefined);
        assert.equal(status, 0, `${stdout}${stderr}`);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  };

  checkedBy("cloud-init", ["schema", "-c"], () => ["user-data", text]);
  checkedBy("shellcheck", ["--shell=sh"], () => {
    const lines = (config.runcmd as (string | string[])[]).filter((one) => typeof one === "string");
    assert.ok(lines.length > 0);
    return ["runcmd.sh", `${lines.join("\n")}\n`];
  });
});
