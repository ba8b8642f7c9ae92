import assert from "node:assert/strict";
import { compile, declaredServices } from "../../micromesh/connectivity/index.ts";
import type { Service, World } from "../../micromesh/connectivity/model.ts";
import { partyFinder } from "../../micromesh/connectivity/party.ts";
import { PartyIndex } from "../../micromesh/connectivity/party-index.ts";
import { podsBehind } from "../../micromesh/connectivity/services.ts";
import { allowed, cilium, ciliumPolicy, connect, lines, pod, problems, world } from "./world.ts";

const client = pod("a/client", { app: "client" });
const web = pod("b/web", { app: "web", "controller-uid": "7" });
const db = pod("b/db", { app: "db" });
const otherWeb = pod("c/web", { app: "web" });
const onHost = pod("b/agent", { app: "web" }, { hostNetwork: true });
const destinations = [web, db, otherWeb, onHost, "external 203.0.113.7", `external ${web.ips[0]}`];

const service = (path: string, more: Partial<Service> = {}): Service => {
  const [namespace = "", name = ""] = path.split("/");
  return { namespace, name, labels: {}, ...more };
};
const services: Service[] = [
  service("b/web", { labels: { tier: "front" }, selector: { app: "web" } }),
  service("b/db", { labels: { tier: "back" }, selector: { app: "db" } }),
  service("c/web", { labels: { tier: "front" }, selector: { app: "web" } }),
  service("b/legacy", { endpoints: ["203.0.113.7", web.ips[0] as string, "not an address"] }),
  service("b/nobody", { selector: {} }),
  service("b/uid", { selector: { "controller-uid": "7" } }),
];
const under = (rule: object, field = "egress"): World => ({
  ...world(cilium, ciliumPolicy("a/p", { endpointSelector: {}, [field]: [rule] })),
  services,
});
const reached = (rule: object, port = 80) =>
  destinations.map((to) => allowed(under(rule), client, to, port));
const byName = (serviceName: string, namespace?: string) => ({
  toServices: [{ k8sService: { serviceName, namespace } }],
});
const byLabels = (selector: object, namespace?: string) => ({
  toServices: [{ k8sServiceSelector: { selector, namespace } }],
});
const none = [false, false, false, false, false, false];

