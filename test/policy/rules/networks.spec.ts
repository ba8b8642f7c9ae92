/** The rules on namespaces and network policies: isolated-namespaces, enforced-policies. */
import assert from "node:assert/strict";
import { UNKNOWN } from "../../../policy/plain.ts";
import type { SeenResource } from "../../../policy/rule.ts";
import { enforcedPolicies } from "../../../policy/rules/enforced-policies.ts";
import { isolatedNamespaces } from "../../../policy/rules/isolated-namespaces.ts";
import { found, object, seen } from "../seen.ts";

const namespace = object("v1", "Namespace", "a");
const policy = (spec: unknown, name = "a/isolate") =>
  object("networking.k8s.io/v1", "NetworkPolicy", name, { spec });
const cilium = (spec: unknown) =>
  object("cilium.io/v2", "CiliumNetworkPolicy", "a/isolate", { spec });
const workload = (name: string, more: object = {}) =>
  object("apps/v1", "Deployment", `a/${name}`, {
    spec: {
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name }], ...more },
      },
    },
  });
const release = (values: object = {}) =>
  seen("kubernetes:helm.sh/v3:Release", { chart: "cilium", version: "1.20.0", values });
const existing = (claims: Record<string, unknown>) => seen("micromesh:cni:Existing", claims);

describe("isolated-namespaces", () => {
  /** What is said of the namespace `a`, up to how to mend it. */
  const check = (...more: SeenResource[]) =>
    found(isolatedNamespaces, [namespace, ...more]).map((line) => line.split(";")[0]);
  const open = (which = "") => [
    `Namespace-a: namespace a lets pods of other namespaces in${which}`,
  ];
  const deny = { podSelector: {}, policyTypes: ["Ingress"] };

  it("finds a namespace without a policy, and one whose policies close nothing", () => {
    assert.deepEqual(check(), open());
    assert.deepEqual(check(workload("web")), open());
    assert.deepEqual(check(policy({ podSelector: {}, policyTypes: ["Egress"] })), open());
    assert.deepEqual(check(policy({ ...deny, ingress: [{}] })), open(), "opens all again");
    assert.deepEqual(
      check(policy({ ...deny, ingress: [{ from: [{ namespaceSelector: {} }] }] })),
      open(),
    );
    assert.deepEqual(check(policy(deny), policy({ ...deny, ingress: [{}] }, "a/more")), open());
    assert.deepEqual(check(policy(deny, "b/isolate")), open(), "in another namespace");
    assert.deepEqual(
      check(policy({ ...deny, podSelector: { matchLabels: { app: "web" } } })),
      open(),
    );
  });

  it("finds the pods that no policy selects", () => {
    const web = policy({ podSelector: { matchLabels: { app: "web" } } });
    assert.deepEqual(check(workload("web"), workload("db"), web), open(", to db"));
    assert.deepEqual(check(workload("web"), web), []);
  });

  it("lets by a namespace that is closed, but for whom a rule names and ports that it opens", () => {
    assert.deepEqual(check(policy(deny)), []);
    assert.deepEqual(check(policy({ podSelector: {} })), [], "Ingress is the default");
    const friends = { namespaceSelector: { matchLabels: { team: "a" } } };
    assert.deepEqual(
      check(policy({ ...deny, ingress: [{ from: [friends, { podSelector: {} }] }] })),
      [],
    );
    assert.deepEqual(check(policy({ ...deny, ingress: [{ ports: [{ port: 443 }] }] })), []);
    assert.deepEqual(check(workload("agent", { hostNetwork: true }), policy(deny)), []);
  });

  it("counts Cilium's policies where Cilium is", () => {
    const closed = cilium({ endpointSelector: {}, ingress: [{ fromEndpoints: [{}] }] });
    assert.deepEqual(check(closed), open());
    assert.deepEqual(check(closed, release()), []);
    assert.deepEqual(
      check(closed, existing({ enforcesNetworkPolicy: true, ciliumPolicies: true })),
      [],
    );
    const all = cilium({ endpointSelector: {}, ingress: [{ fromEntities: ["all"] }] });
    assert.deepEqual(check(all, release()), open());
    const everywhere = object("cilium.io/v2", "CiliumClusterwideNetworkPolicy", "deny", {
      spec: { endpointSelector: {}, ingress: [{}] },
    });
    assert.deepEqual(check(everywhere, release()), []);
  });

  it("finds namespaces that are only used, such as default, with the first workload there", () => {
    const used = (...more: SeenResource[]) =>
      found(isolatedNamespaces, more).map((line) => line.split(";")[0]);
    const [web, db] = [workload("web"), workload("db")];
    const wanted = "Deployment-web: namespace a lets pods of other namespaces in";
    assert.deepEqual(used(web, db), [wanted]);
    assert.deepEqual(used(web, policy({ podSelector: { matchLabels: { app: "db" } } })), [wanted]);
    assert.deepEqual(used(web, db, policy(deny)), []);
    const nowhere = { ...web, inputs: { ...web.inputs, metadata: { name: "web" } } };
    assert.deepEqual(used(nowhere), [
      "Deployment-web: namespace default lets pods of other namespaces in",
    ]);
    assert.deepEqual(used(nowhere, policy(deny, "default/isolate")), []);
    const unknown = {
      ...web,
      inputs: { ...web.inputs, metadata: { name: "web", namespace: UNKNOWN } },
    };
    assert.deepEqual(used(unknown), []);
    assert.deepEqual(used(object("v1", "ConfigMap", "kube-system/coredns")), []);
    assert.deepEqual(used(workload("agent", { hostNetwork: true })), []);
  });

  it("lets by the namespaces that are exempt, by their names", () => {
    const config = { exemptNamespaces: { a: "everybody asks it" } };
    assert.deepEqual(found(isolatedNamespaces, [namespace], config), []);
    const other = { exemptNamespaces: { b: "it's another one" } };
    assert.equal(found(isolatedNamespaces, [namespace], other).length, 1);
    const odd = object("v1", "Namespace", "constructor");
    assert.equal(found(isolatedNamespaces, [odd], other).length, 1);
    const unnamed = seen("kubernetes:core/v1:Namespace", { apiVersion: "v1", kind: "Namespace" });
    assert.match(found(isolatedNamespaces, [unnamed])[0] ?? "", /namespace it lets/);
  });

  it("doesn't take a policy for another namespace's where its own isn't known", () => {
    assert.deepEqual(check(policy(deny, `${UNKNOWN}/isolate`)), open());
  });
});

