import assert from "node:assert/strict";
import { groupKind, kubernetesObjects, objectKey } from "../../micromesh/resources/kubernetes.ts";
import { declare, helm, kubernetes } from "./declaration.ts";

const one = (...args: Parameters<typeof kubernetes>) => {
  const [object] = kubernetesObjects(declare(kubernetes(...args)));
  assert.ok(object);
  return object;
};

describe("kubernetesObjects", () => {
  it("takes Kubernetes objects only: no components, providers or releases", () => {
    const objects = kubernetesObjects(
      declare(
        kubernetes("v1", "Service", { name: "s" }),
        { type: "micromesh:cni:Existing", custom: false, inputs: { apiVersion: "v1", kind: "X" } },
        { type: "pulumi:providers:kubernetes", inputs: { kubeconfig: "" } },
        { type: "kubernetes:yaml/v2:ConfigGroup", custom: false, inputs: {} },
        { type: "command:local:Command", inputs: { apiVersion: "v1", kind: "Service" } },
        helm("cilium"),
      ),
    );
    assert.deepEqual(
      objects.map((o) => o.kind),
      ["Service"],
    );
  });

  it("is in the order of the objects' keys, whatever the order of declaration", () => {
    const resources = [
      kubernetes("apps/v1", "Deployment", { name: "a", namespace: "z" }),
      kubernetes("v1", "Service", { name: "b" }),
      kubernetes("v1", "Namespace", { name: "c" }),
      kubernetes("apps/v1", "Deployment", { name: "b", namespace: "a" }),
    ];
    const keys = (list: typeof resources) => kubernetesObjects(declare(...list)).map(objectKey);
    assert.deepEqual(keys(resources), [
      "Namespace c",
      "Service default/b",
      "apps/Deployment a/b",
      "apps/Deployment z/a",
    ]);
    assert.deepEqual(keys(resources.toReversed()), keys(resources));
  });

  it("puts what names no namespace into default", () => {
    assert.equal(one("v1", "Service", { name: "s" }).metadata.namespace, "default");
  });

  it("gives cluster-scoped kinds no namespace, even a declared one", () => {
    for (const [apiVersion, kind] of [
      ["v1", "Namespace"],
      ["rbac.authorization.k8s.io/v1", "ClusterRole"],
      ["cilium.io/v2", "CiliumClusterwideNetworkPolicy"],
    ] as const) {
      const { metadata } = one(apiVersion, kind, { name: "a" });
      assert.equal("namespace" in metadata, false, kind);
    }
  });

  it("names what the program leaves unnamed by the resource", () => {
    assert.equal(one("v1", "ConfigMap", undefined, {}, "settings").metadata.name, "settings");
  });

  it("drops the annotations that speak to Pulumi, and keeps the others", () => {
    const { metadata } = one("v1", "Service", {
      name: "s",
      annotations: { "pulumi.com/skipAwait": "true", "example.com/pulumi.com": "kept" },
    });
    assert.deepEqual(metadata.annotations, { "example.com/pulumi.com": "kept" });
  });

  it("leaves no empty annotations where all were Pulumi's", () => {
    const { metadata } = one("v1", "Service", {
      name: "s",
      annotations: { "pulumi.com/patchForce": "true" },
    });
    assert.equal(metadata.annotations, undefined);
  });

  it("keeps labels and everything beside the metadata", () => {
    const object = one(
      "v1",
      "Secret",
      { name: "s", labels: { a: "b" } },
      { stringData: { k: "v" } },
    );
    assert.deepEqual(object.metadata.labels, { a: "b" });
    assert.deepEqual(object.stringData, { k: "v" });
  });
});

describe("objectKey and groupKind", () => {
  it("name the group without its version", () => {
    const policy = one("networking.k8s.io/v1", "NetworkPolicy", { name: "p", namespace: "n" });
    assert.equal(groupKind(policy), "networking.k8s.io/NetworkPolicy");
    assert.equal(objectKey(policy), "networking.k8s.io/NetworkPolicy n/p");
  });

  it("name kinds of the core group alone", () => {
    assert.equal(groupKind(one("v1", "Service", { name: "s" })), "Service");
  });

  it("name cluster-scoped objects without namespace", () => {
    assert.equal(objectKey(one("v1", "Namespace", { name: "n" })), "Namespace n");
  });
});