describe("toServices", () => {
  it("stands for the pods that the named Service selects, not for those on the host's network", () => {
    assert.deepEqual(reached(byName("web", "b")), [true, ...none.slice(1)]);
    assert.deepEqual(reached(byName("db", "b")), [false, true, ...none.slice(2)]);
    assert.match(
      lines(connect(under(byName("web", "b")), client, web, 80)).join(),
      /CiliumNetworkPolicy a\/p spec.egress\[0\].toServices\[0\]: allows TCP 80 to b\/web/,
    );
  });
  it("means every namespace where it names none", () => {
    assert.deepEqual(reached(byName("web")), [true, false, true, false, false, false]);
    assert.deepEqual(reached(byName("web", "")), [true, false, true, false, false, false]);
  });
  it("finds Services by labels, whatever source a key names", () => {
    const front = [true, false, true, false, false, false];
    assert.deepEqual(reached(byLabels({ matchLabels: { tier: "front" } })), front);
    assert.deepEqual(reached(byLabels({ matchLabels: { "k8s:tier": "front" } })), front);
    assert.deepEqual(reached(byLabels({ matchLabels: { tier: "front" } }, "c")), [
      false,
      false,
      true,
      false,
      false,
      false,
    ]);
    const matchExpressions = [{ key: "tier", operator: "In", values: ["back"] }];
    assert.deepEqual(reached(byLabels({ matchExpressions })), [false, true, ...none.slice(2)]);
    assert.deepEqual(reached(byLabels({}, "b")), [true, true, false, false, true, true]);
  });
  it("goes by labels where both are given", () => {
    const { k8sService } = byName("db", "b").toServices[0] ?? {};
    const { k8sServiceSelector } =
      byLabels({ matchLabels: { tier: "front" } }, "b").toServices[0] ?? {};
    assert.deepEqual(reached({ toServices: [{ k8sService, k8sServiceSelector }] }), [
      true,
      ...none.slice(1),
    ]);
  });
  it("is any of its items, on its ports", () => {
    const toServices = [...byName("web", "b").toServices, ...byName("db", "b").toServices];
    const toPorts = [{ ports: [{ port: "80", protocol: "TCP" }] }];
    assert.deepEqual(reached({ toServices, toPorts }), [true, true, ...none.slice(2)]);
    assert.deepEqual(reached({ toServices, toPorts }, 81), none);
  });
  it("of a Service without selector stands for its endpoints' addresses, never for a pod", () => {
    assert.deepEqual(reached(byName("legacy", "b")), [false, false, false, false, true, true]);
    assert.match(
      lines(connect(under(byName("legacy", "b")), client, web, 80)).join(),
      /toServices\[0\] covers its address, but Cilium never matches a pod by address/,
    );
    assert.deepEqual(reached(byName("nobody", "b")), none);
  });
  it("selects by labels that Cilium's identities carry", () => {
    assert.deepEqual(reached(byName("uid", "b")), none);
  });
  it("of a Service that isn't there matches nobody, and says so", () => {
    assert.deepEqual(reached(byName("gone", "b")), none);
    assert.deepEqual(reached({ toServices: [{}] }), none);
    assert.deepEqual(reached({ toServices: [] }), none);
    const text = (rule: object, to = web) => lines(connect(under(rule), client, to, 80)).join();
    assert.match(
      text(byName("gone", "b")),
      /toServices\[0\] names Service b\/gone, which isn't there/,
    );
    assert.doesNotMatch(text(byName("gone", "c")), /gone/);
    assert.match(
      text(byName("web", "a")),
      /toServices\[0\] names Service a\/web, but the one that selects it is b\/web/,
    );
    assert.doesNotMatch(text(byName("web", "b"), db), /names Service/);
  });
  it("denies nobody, since Cilium resolves no Services in deny rules", () => {
    const deny = under(byName("web", "b"), "egressDeny");
    const open = ciliumPolicy("a/open", {
      endpointSelector: {},
      egress: [{ toEntities: ["all"] }],
    });
    const both = { ...deny, policies: [...deny.policies, open] };
    assert.equal(allowed(both, client, web), true);
  });
  it("asks many parties at once as it asks one", () => {
    const parties = [client, web, db, otherWeb, onHost].map((one) =>
      partyFinder(under({}))({ kind: "pod", pod: one }),
    );
    const index = new PartyIndex(parties);
    for (const one of services) {
      const test = podsBehind(one);
      assert.deepEqual(
        parties.map((_, i) => test.among(index).has(i)),
        parties.map((party) => test.matches(party)),
      );
    }
  });
  it("reports what no Service can be found by", () => {
    const found = (toServices: unknown) =>
      problems(ciliumPolicy("a/p", { endpointSelector: {}, egress: [{ toServices }] }));
    assert.deepEqual(found([{ k8sService: { serviceName: 1, namespace: [] } }]), [
      "spec.egress[0].toServices[0].k8sService.serviceName is 1; it must be text: put it in quotes",
      "spec.egress[0].toServices[0].k8sService.namespace is []; it must be text",
    ]);
    assert.deepEqual(found([{ k8sServiceSelector: { namespace: "a" } }]), [
      "spec.egress[0].toServices[0].k8sServiceSelector.selector is missing; give labels, {} for every Service",
    ]);
    const selector = { matchExpressions: [{ key: "a", operator: "Is" }] };
    assert.deepEqual(found([{ k8sServiceSelector: { selector } }]), [
      'spec.egress[0].toServices[0].k8sServiceSelector.selector.matchExpressions[0].operator is "Is"; write one of In, NotIn, Exists, DoesNotExist',
    ]);
    assert.deepEqual(found("web"), ['spec.egress[0].toServices is "web"; it must be a list']);
    const ingress = [{ fromServices: [{}] }];
    assert.deepEqual(problems(ciliumPolicy("a/p", { endpointSelector: {}, ingress })), [
      "spec.ingress[0].fromServices can't stand in an ingress rule",
    ]);
  });
});

