/** What Cilium's policies let through, clusterwide and beside NetworkPolicies. */
import assert from "node:assert/strict";
import { client, outside, stranger, web } from "./cast.ts";
import { byLabel, everyone, into, of, outOf } from "./cilium-world.ts";
import {
  allowed,
  ciliumPolicy,
  clusterwidePolicy,
  connect,
  kubernetes,
  lines,
  networkPolicy,
  world,
} from "./world.ts";

describe("CiliumNetworkPolicy", () => {
  describe("default deny", () => {
    const all = [true, true, true, true];
    const nobody = [false, false, false, true];
    it("comes with a section that has a rule in it, even an empty one", () => {
      assert.deepEqual(into({}), all);
      assert.deepEqual(into({ ingress: [] }), all);
      assert.deepEqual(into({ ingress: [{}] }), nobody, "not allow-all, as NetworkPolicy's");
      assert.deepEqual(into({ egress: [{}] }), all);
      assert.deepEqual(outOf({ egress: [{}] }), [false, false, false, false]);
    });
    it("comes with deny rules too", () => {
      assert.deepEqual(into({ ingressDeny: [{ fromEntities: ["world"] }] }), nobody);
    });
    it("can be switched off, and then the rest stays open", () => {
      const enableDefaultDeny = { ingress: false };
      assert.deepEqual(into({ enableDefaultDeny, ingress: [{}] }), all);
      const ingressDeny = [{ fromEntities: ["world"] }];
      assert.deepEqual(into({ enableDefaultDeny, ingressDeny }), [true, true, false, true]);
    });
    it("can be switched on without rules", () => {
      assert.deepEqual(into({ enableDefaultDeny: { ingress: true } }), nobody);
    });
  });

  it("lets the host in always, unless a deny rule names it", () => {
    assert.deepEqual(
      into({ ingressDeny: [{ fromEntities: ["host"] }], ingress: [{ fromEntities: ["all"] }] }),
      [true, true, true, false],
    );
  });

  it("has one policy for each of spec and specs", () => {
    const one = {
      endpointSelector: byLabel("app=web"),
      ingress: [{ fromEndpoints: [byLabel("app=client")] }],
    };
    const two = { endpointSelector: byLabel("app=web"), ingress: [{ fromEntities: ["world"] }] };
    const policy = { ...ciliumPolicy("a/p", undefined), specs: [one, two] };
    const under = of(policy);
    assert.deepEqual(
      everyone.map((from) => allowed(under, from, web)),
      [true, false, true, true],
    );
    assert.match(
      lines(connect(under, outside, web, 80)).join(),
      /specs\[1\].ingress\[0\].fromEntities\[0\]: allows/,
    );
  });

  it("selects in its own namespace, whatever its selector says", () => {
    const endpointSelector = byLabel("k8s:io.kubernetes.pod.namespace=b");
    const under = of(ciliumPolicy("a/p", { endpointSelector, ingress: [{}] }));
    assert.deepEqual(
      [allowed(under, client, web), allowed(under, client, stranger)],
      [false, true],
    );
  });

  it("does nothing where Cilium's policies aren't enforced, and says so", () => {
    const under = world(kubernetes, ciliumPolicy("a/p", { endpointSelector: {}, ingress: [{}] }));
    const decision = connect(under, stranger, web, 80);
    assert.equal(decision.allowed, true);
    assert.match(
      lines(decision).join(),
      /yet nothing in this cluster enforces CiliumNetworkPolicies/,
    );
  });
});

describe("CiliumClusterwideNetworkPolicy", () => {
  it("selects pods of every namespace, and means pods of every namespace", () => {
    const ingress = [{ fromEndpoints: [{}] }];
    const under = of(clusterwidePolicy("p", { endpointSelector: byLabel("app=web"), ingress }));
    assert.deepEqual(
      everyone.map((from) => allowed(under, from, web)),
      [true, true, false, true],
    );
    const denied = of(clusterwidePolicy("p", { endpointSelector: {}, ingress: [{}] }));
    assert.deepEqual(
      [allowed(denied, client, web), allowed(denied, web, stranger)],
      [false, false],
    );
  });
  it("with a nodeSelector is for the host firewall, which is off", () => {
    const under = of(clusterwidePolicy("p", { nodeSelector: {}, ingress: [{}] }));
    assert.equal(allowed(under, outside, web), true);
  });
});

describe("policies of several kinds, under Cilium", () => {
  const open = networkPolicy("a/open", { ingress: [{}], egress: [{}] });
  const deny = (direction: string, side: string) => ({
    endpointSelector: {},
    [`${direction}Deny`]: [
      { [`${side}Endpoints`]: [byLabel("app=client", "k8s:io.kubernetes.pod.namespace=b")] },
    ],
  });
  it("deny beats allow, whichever kind says it", () => {
    for (const denying of [
      ciliumPolicy("a/no", deny("ingress", "from")),
      clusterwidePolicy("no", deny("ingress", "from")),
    ]) {
      const under = of(open, denying);
      assert.deepEqual([allowed(under, client, web), allowed(under, stranger, web)], [true, false]);
      assert.match(
        lines(connect(under, stranger, web, 80)).join(),
        /no spec.ingressDeny\[0\].fromEndpoints\[0\]: denies TCP 80 from b\/client/,
      );
    }
    const under = of(open, ciliumPolicy("a/no", deny("egress", "to")));
    assert.deepEqual([allowed(under, web, client), allowed(under, web, stranger)], [true, false]);
  });
  it("allow adds up over kinds", () => {
    const isolate = networkPolicy("a/isolate", {});
    const letIn = ciliumPolicy("a/in", {
      endpointSelector: {},
      ingress: [{ fromEntities: ["world"] }],
    });
    const under = of(isolate, letIn);
    assert.deepEqual(
      everyone.map((from) => allowed(under, from, web)),
      [false, false, true, true],
    );
    assert.deepEqual(
      lines(connect(under, stranger, web, 80)).filter((line) => line.includes("isolates")),
      [
        "no enforced policy isolates b/client for egress",
        "CiliumNetworkPolicy a/in: isolates a/web for ingress and no rule allows TCP 80 from b/client",
        "NetworkPolicy a/isolate: isolates a/web for ingress and allows nothing",
      ].slice(1),
    );
  });
});
