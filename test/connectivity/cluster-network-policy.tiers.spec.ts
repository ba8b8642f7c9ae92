/** What tiers, priorities and actions of ClusterNetworkPolicy and its elders mean, and the reasons given. */
import assert from "node:assert/strict";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { client, node, web } from "./cast.ts";
import {
  adminForms,
  adminPolicy,
  all,
  baselineAdminPolicy,
  baselineForms,
  baselinePolicy,
  clusterPolicy,
  forms,
  from,
  into,
  nodesOnly,
  noPods,
  of,
  open,
  outOf,
  to,
} from "./tiered.ts";
import { allowed, connect, kubernetes, lines, networkPolicy, world } from "./world.ts";

const isolate = networkPolicy("a/isolate", { podSelector: {}, policyTypes: ["Ingress"] });
const letIn = networkPolicy("a/let-in", { podSelector: {}, ingress: [{}] });
const passThenDeny = { ingress: [...from("Pass").ingress, ...from("Deny").ingress] };

for (const { title, accept, policy } of adminForms) {
  describe(title, () => {
    it("comes before NetworkPolicies, and its word is final", () => {
      assert.deepEqual(into(policy(from("Deny")), letIn), noPods);
      assert.deepEqual(into(policy(from(accept)), isolate), [true, true, true, false, true]);
    });
    it("decides nothing by Pass, and skips the rest of the tier by it", () => {
      const pass = policy({ priority: 1, ...from("Pass") }, "pass");
      const deny = policy({ priority: 2, ...from("Deny") }, "deny");
      assert.deepEqual(into(pass, deny), open);
      assert.deepEqual(into(pass, deny, isolate), nodesOnly);
      assert.deepEqual(into(policy(passThenDeny)), open);
    });
  });
}

for (const { title, accept, policy } of baselineForms) {
  describe(title, () => {
    it("comes after NetworkPolicies, whose word is final for the pods they select", () => {
      assert.deepEqual(into(policy(from("Deny"))), noPods);
      assert.deepEqual(into(policy(from("Deny")), letIn), open);
      assert.deepEqual(into(policy(from(accept)), isolate), nodesOnly);
    });
    it("comes after NetworkPolicies of the same direction only", () => {
      const egressOnly = networkPolicy("a/out", { podSelector: {}, policyTypes: ["Egress"] });
      assert.deepEqual(into(policy(from("Deny")), egressOnly), noPods);
    });
  });
}

for (const { title, accept, policy } of forms) {
  describe(title, () => {
    it("isolates nobody: what no rule matches is left alone", () => {
      const peers = [{ namespaces: { matchLabels: { team: "team-a" } } }];
      assert.deepEqual(into(policy(from(accept, peers))), open);
      assert.deepEqual(into(policy({})), open);
    });
    it("judges both ends: what lets egress pass leaves the ingress to its rules", () => {
      const isolated = networkPolicy("b/isolate", { podSelector: {} });
      assert.deepEqual(outOf(policy(to(accept)), isolated), [true, false, true, true, true]);
    });
    it("leaves a pod's traffic to itself alone", () => {
      assert.equal(allowed(of(policy({ ...from("Deny"), ...to("Deny") })), web, web), true);
    });
    it("lets the pod's own node in: no source can name it", () => {
      const everybody = [{ namespaces: {} }, { pods: { namespaceSelector: {}, podSelector: {} } }];
      const deny = policy(from("Deny", everybody));
      assert.equal(allowed(of(deny), node, web), true);
      assert.equal(allowed(of(deny, isolate), node, web), true);
    });
  });
}

describe("the Baseline tier", () => {
  it("leaves the rest to the default by Pass", () => {
    assert.deepEqual(into(baselinePolicy("p", passThenDeny)), open);
  });
});

