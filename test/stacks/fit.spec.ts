import assert from "node:assert/strict";
import { buildPlatform } from "../../stacks/build-platform.ts";
import { parseConfig } from "../../stacks/config.ts";
import { collected } from "./collected.ts";

/** Of a node with minikube's defaults; MiB and thousandths of a CPU. */
const NODE = { memory: 6144, cpu: 2000 };

/**
 * What kubeadm's and minikube's own pods request: API server 250m, controller manager 200m, scheduler
 * 100m, etcd 100m and 100Mi, CoreDNS 100m and 70Mi.
 */
const SYSTEM = { memory: 170, cpu: 750 };
/** What API server, etcd, kubelet and container runtime use at rest beyond what they request. */
const SYSTEM_USE = 1400;

/** A pod of a lab: a small Node process or Redis, before its sidecar. */
const POD = { memory: 64, cpu: 20 };
const PODS = 12;

interface Requests {
  cpu: string;
  memory: string;
}

/** Every `requests` within a chart's values, by its path. */
function requestsIn(node: unknown, path = ""): [string, Requests][] {
  if (node === null || typeof node !== "object") return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === "requests" ? [[path, value as Requests]] : requestsIn(value, `${path}.${key}`),
  );
}
const milli = ({ cpu }: Requests) =>
  cpu.endsWith("m") ? Number.parseInt(cpu, 10) : Number(cpu) * 1000;
const mebi = ({ memory }: Requests) => {
  assert.match(memory, /^\d+Mi$/);
  return Number.parseInt(memory, 10);
};

describe("the dev stack's size", () => {
  it("leaves room in 6 GiB and 2 CPUs for 12 small meshed pods, Hubble's page included", async () => {
    const config = parseConfig({ cni: { kind: "cilium", hubble: { ui: true } } }, {});
    assert.deepEqual(
      config.cluster.kind === "minikube" && [config.cluster.memoryMiB, config.cluster.cpus],
      [NODE.memory, NODE.cpu / 1000],
    );
    const { resources } = await collected(() => {
      buildPlatform(config);
      return undefined;
    });
    const all = resources
      .filter(({ type }) => type === "kubernetes:helm.sh/v3:Release")
      .flatMap(({ name, inputs }) => requestsIn(inputs.values, name));
    const sidecar = all.find(([path]) => path.endsWith(".global.proxy.resources"))?.[1];
    assert.ok(sidecar, "the sidecar's size is declared");
    const pods = all.filter(([, requests]) => requests !== sidecar);
    assert.deepEqual(
      pods.map(([path]) => path).sort(),
      [
        "cilium-release.hubble.relay.resources",
        "cilium-release.hubble.ui.backend.resources",
        "cilium-release.hubble.ui.frontend.resources",
        "cilium-release.operator.resources",
        "cilium-release.resources",
        "istio-cni.resources",
        "istio-gateway.resources",
        "istio-istiod.resources",
        "traefik-release.resources",
      ],
      "every container of the platform says what it needs",
    );
    const sum = (of: (requests: Requests) => number) =>
      pods.reduce((total, [, requests]) => total + of(requests), 0);
    const memory = sum(mebi) + PODS * (POD.memory + mebi(sidecar));
    const cpu = sum(milli) + PODS * (POD.cpu + milli(sidecar));
    assert.ok(
      SYSTEM.memory + SYSTEM_USE + memory <= NODE.memory,
      `${SYSTEM.memory + SYSTEM_USE + memory} MiB of ${NODE.memory}`,
    );
    assert.ok(SYSTEM.cpu + cpu <= NODE.cpu, `${SYSTEM.cpu + cpu}m of ${NODE.cpu}m`);
  });
});
