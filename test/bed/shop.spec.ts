/**
 * The shop, as `render` writes it, on a real cluster: every probe of every scenario passes there as it does in
 * the simulator. Needs kubectl and a cluster for tests; the shop's namespace is deleted there, before and
 * after.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { NAMESPACE } from "../../apps/shop/names.ts";
import { scenarioNames } from "../../labs/shop/scenarios.ts";
import { Bed, micromesh } from "./bed.ts";

const kubeconfig = process.env.MICROMESH_TEST_KUBECONFIG;
const config = [
  "cluster.kind=existing",
  "cni.kind=existing",
  "cni.enforcesNetworkPolicy=true",
  "mesh.kind=none",
  "ingress.kind=none",
  "observability.kind=none",
];

describe("the shop lab on a real cluster (MICROMESH_TEST_KUBECONFIG)", function () {
  this.timeout(240_000);
  let folder: string;
  let bed: Bed;

  before(async function () {
    if (!kubeconfig) this.skip();
    folder = await mkdtemp(path.join(tmpdir(), "micromesh-bed-"));
    bed = new Bed(kubeconfig, folder, [NAMESPACE]);
    await bed.clean();
  });

  after(async () => {
    await bed?.clean();
    if (folder) await rm(folder, { recursive: true });
  });

  for (const scenario of scenarioNames) {
    it(`passes the probes of scenario ${scenario}`, async () => {
      const lab = ["--lab", "shop", "--scenario", `shop=${scenario}`];
      const out = await bed.folder(scenario);
      const rendered = await micromesh(["render", "--out", out, ...lab], config);
      assert.equal(rendered.code, 0, rendered.stderr);
      await bed.apply(out);
      const live = await micromesh(
        ["verify", ...lab, "--live", "--kubeconfig", bed.kubeconfig],
        config,
      );
      assert.equal(live.code, 0, live.stderr + live.stdout);
    });
  }
});
