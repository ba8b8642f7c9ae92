import assert from "node:assert/strict";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { groupKind } from "../../micromesh/resources/kubernetes.ts";
import { allowed, cilium, ciliumPolicy, connect, lines, pod, problems, world } from "./world.ts";

const web = pod("a/web", { app: "web" });
const outside = ["203.0.113.7", "203.0.113.9", "198.51.100.1", "192.0.2.1", "2001:db8::1"];

const group = (
  name: string,
  externalCIDRs: unknown,
  labels?: Record<string, string>,
  apiVersion = "cilium.io/v2",
): KubernetesObject => ({
  apiVersion,
  kind: "CiliumCIDRGroup",
  metadata: { name, labels },
  spec: { externalCIDRs },
});
const groups = [
  group("office", ["203.0.113.0/24", "2001:db8::/32"], { trust: "high" }),
  group("partner", ["198.51.100.0/24"], { trust: "low" }, "cilium.io/v2alpha1"),
  group("empty", []),
  group("pods", ["10.244.0.0/16"]),
];
const under = (direction: string, item: object) =>
  world(
    cilium,
    ciliumPolicy("a/p", {
      endpointSelector: {},
      [direction]: [{ [direction === "ingress" ? "fromCIDRSet" : "toCIDRSet"]: [item] }],
    }),
    ...groups,
  );
const into = (item: object) =>
  outside.map((ip) => allowed(under("ingress", item), `external ${ip}`, web));
const outOf = (item: object) =>
  outside.map((ip) => allowed(under("egress", item), web, `external ${ip}`));

describe("CiliumCIDRGroup", () => {
  it("stands for its blocks where a rule names it, in both directions", () => {
    const office = [true, true, false, false, true];
    assert.deepEqual(into({ cidrGroupRef: "office" }), office);
    assert.deepEqual(outOf({ cidrGroupRef: "office" }), office);
    assert.deepEqual(into({ cidrGroupRef: "partner" }), [false, false, true, false, false]);
    assert.match(
      lines(
        connect(under("egress", { cidrGroupRef: "office" }), web, "external 203.0.113.7", 80),
      )[0] ?? "",
      /spec.egress\[0\].toCIDRSet\[0\]: allows/,
    );
  });
  it("is found by its labels", () => {
    const trusted = (trust: string) => ({ cidrGroupSelector: { matchLabels: { trust } } });
    assert.deepEqual(into(trusted("high")), [true, true, false, false, true]);
    assert.deepEqual(into(trusted("none")), [false, false, false, false, false]);
    const matchExpressions = [{ key: "trust", operator: "Exists" }];
    assert.deepEqual(into({ cidrGroupSelector: { matchExpressions } }), [
      true,
      true,
      true,
      false,
      true,
    ]);
  });
  it("is without what a rule excepts", () => {
    const except = ["203.0.113.8/30"];
    assert.deepEqual(into({ cidrGroupRef: "office", except }), [true, false, false, false, true]);
  });
  it("denies where a deny rule names it", () => {
    const rules = {
      ingress: [{ fromEntities: ["world"] }],
      ingressDeny: [{ fromCIDRSet: [{ cidrGroupRef: "office" }] }],
    };
    const denying = world(
      cilium,
      ciliumPolicy("a/p", { endpointSelector: {}, ...rules }),
      ...groups,
    );
    assert.deepEqual(
      outside.map((ip) => allowed(denying, `external ${ip}`, web)),
      [false, false, true, true, false],
    );
  });
  it("never stands for pods", () => {
    const item = { cidrGroupRef: "pods" };
    assert.equal(allowed(under("ingress", item), pod("b/client"), web), false);
    assert.match(
      lines(connect(under("ingress", item), pod("b/client"), web, 80)).join(),
      /covers its address, but Cilium never matches a pod by address/,
    );
  });
  it("stands for nobody where it's empty or isn't there", () => {
    for (const name of ["empty", "gone"]) {
      assert.deepEqual(into({ cidrGroupRef: name }), [false, false, false, false, false]);
    }
    const text = (item: object, from: string) =>
      lines(connect(under("ingress", item), from, web, 80)).join();
    assert.match(
      text({ cidrGroupRef: "gone" }, "external 192.0.2.1"),
      /fromCIDRSet\[0\] names the CiliumCIDRGroup gone, which isn't there/,
    );
    assert.match(
      text({ cidrGroupSelector: { matchLabels: { a: "b" } } }, "external 192.0.2.1"),
      /selects CiliumCIDRGroups by labels that none has/,
    );
    const denied = connect(under("ingress", { cidrGroupRef: "gone" }), pod("b/client"), web, 80);
    assert.doesNotMatch(lines(denied).join(), /gone/);
  });
  it("is rejected, and so isn't there, where it has no blocks", () => {
    assert.deepEqual(problems(group("x", ["10.0.0.0"])), [
      'spec.externalCIDRs[0] is "10.0.0.0"; write a block such as 10.0.0.0/8 or fd00::/8',
    ]);
    assert.deepEqual(problems(group("x", undefined)), [
      "spec.externalCIDRs is missing; give a list of blocks",
    ]);
    assert.deepEqual(problems(group("x", "10.0.0.0/8")), [
      'spec.externalCIDRs is "10.0.0.0/8"; it must be a list',
    ]);
    assert.deepEqual(problems(...groups), []);
    const policy = ciliumPolicy("a/p", {
      endpointSelector: {},
      ingress: [{ fromCIDRSet: [{ cidrGroupRef: "bad" }] }],
    });
    const bad = world(cilium, policy, group("bad", ["192.0.2.0/24", "x"]));
    assert.equal(allowed(bad, "external 192.0.2.1", web), false);
  });
  it("is one kind in both versions", () => {
    assert.deepEqual([...new Set(groups.map(groupKind))], ["cilium.io/CiliumCIDRGroup"]);
  });

  it("can't stand beside a block in one item", () => {
    const found = (item: object) =>
      problems(ciliumPolicy("a/p", { endpointSelector: {}, egress: [{ toCIDRSet: [item] }] }));
    assert.deepEqual(found({ cidr: "10.0.0.0/8", cidrGroupRef: "office" }), [
      "spec.egress[0].toCIDRSet[0] has cidr and cidrGroupRef; make them items of their own",
    ]);
    assert.deepEqual(found({ cidrGroupRef: 1 }), [
      "spec.egress[0].toCIDRSet[0].cidrGroupRef is 1; it must be text: put it in quotes",
    ]);
    assert.deepEqual(found({ cidrGroupSelector: "x" }), [
      'spec.egress[0].toCIDRSet[0].cidrGroupSelector is "x"; it must be an object',
    ]);
    assert.deepEqual(found({ cidrGroupRef: "office", except: ["x"] }), [
      'spec.egress[0].toCIDRSet[0].except[0] is "x"; write a block such as 10.0.0.0/8 or fd00::/8',
    ]);
    assert.deepEqual(found({}), [
      "spec.egress[0].toCIDRSet[0].cidr is missing; write a block such as 10.0.0.0/8 or fd00::/8",
    ]);
  });
});
