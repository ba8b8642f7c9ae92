/**
 * The items lab, as `render` writes it, on a real cluster: every probe of every scenario passes as it does in the
 * simulator, and what the API has acknowledged outlives PostgreSQL's pod. Needs kubectl and a cluster for tests that
 * gives Services of type LoadBalancer an address; its namespaces are deleted there, and its CoreDNS is started anew.
 */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { NAMESPACES, SERVICES } from "../../apps/items/names.ts";
import { undoRule } from "../../components/dns/live-corefile.ts";
import { scenarioNames } from "../../labs/items/scenarios.ts";
import { noSuchNames, withRule } from "../../micromesh/resources/corefile/rule.ts";
import { writeThrough } from "../labs/items/writes.ts";
import { Bed, micromesh, plainCluster } from "./bed.ts";
import { Outside } from "./outside.ts";

const kubeconfig = process.env.MICROMESH_TEST_KUBECONFIG;

describe("the items lab on a real cluster (MICROMESH_TEST_KUBECONFIG)", function () {
  this.timeout(240_000);
  let folder: string;
  let bed: Bed;
  let outside: Outside;

  before(async function () {
    if (!kubeconfig) this.skip();
    folder = await mkdtemp(path.join(tmpdir(), "micromesh-bed-"));
    bed = new Bed(kubeconfig, folder, Object.values(NAMESPACES));
    await bed.clean();
    outside = await Outside.of(kubeconfig, folder);
  });

  after(async () => {
    await outside?.leave();
    await bed?.clean();
    if (folder) await rm(folder, { recursive: true });
  });

  /** The lab's options. */
  const playing = (scenario: string) => ["--lab", "items", "--scenario", `items=${scenario}`];

  async function play(scenario: string): Promise<void> {
    const out = await bed.folder(scenario);
    const rendered = await micromesh(["render", "--out", out, ...playing(scenario)], plainCluster);
    assert.equal(rendered.code, 0, rendered.stderr);
    await bed.apply(out);
  }

  async function verify(scenario: string): Promise<void> {
    const live = ["--live", "--kubeconfig", outside.kubeconfig];
    const { code, stdout, stderr } = await micromesh(
      ["verify", ...playing(scenario), ...live],
      plainCluster,
      outside.prefix,
    );
    assert.equal(code, 0, stderr + stdout);
  }

  for (const scenario of scenarioNames.filter((name) => name !== "dns-broken")) {
    it(`passes the probes of scenario ${scenario}`, async () => {
      await play(scenario);
      await verify(scenario);
    });
  }

  describe("where CoreDNS doesn't know the database", () => {
    const corefile = () =>
      bed.kubectl(
        "-n",
        "kube-system",
        "get",
        "configmap",
        "coredns",
        "-o",
        "jsonpath={.data.Corefile}",
      );
    /** Its own plugin `reload` would see to it in a minute or two. */
    async function readAgain(): Promise<void> {
      const coredns = ["-n", "kube-system", "rollout"];
      await bed.kubectl(...coredns, "restart", "deployment/coredns");
      await bed.kubectl(...coredns, "status", "deployment/coredns", "--timeout=120s");
    }
    let before: string;

    it("passes the probes of scenario dns-broken", async () => {
      await play("dns-broken");
      before = await corefile();
      const Corefile = withRule(before, noSuchNames([SERVICES.db.host]));
      const patch = JSON.stringify({ data: { Corefile } });
      await bed.kubectl("-n", "kube-system", "patch", "configmap", "coredns", "--patch", patch);
      await readAgain();
      await verify("dns-broken");
    });

    it("leaves CoreDNS as it was, and the lab works again", async () => {
      const undone = await undoRule(await readFile(bed.kubeconfig, "utf8"));
      assert.equal(undone.kind, "undone");
      assert.equal(await corefile(), before);
      await readAgain();
      await play("open");
      await verify("open");
      assert.equal((await undoRule(await readFile(bed.kubeconfig, "utf8"))).kind, "nothing");
    });
  });

  it("loses no write that it has acknowledged when PostgreSQL is killed, and its pod deleted, in the middle of 1,000", async () => {
    await play("open");
    const api = await bed.forward(NAMESPACES.items, "api", SERVICES.api.port);
    const inItems = (...args: string[]) => bed.kubectl("-n", NAMESPACES.items, ...args);
    await writeThrough(api, {
      // All processes of PostgreSQL but its first, which nobody in its container can kill; the shell goes with them.
      300: () => inItems("exec", "db-0", "--", "sh", "-c", "kill -9 -1"),
      700: () => inItems("delete", "pod", "db-0", "--wait=false"),
    });
    const restarts = "jsonpath={.items[*].status.containerStatuses[*].restartCount}";
    const pods = ["pods", "--selector", "app.kubernetes.io/name=api", "-o", restarts];
    assert.equal(await inItems("get", ...pods), "0 0", "the API was never restarted");
  });
});
