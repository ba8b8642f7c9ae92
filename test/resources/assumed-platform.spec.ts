import assert from "node:assert/strict";
import { assumedPlatform, networkConfig } from "../../micromesh/resources/assumed-platform.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { UsageError } from "../../micromesh/resources/usage-error.ts";

const object = (
  apiVersion: string,
  kind: string,
  labels?: Record<string, string>,
  spec?: object,
): KubernetesObject => ({ apiVersion, kind, metadata: { name: "any", labels }, spec });
const networkPolicy = object("networking.k8s.io/v1", "NetworkPolicy");
const ciliumPolicy = object("cilium.io/v2", "CiliumNetworkPolicy");
const istioMesh = { rootNamespace: "istio-system", trustDomain: "cluster.local" };

describe("the platform that a folder of manifests is assumed to stand on", () => {
  const settingsOf = (objects: KubernetesObject[], config: string[] = []) =>
    assumedPlatform(objects, config).settings;

  it("enforces NetworkPolicies, and nothing else, where nothing else is there", () => {
    for (const objects of [[], [networkPolicy]]) {
      assert.deepEqual(assumedPlatform(objects, []), {
        settings: {
          networkPolicy: true,
          cilium: false,
          clusterNetworkPolicy: false,
          ipBlockMatchesPods: false,
          selfTraffic: "allowed",
          hostNetworkPods: "node",
          podNetworks: ["10.244.0.0/16"],
          mesh: undefined,
        },
        customGroups: [],
        parts: { cni: "kubernetes (assumed)", mesh: "none (assumed)", ingress: "none" },
      });
    }
  });

  it("enforces every other kind of policy that is there", () => {
    assert.equal(settingsOf([ciliumPolicy]).cilium, true);
    assert.equal(settingsOf([object("cilium.io/v2alpha1", "CiliumCIDRGroup")]).cilium, true);
    for (const kind of ["ClusterNetworkPolicy", "AdminNetworkPolicy"]) {
      const policy = object("policy.networking.k8s.io/v1alpha2", kind);
      assert.equal(settingsOf([policy]).clusterNetworkPolicy, true);
    }
  });

  describe("has Istio where", () => {
    const signs: Record<string, KubernetesObject> = {
      "a policy of it is there": object("security.istio.io/v1", "AuthorizationPolicy"),
      "a route of it is": object("networking.istio.io/v1", "VirtualService"),
      "a namespace injects": object("v1", "Namespace", { "istio-injection": "enabled" }),
      "a namespace has a revision": object("v1", "Namespace", { "istio.io/rev": "stable" }),
      "a pod asks for a sidecar": object("v1", "Pod", { "sidecar.istio.io/inject": "true" }),
      "pods of a Deployment do": object("apps/v1", "Deployment", undefined, {
        template: { metadata: { labels: { "sidecar.istio.io/inject": "true" } } },
      }),
      "pods of a CronJob do": object("batch/v1", "CronJob", undefined, {
        jobTemplate: {
          spec: { template: { metadata: { labels: { "istio.io/rev": "stable" } } } },
        },
      }),
    };
    for (const [sign, one] of Object.entries(signs)) {
      it(sign, () => assert.deepEqual(settingsOf([networkPolicy, one]).mesh, istioMesh));
    }

    it("and nowhere else", () => {
      const off = [
        object("v1", "Namespace", { "istio-injection": "disabled" }),
        object("v1", "Pod", { "sidecar.istio.io/inject": "false" }),
        object("gateway.networking.k8s.io/v1", "HTTPRoute"),
      ];
      assert.equal(settingsOf(off).mesh, undefined);
    });
  });

  describe("is what --config says", () => {
    it("of its parts, without calling that an assumption", () => {
      const istio = object("v1", "Namespace", { "istio-injection": "enabled" });
      const none = assumedPlatform([ciliumPolicy, istio], ["cni.kind=none", "mesh.kind=none"]);
      assert.deepEqual(none.parts, { cni: "none", mesh: "none", ingress: "none" });
      const { networkPolicy, cilium, clusterNetworkPolicy, mesh } = none.settings;
      assert.deepEqual(
        [networkPolicy, cilium, clusterNetworkPolicy, mesh],
        [false, false, false, undefined],
      );
      assert.equal(settingsOf([], ["cni.kind=cilium"]).cilium, true);
      assert.equal(settingsOf([ciliumPolicy], ["cni.kind=kubernetes"]).cilium, false);
      assert.deepEqual(settingsOf([], ["mesh.kind=istio"]).mesh, istioMesh);
    });

    it("of the network, over what the parts would bring; the last one counts", () => {
      const config = [
        "network.networkPolicy=false",
        "network.clusterNetworkPolicy=true",
        "network.ipBlockMatchesPods=false",
        "network.ipBlockMatchesPods=true",
        "network.selfTraffic=judged",
        "network.hostNetworkPods=pod",
        "network.podNetworks=10.0.0.0/8, fd00::/48",
      ];
      assert.deepEqual(settingsOf([], config), {
        networkPolicy: false,
        cilium: false,
        clusterNetworkPolicy: true,
        ipBlockMatchesPods: true,
        selfTraffic: "judged",
        hostNetworkPods: "pod",
        podNetworks: ["10.0.0.0/8", "fd00::/48"],
        mesh: undefined,
      });
    });

    it("and the rest is left to a stack", () => {
      assert.deepEqual(networkConfig(["cni.kind=none", "network.selfTraffic=judged", "labs={}"]), {
        network: { selfTraffic: "judged" },
        rest: ["cni.kind=none", "labs={}"],
      });
    });
  });

  describe("refuses, in one clear line,", () => {
    const refused: [setting: string, told: string][] = [
      ["cni.kind=calico", "cni.kind is kubernetes or cilium or none"],
      ["cni.kind", "cni.kind is kubernetes or cilium or none"],
      ["mesh.kind=", "mesh.kind is istio or none"],
      ["cni.kidn=none", "did you mean cni.kind?"],
      ["ingress.kind=none", "what can be set here is cni.kind, mesh.kind, network.NAME"],
      ["constructor=x", "what can be set here is cni.kind, mesh.kind, network.NAME"],
      ["network.selfTraffic=denied", "network.selfTraffic is allowed or judged"],
      ["network.selfTraffic=constructor", "network.selfTraffic is allowed or judged"],
      ["network.networkPolicy=yes", "network.networkPolicy is true or false"],
      ["network.networkPolicy", "network.networkPolicy is true or false"],
      ["network.selftraffic=judged", "did you mean network.selfTraffic?"],
      [
        "network.podNetworks=10.0.0.0",
        "network.podNetworks is blocks such as 10.244.0.0/16, with commas between them",
      ],
      [
        "network.podNetworks=10.0.0.0/8,",
        "network.podNetworks is blocks such as 10.244.0.0/16, with commas between them",
      ],
      [
        "network.toString=x",
        "what can be set here is network.ipBlockMatchesPods, network.networkPolicy, network.clusterNetworkPolicy, network.selfTraffic, network.hostNetworkPods, network.podNetworks",
      ],
    ];
    for (const [setting, told] of refused) {
      it(setting, () => {
        assert.throws(
          () => assumedPlatform([], [setting]),
          (error: Error) => {
            assert.ok(error instanceof UsageError);
            assert.equal(error.message, `--config ${setting}: ${told}`);
            return true;
          },
        );
      });
    }
  });
});
