import assert from "node:assert/strict";
import type { DeclaredResource } from "../../micromesh/resources/declared.ts";
import { declaredPlatform } from "../../micromesh/resources/platform.ts";
import { commonSettings } from "../../micromesh/resources/settings.ts";
import { declare, helm } from "./declaration.ts";

const platform = (...resources: Partial<DeclaredResource>[]) =>
  declaredPlatform(declare(...resources));
const existing = (area: string, inputs: object = {}): Partial<DeclaredResource> => ({
  type: `micromesh:${area}:Existing`,
  custom: false,
  inputs: { ...inputs },
});

describe("declaredPlatform", () => {
  it("enforces nothing, has no mesh and no ingress where nothing is declared", () => {
    assert.deepEqual(platform(), {
      settings: {
        ...commonSettings,
        networkPolicy: false,
        cilium: false,
        ipBlockMatchesPods: true,
        mesh: undefined,
      },
      customGroups: [],
      ingress: undefined,
      parts: { cni: "none: no policy is enforced", mesh: "none", ingress: "none" },
    });
  });

  describe("the network", () => {
    it("is Cilium's where its chart is declared", () => {
      const { settings, customGroups, parts } = platform(helm("cilium", { version: "1.20.0" }));
      assert.deepEqual(
        [settings.networkPolicy, settings.cilium, settings.ipBlockMatchesPods],
        [true, true, false],
      );
      assert.deepEqual(customGroups, ["cilium.io"]);
      assert.equal(parts.cni, "cilium 1.20.0");
    });

    it("enforces nothing under policyEnforcementMode: never", () => {
      const { settings, parts } = platform(
        helm("cilium", { values: { policyEnforcementMode: "never" }, version: "1.20.0" }),
      );
      assert.deepEqual([settings.networkPolicy, settings.cilium], [false, false]);
      assert.equal(parts.cni, "cilium 1.20.0, enforcing nothing");
    });

    it("enforces ClusterNetworkPolicy where Cilium is told to", () => {
      const on = { k8sClusterNetworkPolicy: { enabled: true } };
      assert.equal(platform(helm("cilium")).settings.clusterNetworkPolicy, false);
      assert.equal(platform(helm("cilium", { values: on })).settings.clusterNetworkPolicy, true);
      const never = { ...on, policyEnforcementMode: "never" };
      assert.equal(
        platform(helm("cilium", { values: never })).settings.clusterNetworkPolicy,
        false,
      );
    });

    it("leaves plain NetworkPolicies alone where Cilium is told to", () => {
      const { settings } = platform(
        helm("cilium", { values: { k8sNetworkPolicy: { enabled: false } } }),
      );
      assert.deepEqual([settings.networkPolicy, settings.cilium], [false, true]);
    });

    it("is what an existing one says that it can do", () => {
      const { settings, parts } = platform(existing("cni", { enforcesNetworkPolicy: true }));
      assert.deepEqual(
        [settings.networkPolicy, settings.cilium, settings.ipBlockMatchesPods],
        [true, false, true],
      );
      assert.equal(parts.cni, "existing");
    });

    it("follows Cilium's rules where an existing one takes its policies", () => {
      const { settings, customGroups } = platform(
        existing("cni", { enforcesNetworkPolicy: true, ciliumPolicies: true }),
      );
      assert.deepEqual([settings.cilium, settings.ipBlockMatchesPods], [true, false]);
      assert.deepEqual(customGroups, ["cilium.io"]);
    });

    it("says so where an existing one enforces nothing", () => {
      const { settings, parts } = platform(existing("cni", { enforcesNetworkPolicy: false }));
      assert.equal(settings.networkPolicy, false);
      assert.equal(parts.cni, "existing, enforcing no NetworkPolicy");
    });
  });

  describe("the mesh", () => {
    it("is rooted in istiod's namespace", () => {
      const { settings, customGroups, parts } = platform(
        helm("istiod", { namespace: "mesh", version: "1.30.2" }),
      );
      assert.deepEqual(settings.mesh, { rootNamespace: "mesh", trustDomain: "cluster.local" });
      assert.equal(parts.mesh, "istiod 1.30.2");
      assert.deepEqual(customGroups, [
        "networking.istio.io",
        "security.istio.io",
        "telemetry.istio.io",
      ]);
    });

    it("has the trust domain of istiod's values", () => {
      const { settings } = platform(
        helm("istiod", { values: { meshConfig: { trustDomain: "example.com" } } }),
      );
      assert.equal(settings.mesh?.trustDomain, "example.com");
    });

    it("isn't there with Istio's CRDs alone", () => {
      assert.equal(platform(helm("base")).settings.mesh, undefined);
    });

    it("is an existing one by its own namespace and trust domain", () => {
      const { settings, parts } = platform(
        existing("mesh", { namespace: "m", trustDomain: "example.com" }),
      );
      assert.deepEqual(settings.mesh, { rootNamespace: "m", trustDomain: "example.com" });
      assert.equal(parts.mesh, "existing");
    });

    it("has Istio's defaults where an existing one says nothing", () => {
      assert.deepEqual(platform(existing("mesh")).settings.mesh, {
        rootNamespace: "istio-system",
        trustDomain: "cluster.local",
      });
    });
  });

  describe("the ingress controller", () => {
    it("is Traefik's release, with the class of its values", () => {
      const { ingress, customGroups, parts } = platform(
        helm("traefik", {
          name: "traefik",
          namespace: "a-ingress",
          version: "40.0.0",
          values: { ingressClass: { name: "edge", isDefaultClass: false } },
        }),
      );
      assert.deepEqual(ingress, {
        namespace: "a-ingress",
        name: "traefik",
        className: "edge",
        isDefaultClass: false,
      });
      assert.deepEqual(customGroups, ["traefik.io"]);
      assert.equal(parts.ingress, "traefik 40.0.0");
    });

    it("has the chart's defaults: a default class by the release's name", () => {
      const { ingress } = platform(helm("traefik", { name: "traefik" }));
      assert.deepEqual(ingress, {
        namespace: "default",
        name: "traefik",
        className: "traefik",
        isDefaultClass: true,
      });
    });

    it("is an existing one by its class and workload", () => {
      const { ingress, parts } = platform(
        existing("ingress", {
          className: "nginx",
          workload: { namespace: "edge", workload: "controller" },
          service: { namespace: "other", name: "svc", port: 80 },
        }),
      );
      assert.deepEqual(ingress, {
        namespace: "edge",
        name: "controller",
        className: "nginx",
        isDefaultClass: false,
      });
      assert.equal(parts.ingress, "existing");
    });

    it("is an existing one by its Service where no workload is named", () => {
      const { ingress } = platform(
        existing("ingress", {
          className: "nginx",
          service: { namespace: "edge", name: "svc", port: 80 },
        }),
      );
      assert.deepEqual([ingress?.namespace, ingress?.name], ["edge", "svc"]);
    });
  });

  describe("a chart", () => {
    for (const [how, chart] of [
      ["OCI reference", "oci://registry.lan:5000/charts/cilium"],
      ["path", "./charts/cilium"],
      ["repository alias", "cilium/cilium"],
    ] as const) {
      it(`is known by ${how}`, () => {
        const { settings, parts } = platform(helm(chart, { version: "1.20.0" }));
        assert.equal(settings.cilium, true);
        assert.equal(parts.cni, "cilium 1.20.0");
      });
    }

    it("is known as Helm v4 Chart too", () => {
      const chart = { ...helm("cilium"), type: "kubernetes:helm.sh/v4:Chart" };
      assert.equal(platform(chart).settings.cilium, true);
    });

    it("isn't known by a part of its name", () => {
      assert.equal(platform(helm("cilium-tetragon")).settings.cilium, false);
      assert.equal(platform(helm("oci://quay.io/cilium/tetragon")).settings.cilium, false);
    });
  });
});
