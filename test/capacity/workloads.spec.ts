import assert from "node:assert/strict";
import { workloadPods } from "../../micromesh/capacity/workloads.ts";
import type { DeclaredResource } from "../../micromesh/resources/declared.ts";
import { declare, helm, kubernetes } from "../resources/declaration.ts";

const containers = [{ name: "app", resources: { requests: { memory: "64Mi", cpu: "20m" } } }];
const template = (metadata: object = {}, spec: object = {}) => ({
  metadata,
  spec: { containers, ...spec },
});
const deployment = (metadata: object, pod = template(), more: object = {}) =>
  kubernetes("apps/v1", "Deployment", metadata, { spec: { template: pod, ...more } });
const istiod = helm("istiod", {
  namespace: "istio-system",
  values: { global: { proxy: { resources: { requests: { cpu: "10m", memory: "48Mi" } } } } },
});
const injected = kubernetes("v1", "Namespace", {
  name: "meshed",
  labels: { "istio-injection": "enabled" },
});

const podsOf = (...resources: Partial<DeclaredResource>[]) => workloadPods(declare(...resources));

describe("the pods of declared workloads", () => {
  it("are as many as each kind makes", () => {
    const spec = { template: template() };
    const job = { template: template() };
    const kinds: [string, string, object, number | "each node"][] = [
      ["apps/v1", "Deployment", spec, 1],
      ["apps/v1", "Deployment", { ...spec, replicas: 3 }, 3],
      ["apps/v1", "Deployment", { ...spec, replicas: 0 }, 0],
      ["apps/v1", "StatefulSet", { ...spec, replicas: 2 }, 2],
      ["apps/v1", "ReplicaSet", spec, 1],
      ["apps/v1", "DaemonSet", spec, "each node"],
      ["v1", "ReplicationController", { ...spec, replicas: 2 }, 2],
      ["batch/v1", "Job", { ...job, parallelism: 4 }, 4],
      ["batch/v1", "Job", { ...job, suspend: true }, 0],
      ["batch/v1", "CronJob", { jobTemplate: { spec: job } }, 1],
      ["batch/v1", "CronJob", { jobTemplate: { spec: job }, suspend: true }, 0],
      ["v1", "Pod", { containers }, 1],
    ];
    for (const [apiVersion, kind, spec, count] of kinds) {
      const [group, ...others] = podsOf(kubernetes(apiVersion, kind, { name: "x" }, { spec }));
      assert.deepEqual(others, []);
      assert.equal(group?.count, count, kind);
      assert.deepEqual(group?.request, { memoryMiB: 64, cpuMillis: 20 }, kind);
    }
    assert.deepEqual(podsOf(kubernetes("v1", "Service", { name: "x" }, { spec: {} })), []);
    const foreign = kubernetes("example.com/v1", "Deployment", { name: "x" }, { spec });
    assert.deepEqual(podsOf(foreign), [], "another API group's Deployment makes who knows what");
  });

  it("belong to their application, or else to their namespace", () => {
    const labels = { "app.kubernetes.io/part-of": "shop" };
    const groups = podsOf(
      deployment({ name: "a", namespace: "n" }, template({ labels })),
      deployment({ name: "b", namespace: "n" }),
    );
    assert.deepEqual(
      groups.map(({ owner, title }) => [owner, title]),
      [
        ["shop", "Deployment n/a"],
        ["namespace n", "Deployment n/b"],
      ],
    );
  });

  it("get a sidecar of the mesh's size where it injects them", () => {
    const sidecars = (...resources: Partial<DeclaredResource>[]) =>
      podsOf(...resources).map(({ sidecar }) => sidecar);
    const small = { memoryMiB: 48, cpuMillis: 10 };
    const labelled = template({ labels: { "sidecar.istio.io/inject": "true" } });
    const here = { name: "a", namespace: "meshed" };
    assert.deepEqual(sidecars(istiod, injected, deployment(here)), [small]);
    assert.deepEqual(sidecars(istiod, deployment({ name: "a" }, labelled)), [small]);
    assert.deepEqual(sidecars(istiod, deployment({ name: "a" })), [undefined]);
    assert.deepEqual(sidecars(injected, deployment(here, labelled)), [undefined], "no mesh");
    const host = template({}, { hostNetwork: true });
    assert.deepEqual(sidecars(istiod, injected, deployment(here, host)), [undefined]);
  });

  it("get one as Istio's chart has it, where neither values nor an existing mesh tell", () => {
    const standard = { memoryMiB: 128, cpuMillis: 100 };
    const here = deployment({ name: "a", namespace: "meshed" });
    assert.deepEqual(podsOf(helm("istiod"), injected, here)[0]?.sidecar, standard);
    const mesh = { type: "micromesh:mesh:Existing", custom: false, inputs: {} };
    assert.deepEqual(podsOf(mesh, injected, here)[0]?.sidecar, standard);
  });

  it("may say their sidecar's size themselves, and then all of it", () => {
    const sized = (annotations: object) =>
      podsOf(
        istiod,
        deployment(
          { name: "a" },
          template({ labels: { "sidecar.istio.io/inject": "true" }, annotations }),
        ),
      )[0]?.sidecar;
    assert.deepEqual(
      sized({ "sidecar.istio.io/proxyCPU": "30m", "sidecar.istio.io/proxyMemory": "80Mi" }),
      { memoryMiB: 80, cpuMillis: 30 },
    );
    assert.deepEqual(
      sized({
        "sidecar.istio.io/proxyCPU": "30m",
        "sidecar.istio.io/proxyMemoryLimit": "192Mi",
      }),
      { memoryMiB: 192, cpuMillis: 30 },
      "a limit alone is the request; the mesh's own request is left out",
    );
  });

  it("count a sidecar beside init containers too, since it starts before them", () => {
    const initContainers = [{ resources: { requests: { memory: "200Mi", cpu: "5m" } } }];
    const labels = { "sidecar.istio.io/inject": "true" };
    const [group] = podsOf(
      istiod,
      deployment({ name: "a" }, template({ labels }, { initContainers })),
    );
    assert.deepEqual(group?.request, { memoryMiB: 200, cpuMillis: 20 });
    assert.deepEqual(group?.sidecar, { memoryMiB: 48, cpuMillis: 10 });
  });
});
