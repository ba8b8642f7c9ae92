import assert from "node:assert/strict";
import { appProtocol, targetPort } from "../../micromesh/resources/service-ports.ts";

describe("targetPort", () => {
  const pod = { ports: [{ name: "http", containerPort: 8080, protocol: "TCP" as const }] };

  it("is the Service's own where none is declared", () => {
    assert.equal(targetPort({ port: 80 }, pod), 80);
  });

  it("is a number as it stands, declared by the pod or not", () => {
    assert.equal(targetPort({ port: 80, targetPort: 1234 }, pod), 1234);
  });

  it("is the pod's port of that name and protocol", () => {
    assert.equal(targetPort({ port: 80, targetPort: "http" }, pod), 8080);
    assert.equal(targetPort({ port: 80, targetPort: "http", protocol: "UDP" }, pod), undefined);
  });
});

describe("appProtocol", () => {
  for (const [name, protocol] of [
    ["http", "http"],
    ["http-web", "http"],
    ["HTTP2", "http"],
    ["grpc-web", "http"],
    ["https", "tcp"],
    ["tls-x", "tcp"],
    ["tcp-redis", "tcp"],
    ["redis", "tcp"],
    ["mysql", "tcp"],
    ["mongo", "tcp"],
    ["web", "auto"],
    ["httpx", "auto"],
    ["web-http", "auto"],
  ] as const) {
    it(`is ${protocol} for a port named ${name}`, () => {
      assert.equal(appProtocol({ port: 1, name }), protocol);
    });
  }

  it("is auto for a port without a name", () => {
    assert.equal(appProtocol({ port: 80 }), "auto");
  });

  it("is what appProtocol says, whatever the name", () => {
    assert.equal(appProtocol({ port: 1, name: "http", appProtocol: "tcp" }), "tcp");
    assert.equal(appProtocol({ port: 1, name: "tcp", appProtocol: "http" }), "http");
  });

  it("knows Kubernetes' own names", () => {
    assert.equal(appProtocol({ port: 1, appProtocol: "kubernetes.io/h2c" }), "http");
    assert.equal(appProtocol({ port: 1, appProtocol: "kubernetes.io/ws" }), "http");
    assert.equal(appProtocol({ port: 1, appProtocol: "kubernetes.io/wss" }), "tcp");
  });

  it("is tcp at ports whose servers speak first, unless they're declared otherwise", () => {
    assert.equal(appProtocol({ port: 3306, name: "db" }), "tcp");
    assert.equal(appProtocol({ port: 27017 }), "tcp");
    assert.equal(appProtocol({ port: 3306, name: "http" }), "http");
  });
});