describe("priorities", () => {
  const deny = (name: string, priority: number) =>
    clusterPolicy(name, { priority, ...from("Deny") });
  const accept = (name: string, priority: number) =>
    clusterPolicy(name, { priority, ...from("Accept") });

  it("are asked from the lowest", () => {
    assert.equal(allowed(of(deny("x", 5), accept("y", 4)), client, web), true);
    assert.equal(allowed(of(deny("x", 5), accept("y", 6)), client, web), false);
    assert.equal(allowed(of(deny("x", 0), accept("y", 1000)), client, web), false);
    assert.equal(allowed(of(deny("x", 10), accept("y", 9)), client, web), true, "as numbers");
  });
  it("pass over policies that don't select the pod", () => {
    const subject = { namespaces: { matchLabels: { team: "team-b" } } };
    const first = clusterPolicy("first", { priority: 1, subject, ...from("Deny") });
    assert.equal(allowed(of(first, accept("y", 2)), client, web), true);
  });
  it("order AdminNetworkPolicies and ClusterNetworkPolicies of the Admin tier together", () => {
    const elder = adminPolicy("elder", { priority: 5, ...from("Allow") });
    assert.equal(allowed(of(deny("x", 4), elder), client, web), false);
    assert.equal(allowed(of(deny("x", 6), elder), client, web), true);
  });
  it("put the BaselineAdminNetworkPolicy after all others of its tier", () => {
    const last = baselinePolicy("p", { priority: 1000, ...from("Accept") });
    assert.equal(allowed(of(baselineAdminPolicy(from("Deny")), last), client, web), true);
  });
  it("that are equal go by name, and the reason says that this is left open", () => {
    for (const policies of [
      [deny("b", 7), accept("a", 7)],
      [accept("a", 7), deny("b", 7)],
    ]) {
      const decision = connect(of(...policies), client, web, 80);
      assert.equal(decision.allowed, true);
      assert.ok(
        lines(decision).includes(
          "ClusterNetworkPolicy a spec.ingress[0].from[0]: allows TCP 80 from a/client, before any NetworkPolicy is asked; ClusterNetworkPolicy b of the same priority denies it, and which of the two counts is left open",
        ),
        lines(decision).join("\n"),
      );
    }
    const agreeing = connect(of(accept("a", 7), accept("b", 7)), client, web, 80);
    assert.doesNotMatch(lines(agreeing).join(), /left open/);
    const apart = connect(of(accept("a", 7), deny("b", 8)), client, web, 80);
    assert.doesNotMatch(lines(apart).join(), /left open/);
  });
});

describe("reasons", () => {
  const named = (action: string) => from(action, [all], { name: "from pods" });
  const said = (...policies: KubernetesObject[]) =>
    lines(connect(of(...policies), client, web, 80));

  it("name the rule, its place and the tier's position", () => {
    assert.deepEqual(said(clusterPolicy("p", named("Deny"))), [
      'ClusterNetworkPolicy p spec.ingress[0] "from pods".from[0]: denies TCP 80 from a/client, before any NetworkPolicy is asked',
    ]);
    assert.deepEqual(said(baselineAdminPolicy(from("Deny"))), [
      "BaselineAdminNetworkPolicy default spec.ingress[0].from[0]: denies TCP 80 from a/client, as no NetworkPolicy isolates a/web for ingress",
    ]);
    assert.deepEqual(said(adminPolicy("p", to("Allow"))), [
      "AdminNetworkPolicy p spec.egress[0].to[0]: allows TCP 80 to a/web, before any NetworkPolicy is asked",
      "no enforced policy isolates a/web for ingress",
    ]);
  });
  it("name what passed the decision on", () => {
    const isolate = networkPolicy("a/isolate", { podSelector: { matchLabels: { app: "web" } } });
    assert.deepEqual(said(clusterPolicy("p", from("Pass")), isolate), [
      "ClusterNetworkPolicy p spec.ingress[0].from[0]: passes this connection on to the pods' own policies",
      "NetworkPolicy a/isolate: isolates a/web for ingress and allows nothing",
    ]);
    assert.deepEqual(said(baselinePolicy("p", from("Pass"))), [
      "no enforced policy isolates a/client for egress",
      "ClusterNetworkPolicy p spec.ingress[0].from[0]: passes this connection on to the default, which allows it",
    ]);
  });
  it("name policies that nothing enforces", () => {
    const policies = [clusterPolicy("p", from("Deny")), adminPolicy("q", to("Deny"))];
    const decision = connect(world(kubernetes, ...policies), client, web, 80);
    assert.equal(decision.allowed, true);
    assert.deepEqual(lines(decision), [
      "AdminNetworkPolicy q: selects a/client for egress, yet nothing in this cluster enforces AdminNetworkPolicies",
      "no enforced policy isolates a/client for egress",
      "ClusterNetworkPolicy p: selects a/web for ingress, yet nothing in this cluster enforces ClusterNetworkPolicies",
      "no enforced policy isolates a/web for ingress",
    ]);
  });
});