describe("enforced-policies", () => {
  const lines = (...resources: SeenResource[]) => found(enforcedPolicies, resources);
  const plain = policy({ podSelector: {} });
  const tiered = object("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy", "deny");
  const claims = { enforcesNetworkPolicy: true, ciliumPolicies: false };

  it("finds policies that nothing enforces", () => {
    const none = "nothing enforces it (cni: none: no policy is enforced)";
    assert.deepEqual(lines(plain, cilium({}), tiered), [
      `NetworkPolicy-isolate: ${none}; use cni.kind cilium, or existing with enforcesNetworkPolicy: true, or take the policy away`,
      `CiliumNetworkPolicy-isolate: ${none}; use cni.kind cilium, or existing with ciliumPolicies: true, or take the policy away`,
      `ClusterNetworkPolicy-deny: ${none}; use a CNI that has it, such as Cilium with k8sClusterNetworkPolicy.enabled, or take the policy away`,
    ]);
    assert.equal(lines(plain, existing({ enforcesNetworkPolicy: false })).length, 1);
    assert.equal(lines(plain, cilium({}), tiered, existing(claims)).length, 2);
    const never = release({ policyEnforcementMode: "never" });
    assert.match(lines(plain, never)[0] ?? "", /cni: cilium 1\.20\.0, enforcing nothing/);
    assert.equal(lines(tiered, release()).length, 1);
  });

  it("lets by policies that something enforces", () => {
    assert.deepEqual(lines(plain, existing(claims)), []);
    const both = existing({ ...claims, ciliumPolicies: true });
    assert.deepEqual(lines(plain, cilium({}), both), []);
    assert.deepEqual(lines(plain, cilium({}), release()), []);
    assert.deepEqual(lines(tiered, release({ k8sClusterNetworkPolicy: { enabled: true } })), []);
    assert.deepEqual(lines(object("v1", "Service", "a/web")), []);
  });
});
