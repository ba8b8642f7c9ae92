/**
 * The shop, as `render` writes it, on a real cluster: every endpoint answers there as it does in `npm start`, and
 * every probe of every scenario passes as it does in the simulator. Needs kubectl and a cluster for tests; the shop's namespace is deleted there, before and
 * after.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { NAMESPACE, PORTS } from "../../apps/shop/names.ts";
import { scenarioNames } from "../../labs/shop/scenarios.ts";
import type { Doors, Pod } from "../apps/shop/front-door/doors.ts";
import { everyEndpointAnswers } from "../apps/shop/front-door/endpoints.ts";
import { Bed, micromesh, plainCluster } from "./bed.ts";

const kubeconfig = process.env.MICROMESH_TEST_KUBECONFIG;

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

  /** The lab's options. */
  const playing = (scenario: string) => ["--lab", "shop", "--scenario", `shop=${scenario}`];

  async function play(scenario: string): Promise<void> {
    const out = await bed.folder(scenario);
    const rendered = await micromesh(["render", "--out", out, ...playing(scenario)], plainCluster);
    assert.equal(rendered.code, 0, rendered.stderr);
    await bed.apply(out);
  }

  describe("every endpoint", () => {
    let doors: Doors;

    before(async () => {
      await play("open");
      const [gateway, registry] = await Promise.all([
        bed.forward(NAMESPACE, "gateway", PORTS.gateway),
        bed.forward(NAMESPACE, "registry", PORTS.registry),
      ]);
      doors = { gateway, registry, pods: podsOf };
    });

    async function podsOf(service: string): Promise<Pod[]> {
      const json = await bed.kubectl("-n", NAMESPACE, "get", "pods", "-o", "json");
      const pods: { metadata: { name: string }; status: { podIP: string } }[] =
        JSON.parse(json).items;
      return pods
        .filter(({ metadata: { name } }) => name.startsWith(`${service}-`))
        .map(({ metadata: { name }, status: { podIP: ip } }) => ({ name, ip }));
    }

    everyEndpointAnswers(() => doors);
  });

  describe("every scenario", () => {
    for (const scenario of scenarioNames) {
      it(`passes the probes of scenario ${scenario}`, async () => {
        await play(scenario);
        const live = await micromesh(
          ["verify", ...playing(scenario), "--live", "--kubeconfig", bed.kubeconfig],
          plainCluster,
        );
        assert.equal(live.code, 0, live.stderr + live.stdout);
      });
    }
  });
});
