import assert from "node:assert/strict";
import { deployment, mistakes, object, predicted, server, service } from "../objects.ts";

const found = (...objects: Parameters<typeof predicted>[0]) => mistakes(predicted(objects));

describe("a Service", () => {
  it("may have nothing wrong with it", () => {
    assert.deepEqual(found(...server("x/a", 80)), []);
    const external = { type: "ExternalName", externalName: "example.com", selector: undefined };
    assert.deepEqual(found(service("x/a", 80, external)), []);
    assert.deepEqual(found(service("x/a", 80, { selector: undefined })), [], "without selector");
  });

  it("may select nobody", () => {
    assert.deepEqual(found(service("x/a", 80), deployment("y/a")), [
      "Service x/a spec.selector: selects no pod: no workload of x has the labels app=a; connections to it are refused",
    ]);
  });

  it("may select only what doesn't run", () => {
    assert.deepEqual(found(...server("x/a", 80, { replicas: 0 })), [
      "Service x/a: selects only what has no replicas (x/a[Deployment]); connections to it are refused",
    ]);
  });

  it("may lead to a port by a name that its pods don't have", () => {
    const ports = [{ port: 80 }, { port: 443, targetPort: "https" }];
    assert.deepEqual(found(deployment("x/a", { ports: [80] }), service("x/a", ports)), [
      "Service x/a spec.ports[1].targetPort: is https, a name that no container of x/a[Deployment] gives to a TCP port; connections to port 443 are refused",
    ]);
  });

  it("is told of once, however many need it", () => {
    const env = { A: "http://a", B: "http://a:80" };
    const objects = [deployment("x/b", { env }), deployment("x/c", { env }), service("x/a", 80)];
    assert.equal(found(...objects).length, 1);
  });

  it("isn't of Kubernetes where it's another's kind", () => {
    const other = object("serving.knative.dev/v1", "Service", "x/a", {
      spec: { selector: { app: "none" } },
    });
    assert.deepEqual(found(other), []);
  });
});
