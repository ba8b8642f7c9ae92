import assert from "node:assert/strict";
import { KUBEADM_COREFILE } from "../../../micromesh/resources/corefile/defaults.ts";
import { noSuchNames, withRule } from "../../../micromesh/resources/corefile/rule.ts";
import type { KubernetesObject } from "../../../micromesh/resources/declared.ts";
import { differences } from "../../../micromesh/verify/drift/differences.ts";
import { type Drift, driftTitle, isNothingThere } from "../../../micromesh/verify/drift/drift.ts";
import { cluster, declaring, every, namespace, policy, service, stored } from "./objects.ts";

const named = (object: KubernetesObject, name: string): KubernetesObject => ({
  ...object,
  metadata: { ...object.metadata, name },
});
const titles = ({ drifts }: { drifts: Drift[] }) => drifts.map(driftTitle);
const there = every.map(stored);

describe("a cluster beside its declaration", () => {
  it("is as declared", () => {
    assert.deepEqual(differences(declaring(every), cluster(there)), {
      compared: every.length,
      drifts: [],
      notes: [],
    });
  });

  it("may lack something, or have it otherwise", () => {
    const found = there
      .filter(({ kind }) => kind !== "NetworkPolicy")
      .map((one) =>
        one.kind === "Service" ? { ...one, spec: { ...one.spec, type: "NodePort" } } : one,
      );
    assert.deepEqual(titles(differences(declaring(every), cluster(found))), [
      "NetworkPolicy a/isolate is declared, but not on the cluster",
      "Service a/web isn't as declared",
    ]);
  });

  it("lacks what is about to go", () => {
    const found = there.map((one) =>
      one.kind === "Service"
        ? { ...one, metadata: { ...one.metadata, deletionTimestamp: "2026-01-02T03:04:05Z" } }
        : one,
    );
    assert.deepEqual(titles(differences(declaring(every), cluster(found))), [
      "Service a/web is declared, but not on the cluster",
    ]);
  });

  it("may lack a kind", () => {
    const found = cluster(there.filter(({ kind }) => kind !== "AuthorizationPolicy"));
    found.served = found.served.filter(({ kind }) => kind !== "AuthorizationPolicy");
    assert.deepEqual(titles(differences(declaring(every), found)), [
      "AuthorizationPolicy a/only is declared, but the cluster knows no AuthorizationPolicy of security.istio.io/v1",
    ]);
  });

  it("that lacks a Namespace lacks what is in it, in one line", () => {
    const comparison = differences(
      declaring([...every, named(namespace, "b")]),
      cluster([stored(named(namespace, "b"))]),
    );
    assert.deepEqual(titles(comparison), [
      "Namespace a is declared, but not on the cluster, nor are the 6 objects in it",
    ]);
    assert.equal(isNothingThere(comparison), false);
  });

  it("may have nothing of it all", () => {
    assert.equal(isNothingThere(differences(declaring(every), cluster([]))), true);
    assert.equal(isNothingThere(differences(declaring(every), cluster(there))), false);
    assert.equal(isNothingThere(differences(declaring([]), cluster([]))), false);
  });

  it("may have what decides who reaches whom, and nobody has declared", () => {
    const oops = stored(named(policy, "oops"));
    assert.deepEqual(titles(differences(declaring(every), cluster([...there, oops]))), [
      "NetworkPolicy a/oops is on the cluster, but not declared",
    ]);
  });

  it("may have other things, in other places, or of controllers' making", () => {
    const elsewhere = { ...policy.metadata, namespace: "elsewhere" };
    const owned = { ...service.metadata, name: "owned", ownerReferences: [{ kind: "Gateway" }] };
    const others = [
      named({ apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "a", name: "" } }, "own"),
      { ...policy, metadata: elsewhere },
      { ...stored(service), metadata: owned },
    ];
    assert.deepEqual(titles(differences(declaring(every), cluster([...there, ...others]))), []);
  });

  it("isn't judged by what may not be read", () => {
    const found = cluster(there.filter(({ kind }) => kind !== "Secret"));
    const served = { apiVersion: "v1", kind: "Secret", plural: "secrets", namespaced: true };
    found.unreadable.push({ listing: { served, namespace: "a" }, why: "can't list secrets in a" });
    assert.deepEqual(differences(declaring(every), found), {
      compared: every.length - 1,
      drifts: [],
      notes: ["not compared: can't list secrets in a"],
    });
  });

  describe("of CoreDNS' configuration", () => {
    const coredns = (corefile: string): KubernetesObject => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace: "kube-system", name: "coredns" },
      data: { Corefile: corefile },
    });
    const rule = noSuchNames(["db.lan"]);
    const other = KUBEADM_COREFILE.replace("errors", "errors\n    log");
    const compare = (corefile: string) => {
      const declared = declaring([coredns(withRule(KUBEADM_COREFILE, rule))], { partial: true });
      return differences(declared, cluster([coredns(corefile)])).drifts.map((drift) =>
        drift.kind === "changed" ? drift.fields : drift,
      );
    };

    it("has the declared rule, and else is the cluster's own", () => {
      assert.notEqual(other, KUBEADM_COREFILE);
      assert.deepEqual(compare(withRule(other, rule)), []);
    });

    it("may have lost it, or have another one", () => {
      const path = "data.Corefile";
      const declared = "a rule of micromesh's";
      assert.deepEqual(compare(other), [[{ path, declared }]]);
      assert.deepEqual(compare(withRule(other, noSuchNames(["api.lan"]))), [
        [{ path, declared, found: "another rule" }],
      ]);
    });
  });
});
