import assert from "node:assert/strict";
import { chart, image, mirrored } from "../../stacks/versions.ts";

describe("versions", () => {
  it("takes charts from their makers", () => {
    assert.deepEqual(chart("cilium"), {
      chart: "cilium",
      version: "1.20.0",
      repositoryOpts: { repo: "https://helm.cilium.io" },
    });
    assert.deepEqual(chart("istiod"), {
      chart: "istiod",
      version: "1.30.3",
      repositoryOpts: { repo: "https://istio-release.storage.googleapis.com/charts" },
    });
    assert.equal(chart("traefik").version, "41.3.0");
    assert.equal(chart("prometheus").version, "29.27.0");
  });

  it("takes them all from a mirror's repository, the versions unchanged", () => {
    assert.deepEqual(chart("traefik", { charts: "https://charts.lan/all/" }), {
      chart: "traefik",
      version: "41.3.0",
      repositoryOpts: { repo: "https://charts.lan/all" },
    });
  });

  it("puts the chart into an OCI reference, without a repository", () => {
    assert.deepEqual(chart("base", { charts: "oci://registry.lan/charts" }), {
      chart: "oci://registry.lan/charts/base",
      version: "1.30.3",
    });
  });

  it("names images with registry and tag, or from the mirror", () => {
    assert.equal(image("node"), "docker.io/library/node:22.21.1-alpine3.22");
    assert.equal(image("httpd"), "docker.io/library/httpd:2.4.65-alpine");
    assert.equal(
      image("redis", { images: "registry.lan:5000/m" }),
      "registry.lan:5000/m/library/redis:7.4.5-alpine",
    );
    assert.equal(
      mirrored("quay.io/cilium/cilium", { images: "registry.lan/" }),
      "registry.lan/cilium/cilium",
    );
    assert.equal(
      mirrored("quay.io/cilium/cilium", { charts: "https://x" }),
      "quay.io/cilium/cilium",
    );
  });
});
