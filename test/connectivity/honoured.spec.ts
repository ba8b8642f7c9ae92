import assert from "node:assert/strict";
import { honoured, problemLine, validate } from "../../micromesh/connectivity/index.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { groupKind } from "../../micromesh/resources/kubernetes.ts";
import { adminPolicy, baselineAdminPolicy, clusterPolicy } from "./tiered.ts";
import { authorizationPolicy, ciliumPolicy, networkPolicy, peerAuthentication } from "./world.ts";

/** Every value of an object with its place, as the patterns write it; empty objects and lists too. */
function leaves(value: unknown, place: string): string[] {
  if (typeof value !== "object" || value === null) return [place];
  const children = Array.isArray(value)
    ? value.flatMap((item) => leaves(item, `${place}[]`))
    : Object.entries(value).flatMap(([key, item]) => leaves(item, `${place}.${key}`));
  return children.length > 0 ? children : [place];
}

/** The places in a policy's spec that `honoured` doesn't list. */
function ignored(policy: KubernetesObject): string[] {
  const patterns = (honoured[groupKind(policy)] ?? []).map((pattern) => {
    const source = pattern.replace(/[.[\]]/g, "\\$&").replaceAll("*", ".+");
    return new RegExp(`^${source}$`);
  });
  return leaves(policy.spec, "spec").filter((leaf) => !patterns.some((one) => one.test(leaf)));
}

const selector = {
  matchLabels: { "app.kubernetes.io/name": "x" },
  matchExpressions: [{ key: "a", operator: "In", values: ["b"] }],
};

describe("honoured fields", () => {
  it("of a NetworkPolicy: all of them", () => {
    const ports = [{ port: 1, endPort: 2, protocol: "UDP" }];
    const ipBlock = { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] };
    const spec = {
      podSelector: selector,
      policyTypes: ["Ingress"],
      ingress: [
        { from: [{ ipBlock }, { podSelector: {}, namespaceSelector: selector }], ports },
        {},
      ],
      egress: [{ to: [{ ipBlock }, { namespaceSelector: {} }], ports }],
    };
    assert.deepEqual(ignored(networkPolicy("a/p", spec)), []);
    assert.deepEqual(
      ignored(networkPolicy("a/p", { podSelector: {}, ingress: [], egress: [{}] })),
      [],
    );
    assert.deepEqual(ignored(networkPolicy("a/p", { egres: [] })), ["spec.egres"]);
  });
  it("of a Cilium policy: not what isn't modelled", () => {
    const egress = [
      {
        toEndpoints: [{}],
        toPorts: [{ ports: [{ port: "53" }], rules: { dns: [{ matchPattern: "*" }] } }],
      },
      { toFQDNs: [{ matchName: "x" }], icmps: [], authentication: { mode: "required" } },
      { toCIDRSet: [{ cidrGroupRef: "g" }, { cidrGroupSelector: selector }] },
      { toServices: [{ k8sService: { serviceName: "x", namespace: "y" } }] },
      { toServices: [{ k8sServiceSelector: { selector, namespace: "y" } }] },
    ];
    const egressDeny = [{ toServices: [{ k8sService: { serviceName: "x" } }] }];
    const ingress = [
      { fromEndpoints: [selector], toPorts: [{ ports: [{ port: "80" }], rules: { http: [{}] } }] },
      { fromEntities: ["world"], toPorts: [] },
    ];
    const spec = { endpointSelector: {}, ingress, egress, egressDeny, nodeSelector: {} };
    assert.deepEqual(ignored(ciliumPolicy("a/p", spec)), [
      "spec.egress[].icmps",
      "spec.egress[].authentication.mode",
      "spec.egressDeny[].toServices[].k8sService.serviceName",
      "spec.nodeSelector",
    ]);
  });
  it("of Istio's policies: not what a JWT or a gateway would be needed for", () => {
    const rules = [{ from: [{ source: { principals: ["x"], notRequestPrincipals: ["y"] } }] }, {}];
    assert.deepEqual(ignored(authorizationPolicy("a/p", { rules, targetRefs: [{}] })), [
      "spec.rules[].from[].source.notRequestPrincipals[]",
      "spec.targetRefs[]",
    ]);
    assert.deepEqual(ignored(authorizationPolicy("a/p", {})), []);
    const portLevelMtls = { 80: { mode: "STRICT" } };
    assert.deepEqual(ignored(peerAuthentication("a/p", { selector: {}, portLevelMtls })), []);
  });
});

describe("honoured fields of the tiers' policies", () => {
  const pods = { pods: { namespaceSelector: selector, podSelector: selector } };
  const peers = [{ namespaces: selector }, pods];
  const rule = { name: "n", action: "Deny" };

  it("of a ClusterNetworkPolicy: all but domain names", () => {
    const destinationPort = { number: 1, range: { start: 1, end: 2 } };
    const protocols = ["tcp", "udp", "sctp"].map((of) => ({ [of]: { destinationPort } }));
    const listed = [...protocols, { destinationNamedPort: "http" }];
    const egress = [
      ...peers,
      { nodes: selector },
      { networks: ["::/0"] },
      { domainNames: ["a.b"] },
    ];
    const spec = {
      subject: pods,
      ingress: [{ ...rule, from: peers, protocols: listed }],
      egress: [{ ...rule, to: egress, protocols: listed }],
    };
    assert.deepEqual(ignored(clusterPolicy("p", spec)), ["spec.egress[].to[].domainNames[]"]);
  });
  it("of an AdminNetworkPolicy and the BaselineAdminNetworkPolicy: all that they have", () => {
    const ports = [
      { portNumber: { protocol: "TCP", port: 1 } },
      { portRange: { protocol: "TCP", start: 1, end: 2 } },
      { namedPort: "http" },
    ];
    const spec = {
      subject: { namespaces: selector },
      ingress: [{ ...rule, from: peers, ports }],
      egress: [{ ...rule, to: [...peers, { nodes: {} }], ports }],
    };
    assert.deepEqual(ignored(adminPolicy("p", spec)), []);
    assert.deepEqual(ignored(baselineAdminPolicy(spec)), []);
    assert.deepEqual(ignored(baselineAdminPolicy({ ...spec, priority: 1 })), ["spec.priority"]);
  });
});

describe("validate", () => {
  it("has nothing to say of objects that aren't policies", () => {
    const object = { apiVersion: "v1", kind: "Service", metadata: { name: "x" }, spec: { a: 1 } };
    assert.deepEqual(validate([object]), []);
  });
  it("says what, where, how to mend, in one line", () => {
    const [problem] = validate([networkPolicy("a/p", { policyTypes: ["ingress"] })]);
    assert.ok(problem);
    assert.equal(
      problemLine(problem),
      'NetworkPolicy a/p: spec.policyTypes[0] is "ingress"; write one of Ingress, Egress',
    );
  });
});
