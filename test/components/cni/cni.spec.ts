import assert from "node:assert/strict";
import { Cilium } from "../../../components/cni/cilium.ts";
import { ciliumValues } from "../../../components/cni/cilium-values.ts";
import { ExistingCni, validateExistingCni } from "../../../components/cni/existing.ts";
import { collected } from "../../stacks/collected.ts";

describe("Cilium", () => {
  it("declares one release, of its chart's fixed name, that lives with Istio on one node", async () => {
    const { resources, the, nameOf } = await collected((provider) => {
      new Cilium("cilium", { hubble: { ui: false } }, { provider: provider() });
      return undefined;
    });
    assert.deepEqual(resources.map(({ name }) => name).sort(), [
      "cilium",
      "cilium-release",
      "provider",
    ]);
    assert.equal(the("cilium").type, "micromesh:cni:Cilium");
    const { inputs, parent, provider, options } = the("cilium-release");
    assert.equal(nameOf(parent), "cilium");
    assert.equal(nameOf(provider), "provider");
    assert.equal(options.deleteBeforeReplace, false);
    assert.deepEqual(inputs, {
      compat: "true",
      chart: "cilium",
      version: "1.20.0",
      repositoryOpts: { repo: "https://helm.cilium.io" },
      name: "cilium",
      namespace: "kube-system",
      timeout: 600,
      values: {
        ipam: { mode: "kubernetes" },
        cni: { exclusive: false },
        socketLB: { hostNamespaceOnly: true },
        rollOutCiliumPods: true,
        resources: { requests: { cpu: "100m", memory: "192Mi" } },
        envoy: { enabled: false },
        operator: {
          replicas: 1,
          rollOutPods: true,
          resources: { requests: { cpu: "10m", memory: "48Mi" } },
        },
        hubble: {
          enabled: true,
          relay: {
            enabled: true,
            rollOutPods: true,
            resources: { requests: { cpu: "10m", memory: "24Mi" } },
          },
          ui: { enabled: false },
        },
      },
    });
  });

  it("does kube-proxy's work where nobody does, by the API's address on every node", () => {
    const hubble = { ui: false };
    const beside = ciliumValues({ hubble });
    const alone = ciliumValues({
      hubble,
      withoutKubeProxy: { apiHost: "127.0.0.1", apiPort: 6444 },
    });
    assert.deepEqual(alone, {
      ...beside,
      // Text: the chart compares it with "true".
      kubeProxyReplacement: "true",
      k8sServiceHost: "127.0.0.1",
      k8sServicePort: 6444,
      nodeIPAM: { enabled: true },
      defaultLBServiceIPAM: "nodeipam",
    });
  });

  it("adds Hubble's page when asked", () => {
    const small = { resources: { requests: { cpu: "5m", memory: "24Mi" } } };
    assert.deepEqual((ciliumValues({ hubble: { ui: true } }).hubble as { ui: unknown }).ui, {
      enabled: true,
      rollOutPods: true,
      frontend: small,
      backend: small,
    });
  });

  it("pulls every image from the mirror", () => {
    const text = JSON.stringify(
      ciliumValues({ hubble: { ui: true }, mirror: { images: "registry.lan/m" } }),
    );
    assert.deepEqual([...text.matchAll(/"repository":"([^"]+)"/g)].map(([, name]) => name).sort(), [
      "registry.lan/m/cilium/cilium",
      "registry.lan/m/cilium/hubble-relay",
      "registry.lan/m/cilium/hubble-ui",
      "registry.lan/m/cilium/hubble-ui-backend",
      "registry.lan/m/cilium/operator",
    ]);
  });
});

describe("ExistingCni", () => {
  it("declares what it can do, and no resource in the cluster", async () => {
    const { resources } = await collected(() => {
      new ExistingCni("cni", { enforcesNetworkPolicy: true, ciliumPolicies: false });
      return undefined;
    });
    assert.deepEqual(
      resources.map(({ type, inputs, custom }) => [type, inputs, custom]),
      [["micromesh:cni:Existing", { enforcesNetworkPolicy: true, ciliumPolicies: false }, false]],
    );
  });

  it("refuses claims that contradict each other", () => {
    assert.throws(
      () => validateExistingCni({ enforcesNetworkPolicy: false, ciliumPolicies: true }),
      {
        message:
          "An existing CNI with ciliumPolicies is Cilium, which enforces NetworkPolicy too: " +
          "set enforcesNetworkPolicy to true.",
      },
    );
  });
});
