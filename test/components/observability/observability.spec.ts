import assert from "node:assert/strict";
import { ExistingObservability } from "../../../components/observability/existing.ts";
import { Prometheus } from "../../../components/observability/prometheus.ts";
import { prometheusValues } from "../../../components/observability/prometheus-values.ts";
import { collected } from "../../stacks/collected.ts";

describe("Prometheus", () => {
  it("declares its namespace, and the server alone", async () => {
    const { resources, the, nameOf } = await collected((provider) => {
      new Prometheus("prometheus", {}, { provider: provider() });
      return undefined;
    });
    assert.deepEqual(resources.map(({ name }) => name).sort(), [
      "prometheus",
      "prometheus-namespace",
      "prometheus-release",
      "provider",
    ]);
    assert.equal(the("prometheus").type, "micromesh:observability:Prometheus");
    assert.deepEqual(the("prometheus-namespace").inputs.metadata, { name: "observability" });
    const { inputs, dependencies } = the("prometheus-release");
    assert.deepEqual(dependencies.map(nameOf), ["prometheus-namespace"]);
    assert.deepEqual(inputs, {
      compat: "true",
      chart: "prometheus",
      version: "29.27.0",
      repositoryOpts: { repo: "https://prometheus-community.github.io/helm-charts" },
      name: "prometheus",
      namespace: "observability",
      timeout: 300,
      values: {
        alertmanager: { enabled: false },
        "kube-state-metrics": { enabled: false },
        "prometheus-node-exporter": { enabled: false },
        "prometheus-pushgateway": { enabled: false },
        configmapReload: { prometheus: { enabled: false } },
        server: {
          persistentVolume: { enabled: false },
          retention: "6h",
          global: { scrape_interval: "15s" },
          resources: { requests: { cpu: "20m", memory: "200Mi" }, limits: { memory: "512Mi" } },
        },
      },
    });
  });

  it("pulls its image from the mirror", () => {
    const { server } = prometheusValues({ mirror: { images: "registry.lan/m" } });
    assert.deepEqual((server as { image: unknown }).image, {
      repository: "registry.lan/m/prometheus/prometheus",
    });
  });
});

describe("ExistingObservability", () => {
  it("declares where it is, and no resource in the cluster", async () => {
    const { resources } = await collected(() => {
      new ExistingObservability("observability", { prometheusUrl: "http://prom" });
      return undefined;
    });
    assert.deepEqual(
      resources.map(({ type, inputs, custom }) => [type, inputs, custom]),
      [["micromesh:observability:Existing", { prometheusUrl: "http://prom" }, false]],
    );
  });
});
