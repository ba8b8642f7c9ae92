import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  AS_ROOT,
  forgetting,
  installation,
  type Life,
  leaving,
  lifeOf,
  PRINT_HOST_KEY,
  PRINT_KUBECONFIG,
  uninstallation,
} from "../../../../components/clusters/k3s/plan.ts";
import { Downloads } from "./host/downloads.ts";
import { TestHost, until, whyNoHost } from "./host/host.ts";

const TOKEN = "t0p-s3cret-t0ken'with\"quotes$";
const V1 = "v1.36.3+k3s1";
const V2 = "v1.36.10+k3s1";
const why = whyNoHost();

/** What everybody on the machine may read of a process; nothing of one that has ended meanwhile. */
function seenOf(pid: number, what: string): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, "utf8");
  } catch {
    return "";
  }
}

describe(`K3s' scripts on a host, by a real sshd${why ? ` (skipped: ${why})` : ""}`, function () {
  this.timeout(60_000);
  let host: TestHost;
  let downloads: Downloads;
  before(async function () {
    if (why) this.skip();
    downloads = await new Downloads().start();
  });
  after(() => downloads?.stop());
  beforeEach(async () => {
    host = await new TestHost().start();
  });
  afterEach(() => host?.remove());

  const life = (change: Partial<Life> = {}): Life => ({
    ...lifeOf("lab", "server", { first: "m1", own: "m1" }, "127.0.0.1:22"),
    ...change,
  });
  const stdin = (
    change: Partial<Parameters<typeof installation>[0]> = {},
    known = life(),
    token: string | null = TOKEN,
    role: "first" | "agent" = "first",
  ) => {
    const version = change.version ?? V1;
    return installation(
      {
        version,
        network: "none",
        podCidr: "10.42.0.0/16",
        serviceCidr: "10.43.0.0/16",
        serviceLoadBalancer: false,
        downloads: {
          installer: downloads.url(`/${version}/install.sh`),
          releases: downloads.url("/releases"),
        },
        ...change,
      },
      known,
      { name: known.node, role, address: "10.0.0.1" },
      { public: "k3s.example", servers: ["10.0.0.1"] },
      token ?? undefined,
    );
  };
  const install = (...args: Parameters<typeof stdin>) => host.run(AS_ROOT, stdin(...args));
  const uninstall = (known = life()) => host.run(AS_ROOT, uninstallation(known));
  const starts = (calls: string[]) => calls.filter((call) => /systemctl (start|stop)/.test(call));
  const STARTED = ["systemctl stop k3s", "systemctl start --no-block k3s"];
  const lastLine = (text: string) => text.trim().split("\n").at(-1);

  it("installs exactly the version, starts it, and leaves what it was told in place", async () => {
    const { code, stdout, stderr } = await install({ imageRegistry: "registry.lan/m" });
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "");
    assert.match(
      stderr,
      /^\[INFO\] {2}Using v1\.36\.3\+k3s1 as release$/m,
      "the installer's words",
    );
    assert.match(lastLine(stderr) ?? "", /^K3s v1\.36\.3\+k3s1 runs on \S+ as the node server$/);
    const [record = "", ...more] = host.installerRuns();
    assert.deepEqual(more, []);
    for (const line of [
      `INSTALL_K3S_VERSION=${V1}`,
      "INSTALL_K3S_EXEC=server",
      "INSTALL_K3S_SKIP_START=true",
      "INSTALL_K3S_BIN_DIR=/usr/local/bin",
      `GITHUB_URL=${downloads.url("/releases")}`,
    ]) {
      assert.ok(record.split("\n").includes(line), `${line} in ${record}`);
    }
    assert.deepEqual(downloads.asked.splice(0), [`/${V1}/install.sh`]);
    assert.match(host.file("/etc/rancher/k3s/config.yaml") ?? "", /^node-name: server$/m);
    assert.match(host.file("/etc/rancher/k3s/registries.yaml") ?? "", /"?m\/\$1"?/);
    assert.equal(host.file("/var/lib/micromesh/k3s/token"), `${TOKEN}\n`);
    const calls = host.calls();
    assert.equal(calls[0], "cloud-init status --wait");
    assert.deepEqual(starts(calls), STARTED);
    const { stdout: modes } = await host.run(
      "cd / && stat -c '%a %U %n' etc/rancher/k3s/config.yaml var/lib/micromesh/k3s " +
        "var/lib/micromesh/k3s/token; ls /run",
    );
    assert.deepEqual(modes.trim().split("\n").slice(0, 3), [
      "600 root etc/rancher/k3s/config.yaml",
      "700 root var/lib/micromesh/k3s",
      "600 root var/lib/micromesh/k3s/token",
    ]);
    assert.doesNotMatch(modes, /micromesh-k3s\.[^l]/, "nothing is left of the run");
  });

  it("does nothing the second time: nothing is downloaded or restarted", async () => {
    await install();
    host.calls();
    downloads.asked.length = 0;
    const { code, stderr } = await install();
    assert.equal(code, 0);
    assert.match(stderr, /^K3s v1\.36\.3\+k3s1 on \S+ is as declared$/m);
    assert.deepEqual(starts(host.calls()), []);
    assert.equal(host.installerRuns().length, 1);
    assert.deepEqual(downloads.asked, []);
  });

  it("starts again what was stopped by hand, and puts back what was written over", async () => {
    await install();
    await host.run("systemctl stop k3s");
    host.calls();
    assert.equal((await install()).code, 0);
    assert.deepEqual(starts(host.calls()), ["systemctl start --no-block k3s"]);
    await host.run("echo 'disable: []' >>/etc/rancher/k3s/config.yaml");
    assert.equal((await install()).code, 0);
    assert.deepEqual(starts(host.calls()), STARTED);
    assert.doesNotMatch(host.file("/etc/rancher/k3s/config.yaml") ?? "", /disable: \[\]/);
    assert.equal(host.installerRuns().length, 1);
  });

  it("restarts for another configuration, without the installer", async () => {
    await install();
    host.calls();
    assert.equal((await install({ serviceLoadBalancer: true })).code, 0);
    assert.deepEqual(starts(host.calls()), STARTED);
    assert.equal(host.installerRuns().length, 1);
  });

  it("goes on when the connection is lost in the middle, and the next run finds it done", async () => {
    host.put("hold");
    const { client, answer } = host.begin(AS_ROOT, stdin());
    await until("the installer runs", () => host.has("held"));
    client.kill("SIGKILL");
    await answer;
    host.hangUp("/work.sh");
    host.kill("sshd: root");
    const second = host.begin(AS_ROOT, stdin());
    await until("the next run waits", () => host.runs("flock -w"));
    host.take("hold");
    const { code, stderr } = await second.answer;
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^waiting for an earlier run on \S+ to end$/m);
    assert.match(stderr, /is as declared$/m);
    assert.equal(host.installerRuns().length, 1, "the first run's went on");
    assert.deepEqual(starts(host.calls()), STARTED);
  });

  it("finishes what was killed in the middle of the installer", async () => {
    host.put("hold");
    const { answer } = host.begin(AS_ROOT, stdin());
    await until("the installer runs", () => host.has("held"));
    host.kill("/work.sh");
    host.kill("k3s/installer");
    assert.notEqual((await answer).code, 0);
    host.take("hold");
    const { code, stderr } = await install();
    assert.equal(code, 0, stderr);
    assert.equal(host.installerRuns().length, 2);
    assert.deepEqual(starts(host.calls()), STARTED);
    assert.equal(host.file("/etc/systemd/system/k3s.service") !== undefined, true);
  });

  it("never runs half of a script", async () => {
    const text = stdin();
    for (const part of [0.5, 0.9, 0.99]) {
      await host.run(AS_ROOT, text.slice(0, Math.floor(text.length * part)));
    }
    await host.run(AS_ROOT, text.slice(0, text.lastIndexOf("launch")));
    assert.equal(host.file("/var/lib/micromesh/k3s/cluster"), undefined);
    assert.deepEqual(host.calls(), []);
  });

  it("upgrades, and never goes back or skips a minor version", async () => {
    await install();
    host.calls();
    assert.equal((await install({ version: V2 })).code, 0, "1.36.10 is newer than 1.36.3");
    assert.equal(host.installerRuns().length, 2);
    assert.match(host.installerRuns()[1] ?? "", /^INSTALL_K3S_VERSION=v1\.36\.10\+k3s1$/m);
    assert.deepEqual(starts(host.calls()), STARTED);
    const config = host.file("/etc/rancher/k3s/config.yaml");

    const older = await install({ version: V1, serviceLoadBalancer: true });
    assert.equal(older.code, 1);
    assert.match(
      older.stderr,
      /^K3s v1\.36\.10\+k3s1 is installed on \S+, and v1\.36\.3\+k3s1 is older: K3s can't go back; declare v1\.36\.10\+k3s1 or a newer one$/m,
    );
    const far = await install({ version: "v1.38.0+k3s1", serviceLoadBalancer: true });
    assert.equal(far.code, 1);
    assert.match(
      far.stderr,
      /v1\.38\.0\+k3s1 skips a minor version, which Kubernetes can't: declare one of v1\.37 first$/m,
    );
    assert.equal(host.installerRuns().length, 2);
    assert.deepEqual(starts(host.calls()), []);
    assert.equal(host.file("/etc/rancher/k3s/config.yaml"), config, "nothing was touched");
  });

  it("refuses what K3s can't change, before it touches anything", async () => {
    await install();
    host.calls();
    const networks = await install({ podCidr: "10.44.0.0/16" });
    assert.equal(networks.code, 1);
    assert.equal(
      networks.stderr,
      "the cluster's networks of pods and Services are 10.42.0.0/16 and 10.43.0.0/16, and K3s can't make them 10.44.0.0/16 and 10.43.0.0/16: put them back, or destroy the cluster first\n",
    );
    const token = await install({}, life(), "another-token-of-length");
    assert.equal(token.code, 1);
    assert.match(token.stderr, /^the cluster was made with another token, and K3s can't take this/);
    assert.doesNotMatch(token.stderr, /another-token-of-length|t0p|ch0sen/);
    assert.deepEqual(starts(host.calls()), []);
    assert.equal((await install()).code, 0);
  });

  it("takes a token later on, if it's the one that K3s chose", async () => {
    assert.equal((await install({}, life(), null)).code, 0);
    const { code, stderr } = await install();
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^the cluster was made without a token, so K3s chose one, and can't take this one: set micromesh:cluster\.token to what "sudo cat \/var\/lib\/rancher\/k3s\/server\/token" prints on \S+, or destroy the cluster first\n$/,
    );
    host.calls();
    for (const chosen of ["ch0sen-by-k3s-itself", "K10abc::server:ch0sen-by-k3s-itself"]) {
      const taken = await install({}, life(), chosen);
      assert.equal(taken.code, 0, taken.stderr);
      assert.equal(host.file("/var/lib/micromesh/k3s/token"), `${chosen}\n`);
      assert.deepEqual(starts(host.calls()), STARTED);
    }
  });

  it("waits for the kubelet of the version, and for the node where its network is K3s' own", async () => {
    const waits = async (says: string, change: Parameters<typeof stdin>[0]) => {
      host.put("kubelet", says);
      host.calls();
      const { client, answer } = host.begin(AS_ROOT, stdin(change));
      const asked = () => host.has("records/calls") && host.read("records/calls");
      await until("it asks twice", () => `${asked()}`.split("kubectl get node").length > 2);
      host.take("kubelet");
      const { code, stderr } = await answer;
      client.kill();
      assert.equal(code, 0, stderr);
    };
    await waits(`${V1} False`, { network: "flannel" });
    await waits(`${V1} True`, { network: "flannel", version: V2 });
    host.put("kubelet", `${V2} False`);
    const { code, stderr } = await install({ network: "none", version: V2 });
    assert.equal(code, 0, stderr);
  });

  it("doesn't take over a K3s that somebody else installed, nor uninstalls it", async () => {
    await host.run("touch /etc/systemd/system/k3s-agent.service");
    const { code, stderr } = await install();
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^there is a K3s on \S+ already that wasn't installed by this program: uninstall it \(k3s-uninstall\.sh or k3s-agent-uninstall\.sh\), or use it by its kubeconfig \(micromesh:cluster\.kind existing\)\n$/,
    );
    const left = await uninstall();
    assert.equal(left.code, 0);
    assert.match(left.stderr, /wasn't installed by this program: it is left alone$/m);
    assert.notEqual(host.file("/etc/systemd/system/k3s-agent.service"), undefined);

    await host.run("rm /etc/systemd/system/k3s-agent.service");
    await install();
    await host.run("printf 'disable: [traefik]\\n' >/etc/rancher/k3s/config.yaml");
    assert.equal((await install()).code, 1, "ours was replaced by another one");
    assert.equal((await uninstall()).code, 0);
    assert.notEqual(host.file("/etc/systemd/system/k3s.service"), undefined);
  });

  it("doesn't take over another cluster's node", async () => {
    await install();
    const { code, stderr } = await install({}, life({ cluster: "other" }));
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^K3s on \S+ is the node server of the cluster lab: take the machine out of that one first/,
    );
    assert.equal((await install({}, life({ node: "agent" }))).code, 1);
  });

  it("makes an agent of its own another one where the order of agents changed", async () => {
    const agent = (node: string, login = "127.0.0.1:22") =>
      lifeOf("lab", node, { first: "m1", own: "m2" }, login);
    await install({}, agent("agent-2"), TOKEN, "agent");
    const twice = await install({}, agent("agent-1", "alias:22"), TOKEN, "agent");
    assert.equal(twice.code, 1, "it may be declared twice");
    host.calls();
    const { code, stderr } = await install({}, agent("agent-1"), TOKEN, "agent");
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /^\S+ was the node agent-2 of lab, and becomes agent-1: its K3s is uninst/m,
    );
    assert.ok(host.calls().includes("k3s-agent-uninstall.sh"));
    assert.match((await uninstall(agent("agent-2"))).stderr, /is now the node agent-1 of lab/);
    assert.match(host.file("/etc/rancher/k3s/config.yaml") ?? "", /^node-name: agent-1$/m);
  });

  it("installs anew for another identity, and the former one's uninstalling leaves it alone", async () => {
    await install();
    host.calls();
    const next = lifeOf("lab", "server", { first: "m2", own: "m2" }, "127.0.0.1:22");
    assert.equal((await install({}, next)).code, 0);
    assert.ok(host.calls().includes("k3s-uninstall.sh"));
    assert.equal(host.installerRuns().length, 2);
    const { code, stderr } = await uninstall();
    assert.equal(code, 0);
    assert.match(stderr, /is now the node server of lab, by 127\.0\.0\.1:22: it is left alone$/m);
    assert.notEqual(host.file("/etc/systemd/system/k3s.service"), undefined);
  });

  it("leaves a machine alone that is now declared at another address", async () => {
    await install();
    assert.equal((await install({}, life({ login: "k3s.lan:22" }))).code, 0);
    assert.match((await uninstall()).stderr, /by k3s\.lan:22: it is left alone$/m);
    assert.equal((await uninstall(life({ login: "k3s.lan:22" }))).code, 0);
    assert.equal(host.file("/etc/systemd/system/k3s.service"), undefined);
  });

  it("uninstalls, twice too, and can be installed again", async () => {
    await install();
    const { code, stderr } = await uninstall();
    assert.equal(code, 0);
    assert.match(stderr, /^K3s is uninstalled from \S+$/m);
    for (const path of [
      "/etc/systemd/system/k3s.service",
      "/etc/rancher/k3s",
      "/var/lib/micromesh/k3s",
      "/usr/local/bin/k3s",
    ]) {
      assert.equal((await host.run(`test -e ${path}`)).code, 1, path);
    }
    const again = await uninstall();
    assert.equal(again.code, 0);
    assert.match(again.stderr, /^K3s isn't installed on \S+$/m);
    assert.equal((await install({}, life(), "another-token-of-length")).code, 0);
  });

  it("takes away what Cilium left, before K3s' network goes and after", async () => {
    await install();
    const left = [
      "/etc/cni/net.d/05-cilium.conflist",
      "/opt/cni/bin/cilium-cni",
      "/run/cilium/cilium.sock",
      "/sys/fs/bpf/cilium/socketlb/links/cgroup",
      "/etc/sysctl.d/99-zzz-override_cilium.conf",
    ];
    const kept = ["/etc/cni/net.d/10-other.conflist", "/opt/cni/bin/bridge"];
    const make = (path: string) => `mkdir -p $(dirname ${path}) && touch ${path}`;
    const made = await host.run([...left, ...kept].map(make).join(" && "));
    assert.equal(made.code, 0, made.stderr);
    host.put("rules", ":CILIUM_INPUT - [0:0]\n-A INPUT -j ACCEPT\n-A INPUT -j CILIUM_INPUT\n");
    host.put("filters", "filter protocol all pref 1 bpf chain 0 handle 0x1 cil_from_netdev-eth0\n");
    host.calls();
    assert.equal((await uninstall()).code, 0);
    for (const path of left) assert.equal(host.file(path), undefined, path);
    for (const path of kept) assert.notEqual(host.file(path), undefined, path);
    assert.equal(host.read("rules"), "-A INPUT -j ACCEPT\n");
    const links = ["host", "net", "vxlan"].map((link) => `ip link delete cilium_${link}`);
    const calls = host.calls();
    assert.deepEqual(calls.slice(0, 4), [...links, "k3s-killall.sh"]);
    assert.deepEqual(calls.slice(4, 8), [...links, "iptables-restore "]);
    assert.ok(calls.includes("tc qdisc delete dev lo clsact"), `${calls}`);
    assert.equal(calls.at(-1), "k3s-uninstall.sh");
  });

  it("leaves rules and filters alone that aren't Cilium's", async () => {
    await install();
    host.put("rules", "-A INPUT -j ACCEPT\n");
    host.put("filters", "filter protocol all pref 1 u32 chain 0\n");
    host.calls();
    assert.equal((await uninstall()).code, 0);
    assert.doesNotMatch(host.calls().join("\n"), /iptables-restore|qdisc/);
  });

  it("leaves K3s' folder where it is a disk of its own", async () => {
    const mounted = await host.run(
      "mkdir -p /var/lib/rancher/k3s && mount -t tmpfs tmpfs /var/lib/rancher/k3s",
    );
    assert.equal(mounted.code, 0, mounted.stderr);
    await install();
    const { code, stderr } = await uninstall();
    assert.equal(code, 0, stderr);
    assert.equal(host.file("/var/lib/micromesh/k3s/cluster"), undefined);
  });

  it("clears away what an interrupted installer left, and says when it can't uninstall", async () => {
    host.put("hold");
    const { answer } = host.begin(AS_ROOT, stdin());
    await until("the installer runs", () => host.has("held"));
    host.kill("/work.sh");
    host.kill("k3s/installer");
    await answer;
    host.take("hold");
    assert.equal((await uninstall()).code, 0);
    assert.equal(host.file("/usr/local/bin/k3s"), undefined);

    await install();
    host.put("uninstall-fails");
    const { code, stderr } = await uninstall();
    assert.equal(code, 1);
    assert.match(stderr, /^\+ umount: target is busy\nK3s couldn't be uninstalled from \S+ /m);
    host.take("uninstall-fails");
    assert.equal((await uninstall()).code, 0);
  });

  it("joins an agent, which may change its token", async () => {
    const agent = lifeOf("lab", "agent-1", { first: "m1", own: "m2" }, "127.0.0.1:22");
    const { code, stderr } = await install({}, agent, TOKEN, "agent");
    assert.equal(code, 0, stderr);
    assert.match(host.installerRuns()[0] ?? "", /^INSTALL_K3S_EXEC=agent$/m);
    assert.deepEqual(starts(host.calls()), [
      "systemctl stop k3s-agent",
      "systemctl start --no-block k3s-agent",
    ]);
    assert.match(
      host.file("/etc/rancher/k3s/config.yaml") ?? "",
      /^server: https:\/\/10\.0\.0\.1:6443$/m,
    );
    assert.equal((await install({}, agent, "another-token-of-length", "agent")).code, 0);
    assert.equal((await uninstall(agent)).code, 0);
    assert.ok(host.calls().includes("k3s-agent-uninstall.sh"));
  });

  it("keeps the token out of every command line, environment and word", async () => {
    host.put("hold");
    const { answer } = host.begin(AS_ROOT, stdin());
    await until("the installer runs", () => host.has("held"));
    const processes = host.processes();
    assert.ok(processes.length > 4, `${processes}`);
    for (const pid of processes) {
      for (const what of ["cmdline", "environ"]) {
        const text = seenOf(pid, what);
        assert.equal(text.includes("s3cret"), false, `${what}: ${text}`);
      }
    }
    const anywhere = () => host.everythingIn(["/run", "/etc", "/var/lib/micromesh"]);
    const seen = (text: string) => text.split("s3cret").length - 1;
    assert.equal(seen(anywhere()), 1, "in its file");
    host.take("hold");
    const { stdout, stderr } = await answer;
    assert.equal(seen(stdout + stderr + host.installerRuns() + host.calls()), 0);
    host.put("fails-to-start");
    await host.run("systemctl stop k3s");
    const failed = await install({ serviceLoadBalancer: true });
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /flannel is missing/, "the journal");
    assert.equal(seen(failed.stderr), 0, failed.stderr);
    assert.equal(seen(anywhere()), 1);
  });

  it("says in one line why it doesn't install", async () => {
    const refused = async (
      line: RegExp,
      answer: Promise<{ code: number | null; stderr: string }>,
    ) => {
      const { code, stderr } = await answer;
      assert.equal(code, 1, stderr);
      assert.match(lastLine(stderr) ?? "", line);
    };
    await refused(
      /^plain on \S+ can't become root: let it run sudo/,
      host.run(AS_ROOT, stdin(), { user: "plain" }),
    );
    await refused(
      /couldn't get http:\S+\/gone: see that it reaches that address and has room on its disk, or set micromesh:mirror$/,
      install({ downloads: { installer: downloads.url("/gone") } }),
    );
    await refused(
      /\/page isn't a script: set the address of K3s' install\.sh$/,
      install({ downloads: { installer: downloads.url("/page") } }),
    );
    host.put("installer-fails");
    await refused(/^K3s' installer ended with code 1 on \S+ \(its words are above\)$/, install());
    host.take("installer-fails");
    host.put("fails-to-start");
    await refused(
      /doesn't get ready \(its words are above; more by "journalctl -u k3s" there\)$/,
      install(),
    );
    host.take("fails-to-start");
    host.take("restarts");
    host.put("cloud-init", "1");
    await refused(/^cloud-init failed on \S+: see "cloud-init status --long" there$/, install());
    host.put("cloud-init", "124");
    await refused(
      /^cloud-init hasn't ended in 10 minutes on \S+: see "cloud-init status --long" there, or turn it off by "sudo touch \/etc\/cloud\/cloud-init\.disabled" and a restart$/,
      install(),
    );
    host.put("cloud-init", "2");
    assert.equal((await install()).code, 0, "after all of these");
    host.put("unreachable");
    const agent = lifeOf("lab", "agent-1", { first: "m1", own: "m2" }, "127.0.0.1:22");
    await uninstall();
    host.calls();
    await refused(
      /^\S+ doesn't reach the first server at https:\/\/10\.0\.0\.1:6443: open that port from node to node \(firewalls\), or set the privateAddress that nodes reach each other by$/,
      install({}, agent, TOKEN, "agent"),
    );
    const asked = host.calls().filter((call) => call.startsWith("curl"));
    assert.deepEqual(asked, Array(3).fill("curl https://10.0.0.1:6443/ping"));
    host.take("unreachable");
    await host.run("rmdir /run/systemd/system");
    await refused(/doesn't run systemd, which starts K3s: take a machine that does$/, install());
  });

  it("says where a disk is full, and goes on once it isn't", async () => {
    const full = (place: string, kilobytes: number) =>
      host.run(
        `mkdir -p ${place} && mount -t tmpfs -o size=${kilobytes}k tmpfs ${place} && dd if=/dev/zero of=${place}/fill bs=1k`,
      );
    const refused = async (line: RegExp) => {
      const { code, stderr } = await install();
      assert.equal(code, 1, stderr);
      assert.match(lastLine(stderr) ?? "", line);
    };
    await full("/var/lib/micromesh/k3s", 16);
    await refused(
      /^\/var\/lib\/micromesh\/k3s\/node can't be written on \S+: see "df -h \/var\/lib\/micromesh\/k3s" there$/,
    );
    await host.run("umount /var/lib/micromesh/k3s");
    await full("/etc/rancher/k3s", 16);
    await refused(/^\/etc\/rancher\/k3s\/config\.yaml can't be written on \S+: see "df -h/);
    await host.run("umount /etc/rancher/k3s");
    await host.run(
      "mount -o remount,size=16k /run && for n in 1 2 3 4; do dd if=/dev/zero of=/run/$n bs=1k; done",
    );
    await refused(/^\S+ has no room left in \/run: see "df -h \/run" there$/);
    await host.run("rm /run/[1234] && mount -o remount,size=10m /run");
    assert.equal((await install()).code, 0);
  });

  it("prints the kubeconfig and the host's key, and forgets nodes", async () => {
    const none = await host.run(AS_ROOT, PRINT_KUBECONFIG);
    assert.equal(none.code, 1);
    assert.match(none.stderr, /has no kubeconfig of K3s \(\/etc\/rancher\/k3s\/k3s\.yaml\)/);
    assert.equal((await host.run(AS_ROOT, forgetting("agent-1"))).code, 0, "there is no cluster");
    assert.equal((await host.run(AS_ROOT, leaving("agent-1", "server"))).code, 0);
    await install();
    host.calls();
    assert.match((await host.run(AS_ROOT, PRINT_KUBECONFIG)).stdout, /client-key-data: S0VZ/);
    assert.equal((await host.run(PRINT_HOST_KEY)).stdout.trim(), host.hostKey);
    assert.equal((await host.run(AS_ROOT, forgetting("agent-1"))).code, 0);
    const forgotten = "k3s kubectl delete node agent-1 --ignore-not-found --timeout=60s";
    assert.deepEqual(host.calls(), [forgotten]);
    const drained =
      "k3s kubectl drain agent-1 --ignore-daemonsets --delete-emptydir-data --force " +
      "--skip-wait-for-delete-timeout=30 --timeout=120s";
    assert.equal((await host.run(AS_ROOT, leaving("agent-1", "agent"))).code, 0);
    assert.deepEqual(host.calls(), [drained]);
    host.put("drain-fails");
    const { code, stderr } = await host.run(AS_ROOT, leaving("agent-1", "server"));
    assert.equal(code, 0, stderr);
    assert.equal(stderr, "agent-1 goes with pods on it that couldn't be moved\n");
    assert.deepEqual(host.calls(), [drained, forgotten], "etcd's member goes while it can vote");
  });
});
