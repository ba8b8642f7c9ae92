import assert from "node:assert/strict";
import { matchesLabels } from "../../../micromesh/simulator/cluster/selectors.ts";
import {
  backendsOf,
  podProtocols,
  viewService,
} from "../../../micromesh/simulator/cluster/services.ts";
import { podStatus, service } from "./objects.ts";

const web = (spec: object = {}) =>
  service("web", { selector: { app: "web" }, ports: [{ port: 80, targetPort: "http" }], ...spec });
const seen = (spec: object, ...pods: Parameters<typeof podStatus>[]) =>
  viewService(
    web(spec),
    pods.map((args) => podStatus(...args)),
    "10.96.1.1",
    [],
  );

describe("matchesLabels", () => {
  it("wants every pair of the selector, and minds no others", () => {
    assert.equal(matchesLabels({ a: "1" }, { a: "1", b: "2" }), true);
    assert.equal(matchesLabels({ a: "1", b: "2" }, { a: "1" }), false);
    assert.equal(matchesLabels({ a: "1" }, { a: "2" }), false);
  });
});

describe("backendsOf", () => {
  it("are the selected pods of the Service's own namespace", () => {
    const pods = [
      podStatus("a"),
      podStatus("b", { labels: { app: "db" } }),
      podStatus("c", { namespace: "other" }),
    ];
    assert.deepEqual(
      backendsOf(web(), pods).map((p) => p.name),
      ["a"],
    );
  });

  it("are the pods that aren't ready too, but none that terminates", () => {
    const pods = [podStatus("a", { ready: false }), podStatus("b", { terminating: true })];
    assert.deepEqual(
      backendsOf(web(), pods).map((p) => p.name),
      ["a"],
    );
  });

  for (const selector of [undefined, {}]) {
    it(`are none for selector ${JSON.stringify(selector)}`, () => {
      assert.deepEqual(backendsOf(web({ selector }), [podStatus("a")]), []);
    });
  }
});

describe("viewService", () => {
  it("has the address that it's given", () => {
    assert.equal(seen({}).clusterIp, "10.96.1.1");
  });

  it("has the address that it declares", () => {
    assert.equal(seen({ clusterIP: "10.96.7.7" }).clusterIp, "10.96.7.7");
    assert.equal(seen({ clusterIP: "" }).clusterIp, "10.96.1.1");
  });

  it("has none when it's headless", () => {
    assert.equal(seen({ clusterIP: "None" }).clusterIp, undefined);
  });

  it("has ready pods for endpoints, and all for addresses", () => {
    const { ports, addresses } = seen({}, ["a"], ["b", { ips: ["10.244.0.11"], ready: false }]);
    assert.deepEqual(ports[0]?.endpoints, [{ ip: "10.244.0.10", port: 8080 }]);
    assert.deepEqual(
      addresses.map((a) => [a.ip, a.ready]),
      [
        ["10.244.0.10", true],
        ["10.244.0.11", false],
      ],
    );
  });

  it("has pods that aren't ready for endpoints where it publishes them", () => {
    const { ports } = seen({ publishNotReadyAddresses: true }, ["a", { ready: false }]);
    assert.equal(ports[0]?.endpoints.length, 1);
  });

  it("has no endpoint at a pod without a port of that name", () => {
    const { ports, addresses } = seen({}, ["a", { ports: [] }]);
    assert.deepEqual(ports[0]?.endpoints, []);
    assert.equal(addresses.length, 1);
  });

  it("resolves a port's name by each pod", () => {
    const ports = [{ name: "http", containerPort: 9090, protocol: "TCP" as const }];
    const {
      ports: [port],
    } = seen({}, ["a"], ["b", { ips: ["10.244.0.11"], ports }]);
    assert.deepEqual(
      port?.endpoints.map((e) => e.port),
      [8080, 9090],
    );
  });

  it("knows the host names of pods that name it as their subdomain", () => {
    const { addresses } = seen(
      { clusterIP: "None" },
      ["a", { hostname: "a-0", subdomain: "web" }],
      ["b", { hostname: "b-0", subdomain: "db" }],
      ["c", { hostname: "c-0" }],
    );
    assert.deepEqual(
      addresses.map((a) => a.hostname),
      ["a-0", undefined, undefined],
    );
  });

  it("is only a name when it's an ExternalName", () => {
    const view = seen({ type: "ExternalName", externalName: "example.com" }, ["a"]);
    assert.deepEqual(
      [view.externalName, view.clusterIp, view.ports, view.addresses],
      ["example.com", undefined, [], []],
    );
  });

  it("speaks TCP and is a ClusterIP unless it says otherwise", () => {
    const { type, ports } = seen({});
    assert.deepEqual([type, ports[0]?.protocol], ["ClusterIP", "TCP"]);
    assert.equal(seen({ ports: [{ port: 53, protocol: "UDP" }] }).ports[0]?.protocol, "UDP");
  });
});

describe("podProtocols", () => {
  it("are by the pod's ports, from the Services in front of it", () => {
    const services = [
      web({ ports: [{ name: "http", port: 80, targetPort: "http" }] }),
      service("db", { selector: { app: "db" }, ports: [{ name: "tcp", port: 9090 }] }),
    ];
    assert.deepEqual(podProtocols(podStatus("a"), services), { 8080: "http" });
  });
});
