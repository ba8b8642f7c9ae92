import assert from "node:assert/strict";
import { ciliumValues } from "../../components/cni/cilium-values.ts";
import { traefikValues } from "../../components/ingress/traefik-values.ts";
import { istioValues } from "../../components/mesh/istio-values.ts";
import { prometheusValues } from "../../components/observability/prometheus-values.ts";
import type { PodGroup } from "../../micromesh/capacity/pod-group.ts";
import { UNSAID } from "../../micromesh/capacity/pod-request.ts";
import { releasePods } from "../../micromesh/capacity/releases.ts";
import { declare, helm } from "../resources/declaration.ts";

/** Of a release: each kind of pod with how many, MiB and thousandths of a CPU. */
const podsOf = (chart: string, values?: object) =>
  releasePods(declare(helm(chart, { values }))).groups.map(
    ({ title, count, request }: PodGroup) => [title, count, request.memoryMiB, request.cpuMillis],
  );

describe("the pods of a chart", () => {
  it("are those of the values that the program declares", () => {
    assert.deepEqual(podsOf("cilium", ciliumValues({ hubble: { ui: true } })), [
      ["Cilium's agent", "each node", 192, 100],
      ["Cilium's operator", 1, 48, 10],
      ["Cilium's hubble-relay", 1, 24, 10],
      ["Cilium's hubble-ui", 1, 48, 10],
    ]);
    const istio = istioValues({});
    assert.deepEqual(podsOf("base", istio.base), []);
    assert.deepEqual(podsOf("istiod", istio.istiod), [["Istio's istiod", 1, 192, 50]]);
    assert.deepEqual(podsOf("cni", istio.cni), [["Istio's istio-cni", "each node", 48, 10]]);
    assert.deepEqual(podsOf("gateway", istio.gateway), [["Istio's gateway", 1, 48, 10]]);
    assert.deepEqual(podsOf("traefik", traefikValues({ namespace: "edge" })), [
      ["Traefik's traefik", 1, 64, 20],
    ]);
    assert.deepEqual(podsOf("prometheus", prometheusValues({})), [
      ["Prometheus's server", 1, 200, 20],
    ]);
  });

  it("are the chart's own where values say nothing: many, and some without requests", () => {
    const { memoryMiB, cpuMillis } = UNSAID;
    assert.deepEqual(podsOf("cilium"), [
      ["Cilium's agent", "each node", memoryMiB, cpuMillis],
      ["Cilium's envoy", "each node", memoryMiB, cpuMillis],
      ["Cilium's operator", 2, memoryMiB, cpuMillis],
    ]);
    assert.deepEqual(podsOf("istiod"), [["Istio's istiod", 1, 2048, 500]]);
    assert.deepEqual(podsOf("cni"), [["Istio's istio-cni", "each node", 100, 100]]);
    assert.deepEqual(podsOf("gateway"), [["Istio's gateway", 1, 128, 100]]);
    assert.deepEqual(podsOf("traefik"), [["Traefik's traefik", 1, memoryMiB, cpuMillis]]);
    assert.deepEqual(
      podsOf("prometheus").map(([title, count, memory]) => [title, count, memory]),
      [
        ["Prometheus's server", 1, 2 * memoryMiB],
        ["Prometheus's alertmanager", 1, memoryMiB],
        ["Prometheus's kube-state-metrics", 1, memoryMiB],
        ["Prometheus's prometheus-node-exporter", "each node", memoryMiB],
        ["Prometheus's prometheus-pushgateway", 1, memoryMiB],
      ],
    );
  });

  it("follow replicas, autoscalers' minimum and a DaemonSet", () => {
    const counts = (chart: string, values: object) =>
      podsOf(chart, values).map(([, count]) => count);
    assert.deepEqual(counts("istiod", { autoscaleMin: 2 }), [2]);
    assert.deepEqual(counts("istiod", { autoscaleEnabled: false, replicaCount: 3 }), [3]);
    assert.deepEqual(counts("gateway", { autoscaling: { minReplicas: 2 } }), [2]);
    assert.deepEqual(counts("gateway", { autoscaling: { enabled: false }, replicaCount: 4 }), [4]);
    assert.deepEqual(counts("traefik", { deployment: { kind: "DaemonSet" } }), ["each node"]);
    assert.deepEqual(counts("traefik", { deployment: { replicas: 2 } }), [2]);
  });

  it("keep the chart's default for what the values leave out, as Helm merges maps", () => {
    const resources = { requests: { memory: "256Mi" } };
    assert.deepEqual(podsOf("istiod", { resources }), [["Istio's istiod", 1, 256, 500]]);
    assert.deepEqual(podsOf("istiod", { resources: null }), [["Istio's istiod", 1, 2048, 500]]);
  });

  it("are one that says nothing of itself, where the chart isn't known; it's named", () => {
    const declaration = declare(
      helm("oci://registry.lan/charts/kiali-server", { name: "kiali" }),
      helm("toString"),
    );
    const { groups, unknown } = releasePods(declaration);
    assert.deepEqual(unknown, ["kiali-server", "toString"]);
    assert.deepEqual(groups[0], {
      owner: "chart kiali-server",
      title: "release kiali",
      count: 1,
      request: UNSAID,
    });
  });
});