describe("declared Services", () => {
  const object = (kind: string, name: string, more: object, labels?: Record<string, string>) => ({
    apiVersion: kind === "EndpointSlice" ? "discovery.k8s.io/v1" : "v1",
    kind,
    metadata: { namespace: "b", name, labels },
    ...more,
  });
  const slice = (name: string, more: object) =>
    object("EndpointSlice", name, more, { "kubernetes.io/service-name": "old" });

  it("have the labels and the selector of their manifests", () => {
    const selector = { app: "web" };
    const manifest = object("Service", "web", { spec: { selector } }, { tier: "front" });
    assert.deepEqual(declaredServices([manifest, object("ConfigMap", "web", {})]), [
      { namespace: "b", name: "web", labels: { tier: "front" }, selector },
    ]);
    const bare = { apiVersion: "v1", kind: "Service", metadata: { name: "x" } };
    assert.deepEqual(declaredServices([bare]), [
      { namespace: "default", name: "x", labels: {}, selector: undefined, endpoints: [] },
    ]);
  });
  it("have the addresses of their endpoints where they have no selector", () => {
    const endpoints = object("Endpoints", "old", {
      subsets: [{ addresses: [{ ip: "203.0.113.1" }] }, { addresses: [{ ip: "203.0.113.2" }] }],
    });
    const slices = [
      slice("old-1", {
        addressType: "IPv4",
        endpoints: [
          { addresses: ["203.0.113.2", "203.0.113.3"], conditions: { ready: true } },
          { addresses: ["203.0.113.4"], conditions: { ready: false } },
          { addresses: ["203.0.113.5"] },
        ],
      }),
      slice("old-2", { addressType: "FQDN", endpoints: [{ addresses: ["example.com"] }] }),
      {
        ...slice("old-3", { endpoints: [{ addresses: ["203.0.113.6"] }] }),
        metadata: { name: "x" },
      },
    ];
    const old = object("Service", "old", { spec: { ports: [] } });
    const [found] = declaredServices([old, endpoints, ...slices]);
    assert.deepEqual(found?.endpoints, [
      "203.0.113.1",
      "203.0.113.2",
      "203.0.113.3",
      "203.0.113.5",
    ]);
    const selecting = object("Service", "old", { spec: { selector: { app: "x" } } });
    assert.equal(declaredServices([selecting, endpoints])[0]?.endpoints, undefined);
  });
  it("survive manifests of any shape", () => {
    const odd = [
      null,
      "x",
      1,
      ["x"],
      [1],
      [null],
      [{ addresses: "x" }],
      [{ addresses: [{ ip: 1 }] }],
    ];
    for (const value of odd) {
      const objects = [
        object("Service", "old", { spec: null }),
        object("Endpoints", "old", { subsets: value }),
        slice("old-1", { endpoints: value }),
        slice("old-2", { endpoints: [{ addresses: value, conditions: value }] }),
      ];
      const [old] = declaredServices(objects);
      assert.ok(
        old?.endpoints?.every((address) => address === "x"),
        `${value}`,
      );
    }
  });
  it("take part in decisions", () => {
    const manifest = object("Service", "web", { spec: { selector: { app: "web" } } });
    const declared = { ...under(byName("web", "b")), services: declaredServices([manifest]) };
    const { connection } = compile(declared);
    const [from, to] = [client, web].map((one) => ({ kind: "pod" as const, pod: one }));
    assert.ok(from && to && connection(from, to, 80, "TCP").allowed);
  });
});
