/** ClusterNetworkPolicy beside Cilium's own policies. */
import assert from "node:assert/strict";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { declaredPlatform } from "../../micromesh/resources/platform.ts";
import { client, web } from "./cast.ts";
import { adminPolicy, baselinePolicy, clusterPolicy, from } from "./tiered.ts";
import { allowed, cilium, ciliumPolicy, connect, get, lines, pod, validWorld } from "./world.ts";

describe("ClusterNetworkPolicy with Cilium", () => {
  const under = (...policies: KubernetesObject[]) =>
    validWorld({ ...cilium, clusterNetworkPolicy: true }, ...policies);
  const denyAll = ciliumPolicy("a/deny", {
    endpointSelector: {},
    ingressDeny: [{ fromEntities: ["all"] }],
  });

  it("an Admin Accept comes before its deny rules, and a Deny before its allow rules", () => {
    assert.equal(allowed(under(clusterPolicy("p", from("Accept")), denyAll), client, web), true);
    const allowAll = ciliumPolicy("a/allow", {
      endpointSelector: {},
      ingress: [{ fromEntities: ["all"] }],
    });
    assert.equal(allowed(under(clusterPolicy("p", from("Deny")), allowAll), client, web), false);
    assert.equal(allowed(under(clusterPolicy("p", from("Pass")), denyAll), client, web), false);
  });
  it("what its policies match isn't asked of the Baseline tier, isolated or not", () => {
    const deny = baselinePolicy("p", from("Deny"));
    const allowClients = ciliumPolicy("a/allow", {
      endpointSelector: {},
      enableDefaultDeny: { ingress: false },
      ingress: [{ fromEndpoints: [{ matchLabels: { app: "client" } }] }],
    });
    const other = pod("a/other");
    assert.deepEqual(
      [
        allowed(under(deny, allowClients), client, web),
        allowed(under(deny, allowClients), other, web),
      ],
      [true, false],
    );
  });
  it("an Admin Accept leaves no HTTP rules to ask, a Pass does", () => {
    const http = ciliumPolicy("a/http", {
      endpointSelector: {},
      ingress: [
        {
          toPorts: [
            { ports: [{ port: "80", protocol: "TCP" }], rules: { http: [{ method: "GET" }] } },
          ],
        },
      ],
    });
    const gate = (action: string) =>
      connect(under(clusterPolicy("p", from(action)), http), client, web, 80).http;
    assert.equal(gate("Accept"), undefined);
    assert.equal(gate("Pass")?.(get("/", { method: "POST" })).allowed, false);
  });
  it("its elders have no effect, and the reason says so", () => {
    const decision = connect(under(adminPolicy("p", from("Deny"))), client, web, 80);
    assert.equal(decision.allowed, true);
    assert.match(
      lines(decision).join(),
      /p: selects a\/web for ingress, yet nothing in this cluster enforces AdminNetworkPolicies/,
    );
  });
  it("custom resources of the group are known where it's told to read them", () => {
    const groups = (values: object) => {
      const inputs = { chart: "cilium", name: "cilium", values };
      const release = { type: "kubernetes:helm.sh/v3:Release", name: "cilium", inputs };
      return declaredPlatform({ resources: [release] } as never).customGroups;
    };
    assert.deepEqual(groups({ k8sClusterNetworkPolicy: { enabled: true } }), [
      "cilium.io",
      "policy.networking.k8s.io",
    ]);
    assert.deepEqual(groups({}), ["cilium.io"]);
  });
});
