import assert from "node:assert/strict";
import { ExistingMesh } from "../../../components/mesh/existing.ts";
import { Istio } from "../../../components/mesh/istio.ts";
import { istioValues } from "../../../components/mesh/istio-values.ts";
import { collected } from "../../stacks/collected.ts";

describe("Istio", () => {
  const istio = () =>
    collected((provider) => {
      const { ready } = new Istio("istio", {}, { provider: provider() });
      assert.equal(ready.length, 2);
      return undefined;
    });
  const repositoryOpts = { repo: "https://istio-release.storage.googleapis.com/charts" };
  const common = { compat: "true", version: "1.30.3", repositoryOpts, timeout: 600 };

  it("installs CRDs, istiod, CNI plugin and gateway, each after what it needs", async () => {
    const { resources, the, nameOf } = await istio();
    const order = Object.fromEntries(
      resources
        .filter(({ custom, type }) => custom && !type.startsWith("pulumi:"))
        .map(({ name, dependencies }) => [name, dependencies.map(nameOf).sort()]),
    );
    assert.deepEqual(order, {
      "istio-namespace": [],
      "istio-base": ["istio-namespace"],
      "istio-istiod": ["istio-base"],
      "istio-cni": ["istio-istiod"],
      "istio-gateway-namespace": [],
      "istio-gateway": ["istio-cni", "istio-gateway-namespace", "istio-istiod"],
    });
    for (const name of Object.keys(order)) {
      assert.equal(nameOf(the(name).parent), "istio");
      assert.equal(nameOf(the(name).provider), "provider");
    }
    assert.equal(the("istio-namespace").options.deleteBeforeReplace, true);
    assert.deepEqual(the("istio-namespace").inputs.metadata, { name: "istio-system" });
    assert.deepEqual(the("istio-gateway-namespace").inputs.metadata, { name: "istio-ingress" });
  });

  it("declares small releases with the names that Istio's examples expect", async () => {
    const { the } = await istio();
    const small = { requests: { cpu: "10m", memory: "48Mi" } };
    assert.deepEqual(the("istio-base").inputs, {
      ...common,
      chart: "base",
      name: "istio-base",
      namespace: "istio-system",
      values: { defaultRevision: "default" },
    });
    assert.deepEqual(the("istio-istiod").inputs, {
      ...common,
      chart: "istiod",
      name: "istiod",
      namespace: "istio-system",
      values: {
        global: {
          defaultPodDisruptionBudget: { enabled: false },
          proxy: { resources: { ...small, limits: { cpu: "1", memory: "256Mi" } } },
        },
        cni: { enabled: true },
        autoscaleEnabled: false,
        resources: { requests: { cpu: "50m", memory: "192Mi" }, limits: { memory: "512Mi" } },
        meshConfig: {
          accessLogFile: "/dev/stdout",
          defaultConfig: { holdApplicationUntilProxyStarts: true },
        },
      },
    });
    assert.deepEqual(the("istio-cni").inputs, {
      ...common,
      chart: "cni",
      name: "istio-cni",
      namespace: "kube-system",
      values: { global: {}, resources: small },
    });
    assert.deepEqual(the("istio-gateway").inputs, {
      ...common,
      chart: "gateway",
      name: "istio-ingressgateway",
      namespace: "istio-ingress",
      values: {
        autoscaling: { enabled: false },
        service: {
          type: "NodePort",
          ports: [
            { name: "status-port", port: 15021, targetPort: 15021, protocol: "TCP" },
            { name: "http2", port: 80, targetPort: 80, protocol: "TCP" },
            { name: "https", port: 443, targetPort: 443, protocol: "TCP" },
          ],
        },
        resources: { ...small, limits: { cpu: "1", memory: "256Mi" } },
      },
    });
  });

  it("tells the charts the platform and the mirror; the gateway gets its image from istiod", () => {
    const { base, istiod, cni, gateway } = istioValues({
      platform: "minikube",
      mirror: { images: "registry.lan/m" },
    });
    const global = { platform: "minikube", hub: "registry.lan/m/istio" };
    assert.deepEqual(base.global, { platform: "minikube" });
    assert.deepEqual(cni.global, global);
    assert.deepEqual({ ...(istiod.global as object), ...global }, istiod.global);
    assert.equal("global" in gateway, false);
  });
});

describe("ExistingMesh", () => {
  it("declares what its rules are about, and no resource in the cluster", async () => {
    const { resources } = await collected(() => {
      new ExistingMesh("mesh", { namespace: "istio-system", trustDomain: "cluster.local" });
      return undefined;
    });
    assert.deepEqual(
      resources.map(({ type, inputs, custom }) => [type, inputs, custom]),
      [
        [
          "micromesh:mesh:Existing",
          { namespace: "istio-system", trustDomain: "cluster.local" },
          false,
        ],
      ],
    );
  });
});
