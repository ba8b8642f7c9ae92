import assert from "node:assert/strict";
import { plus } from "../../micromesh/capacity/amounts.ts";
import { needsOf } from "../../micromesh/capacity/needs.ts";
import { root } from "../../micromesh/cli/options.ts";
import { capture } from "../../micromesh/resources/capture.ts";

/**
 * What kubeadm's and minikube's own pods request: API server 250m, controller manager 200m, scheduler
 * 100m, etcd 100m and 100Mi, CoreDNS 100m and 70Mi; and the memory that API server, etcd, kubelet and container
 * runtime use at rest beyond what they request.
 */
const SYSTEM = { memoryMiB: 170 + 1400, cpuMillis: 750 };

describe("the dev stack's size", () => {
  it("leaves room for all its labs in minikube's defaults, Hubble's page included", async () => {
    const declaration = await capture({ root, stack: "dev", config: ["cni.hubble.ui=true"] });
    const minikube = declaration.resources.find(
      ({ type }) => type === "micromesh:clusters:Minikube",
    );
    assert.ok(minikube);
    const { memoryMiB, cpus } = minikube.inputs as { memoryMiB: number; cpus: number };
    assert.deepEqual([memoryMiB, cpus], [6144, 2]);
    const needs = needsOf(declaration, { nodes: 1, k3s: false });
    assert.deepEqual(needs.notes, []);
    assert.deepEqual(
      needs.rows.map(({ what }) => what),
      ["Cilium", "Istio", "Traefik", "counter", "items", "router", "shop"],
    );
    const all = plus(needs.total, SYSTEM);
    assert.ok(all.memoryMiB <= memoryMiB, `${all.memoryMiB} MiB of ${memoryMiB}`);
    assert.ok(all.cpuMillis <= cpus * 1000, `${all.cpuMillis}m of ${cpus} CPUs`);
  }).timeout(60_000);
});
