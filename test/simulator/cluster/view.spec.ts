import assert from "node:assert/strict";
import { buildView } from "../../../micromesh/simulator/cluster/view.ts";
import { BARE, object, podStatus, service } from "./objects.ts";

const build = (input: Partial<Parameters<typeof buildView>[0]> = {}) =>
  buildView({ objects: [], pods: [], platform: BARE, clusterIp: () => "10.96.1.1", ...input });

describe("buildView", () => {
  it("gives the same text for the same input", () => {
    const input = {
      objects: [service("web", { selector: { app: "web" }, ports: [{ port: 80 }] })],
      pods: [podStatus("a")],
    };
    assert.equal(JSON.stringify(build(input)), JSON.stringify(build(structuredClone(input))));
  });

  it("has the declared namespaces beside the cluster's own, each with its name for a label", () => {
    const { namespaces } = build({
      objects: [
        {
          apiVersion: "v1",
          kind: "Namespace",
          metadata: { name: "lab", labels: { "istio-injection": "enabled" } },
        },
      ],
    });
    assert.deepEqual(
      namespaces.map((n) => n.name),
      ["default", "kube-system", "kube-public", "kube-node-lease", "lab"],
    );
    assert.deepEqual(namespaces.at(-1)?.labels, {
      "istio-injection": "enabled",
      "kubernetes.io/metadata.name": "lab",
    });
  });

  it("has a declared built-in namespace once, with its labels", () => {
    const labels = { team: "a" };
    const { namespaces } = build({
      objects: [{ apiVersion: "v1", kind: "Namespace", metadata: { name: "default", labels } }],
    });
    assert.equal(namespaces.length, 4);
    assert.equal(namespaces[0]?.labels.team, "a");
  });

  it("has policies of every kind, and nothing else among them", () => {
    const objects = [
      object("networking.k8s.io/v1", "NetworkPolicy", "a"),
      object("cilium.io/v2", "CiliumNetworkPolicy", "b"),
      object("cilium.io/v2", "CiliumClusterwideNetworkPolicy", "c"),
      object("cilium.io/v2", "CiliumCIDRGroup", "c-group"),
      object("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy", "c-tier"),
      object("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy", "c-admin"),
      object("policy.networking.k8s.io/v1alpha1", "BaselineAdminNetworkPolicy", "c-baseline"),
      object("security.istio.io/v1", "AuthorizationPolicy", "d"),
      object("security.istio.io/v1", "PeerAuthentication", "e"),
      object("example.com/v1", "NetworkPolicy", "f"),
      object("v1", "ConfigMap", "g"),
    ];
    const names = build({ objects }).policies.map((o) => o.metadata.name);
    assert.deepEqual(names, [
      "a",
      "b",
      "c",
      "c-group",
      "c-tier",
      "c-admin",
      "c-baseline",
      "d",
      "e",
    ]);
  });

  it("has Kubernetes' Services, by the address given to namespace and name", () => {
    const { services } = build({
      objects: [service("web", {}), object("serving.knative.dev/v1", "Service", "other")],
      clusterIp: (name) => `address of ${name}`,
    });
    assert.deepEqual(
      services.map((s) => s.clusterIp),
      ["address of lab/web"],
    );
  });

  it("has of Services what rules that name them ask", () => {
    const labels = { tier: "front" };
    const selector = { app: "web" };
    const web = {
      ...service("web", { selector }),
      metadata: { namespace: "lab", name: "web", labels },
    };
    const endpoints = object("v1", "Endpoints", "old", {
      subsets: [{ addresses: [{ ip: "203.0.113.7" }] }],
    });
    const { services } = build({ objects: [web, service("old", {}), endpoints] });
    assert.deepEqual(
      services.map((s) => [s.namespace, s.name, s.labels, s.selector, s.endpoints]),
      [
        ["lab", "web", labels, selector, undefined],
        ["lab", "old", {}, undefined, ["203.0.113.7"]],
      ],
    );
  });

  it("has a terminating pod for as long as it has a process", () => {
    const container = { name: "c", image: "node", ready: false, restarts: 0 };
    const pods = [
      podStatus("going", { terminating: true, containers: [{ ...container, pid: 1 }] }),
      podStatus("gone", { terminating: true, containers: [container] }),
      podStatus("starting"),
    ];
    assert.deepEqual(
      build({ pods }).pods.map((p) => p.name),
      ["going", "starting"],
    );
  });

  it("tells of pods nothing that policies and routes don't need", () => {
    const [pod] = build({ pods: [podStatus("a")] }).pods;
    assert.ok(pod && !("containers" in pod) && !("phase" in pod));
  });

  it("has Ingresses apart", () => {
    const { ingresses } = build({ objects: [object("networking.k8s.io/v1", "Ingress", "i")] });
    assert.deepEqual(
      ingresses.map((o) => o.metadata.name),
      ["i"],
    );
  });
});
