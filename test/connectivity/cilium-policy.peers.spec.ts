/** Whom the peers of Cilium's policies mean. */
import assert from "node:assert/strict";
import { agent, client, web } from "./cast.ts";
import { byLabel, into, of, outOf } from "./cilium-world.ts";
import { allowed, ciliumPolicy, connect, lines, pod } from "./world.ts";

describe("the peers of Cilium's policies", () => {
  describe("fromEndpoints", () => {
    const from = (...fromEndpoints: object[]) => into({ ingress: [{ fromEndpoints }] });
    it("without a namespace means the policy's own", () => {
      assert.deepEqual(from(byLabel("app=client")), [true, false, false, true]);
      assert.deepEqual(from({}), [true, false, false, true]);
    });
    it("takes k8s:, any: and no prefix for the same", () => {
      for (const key of ["app", "k8s:app", "any:app"]) {
        assert.deepEqual(from(byLabel(`${key}=client`)), [true, false, false, true], key);
      }
      assert.deepEqual(from(byLabel("container:app=client")), [false, false, false, true]);
    });
    it("reaches other namespaces by name, by existence, by their labels", () => {
      const key = "k8s:io.kubernetes.pod.namespace";
      assert.deepEqual(from(byLabel(`${key}=b`, "app=client")), [false, true, false, true]);
      assert.deepEqual(from(byLabel("io.kubernetes.pod.namespace=b")), [false, true, false, true]);
      assert.deepEqual(from({ matchExpressions: [{ key, operator: "Exists" }] }), [
        true,
        true,
        false,
        true,
      ]);
      const labels = "k8s:io.cilium.k8s.namespace.labels";
      assert.deepEqual(from(byLabel(`${labels}.team=team-b`)), [false, true, false, true]);
      assert.deepEqual(from(byLabel(`${labels}.kubernetes.io/metadata.name=b`)), [
        false,
        true,
        false,
        true,
      ]);
    });
    it("knows service accounts and the cluster", () => {
      assert.deepEqual(from(byLabel("io.cilium.k8s.policy.serviceaccount=client")), [
        true,
        false,
        false,
        true,
      ]);
      assert.deepEqual(from(byLabel("io.cilium.k8s.policy.cluster=default")), [
        true,
        false,
        false,
        true,
      ]);
      assert.deepEqual(from(byLabel("io.cilium.k8s.policy.cluster=other")), [
        false,
        false,
        false,
        true,
      ]);
    });
    it("takes reserved labels as they are", () => {
      assert.deepEqual(from(byLabel("reserved:world=")), [false, false, true, true]);
    });
    it("selects nobody by an empty list", () => {
      assert.deepEqual(from(), [false, false, false, true]);
      const toPorts = [{ ports: [{ port: "80" }] }];
      assert.deepEqual(into({ ingress: [{ fromEndpoints: [], toPorts }] }), [
        false,
        false,
        false,
        true,
      ]);
    });
    it("doesn't see labels that identities don't carry", () => {
      const hashed = pod("a/hashed", { "pod-template-hash": "1" });
      const ingress = [{ fromEndpoints: [byLabel("pod-template-hash=1")] }];
      const under = of(ciliumPolicy("a/p", { endpointSelector: {}, ingress }));
      assert.equal(allowed(under, hashed, web), false);
    });
  });

  describe("entities", () => {
    const cases: [entity: string, from: boolean[], to: boolean[]][] = [
      ["world", [false, false, true, true], [false, false, true, false]],
      ["cluster", [true, true, false, true], [true, true, false, true]],
      ["host", [false, false, false, true], [false, false, false, true]],
      ["kube-apiserver", [false, false, false, true], [false, false, false, true]],
      ["remote-node", [false, false, false, true], [false, false, false, false]],
      ["world-ipv4", [false, false, true, true], [false, false, true, false]],
      ["world-ipv6", [false, false, false, true], [false, false, false, false]],
      ["all", [true, true, true, true], [true, true, true, true]],
      ["none", [false, false, false, true], [false, false, false, false]],
    ];
    for (const [entity, from, to] of cases) {
      it(entity, () => {
        assert.deepEqual(into({ ingress: [{ fromEntities: [entity] }] }), from);
        assert.deepEqual(outOf({ egress: [{ toEntities: [entity] }] }), to);
      });
    }
    it("a host-network pod is the host", () => {
      const under = of(
        ciliumPolicy("a/p", { endpointSelector: {}, egress: [{ toEntities: ["host"] }] }),
      );
      assert.deepEqual([allowed(under, web, agent), allowed(under, agent, web)], [true, true]);
    });
  });

  describe("CIDRs", () => {
    it("match the outside, never pods or nodes", () => {
      assert.deepEqual(into({ ingress: [{ fromCIDR: ["0.0.0.0/0"] }] }), [
        false,
        false,
        true,
        true,
      ]);
      assert.deepEqual(outOf({ egress: [{ toCIDR: ["0.0.0.0/0"] }] }), [false, false, true, false]);
      assert.deepEqual(into({ ingress: [{ fromCIDR: ["203.0.113.7"] }] }), [
        false,
        false,
        true,
        true,
      ]);
      assert.deepEqual(into({ ingress: [{ fromCIDR: ["198.51.100.0/24"] }] }), [
        false,
        false,
        false,
        true,
      ]);
    });
    it("say so where a pod's address lies inside", () => {
      const under = of(
        ciliumPolicy("a/p", { endpointSelector: {}, ingress: [{ fromCIDR: ["10.0.0.0/8"] }] }),
      );
      assert.match(
        lines(connect(under, client, web, 80)).join(),
        /spec.ingress\[0\].fromCIDR\[0\] covers its address, but Cilium never matches a pod by address/,
      );
    });
    it("leave out what's in except", () => {
      const cidr = "203.0.113.0/24";
      assert.deepEqual(
        into({ ingress: [{ fromCIDRSet: [{ cidr, except: ["203.0.113.0/29"] }] }] }),
        [false, false, false, true],
      );
      assert.deepEqual(
        into({ ingress: [{ fromCIDRSet: [{ cidr, except: ["203.0.113.64/29"] }] }] }),
        [false, false, true, true],
      );
    });
  });

  it("opens nothing by peers that aren't modelled, and denies nothing by them", () => {
    const toPorts = [{ ports: [{ port: "80" }] }];
    for (const one of [{ toGroups: [{}] }, { toNodes: [{}] }]) {
      const rule = { ...one, toPorts };
      assert.deepEqual(outOf({ egress: [rule] }), [false, false, false, false]);
      assert.deepEqual(outOf({ egress: [{ toEntities: ["all"] }], egressDeny: [rule] }), [
        true,
        true,
        true,
        true,
      ]);
    }
    assert.deepEqual(
      into({ ingress: [{ icmps: [{ fields: [{ type: 8 }] }], fromEndpoints: [{}] }] }),
      [false, false, false, true],
    );
  });
});
