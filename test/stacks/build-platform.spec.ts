import assert from "node:assert/strict";
import { buildPlatform } from "../../stacks/build-platform.ts";
import { parseConfig } from "../../stacks/config.ts";
import type { Platform } from "../../stacks/platform.ts";
import { type Collected, collected } from "./collected.ts";

async function built(raw: Record<string, unknown>): Promise<Collected & { platform: Platform }> {
  let platform: Platform | undefined;
  const result = await collected(async () => {
    platform = await buildPlatform(parseConfig(raw, {}));
    return undefined;
  });
  return { ...result, platform: platform as Platform };
}
/** Resources that stand below no other, sorted: registrations arrive in no order. */
const roots = ({ resources, nameOf }: Collected) =>
  resources
    .filter(({ parent }) => !nameOf(parent))
    .map(({ type, name }) => `${type} ${name}`)
    .sort();

const bare = { cni: { kind: "none" }, mesh: { kind: "none" }, ingress: { kind: "none" } };

describe("buildPlatform", () => {
  it("builds the default stack: minikube, Cilium, Istio, Traefik", async () => {
    const stack = await built({});
    assert.deepEqual(roots(stack), [
      "micromesh:clusters:Minikube cluster",
      "micromesh:cni:Cilium cilium",
      "micromesh:ingress:Traefik traefik",
      "micromesh:mesh:Istio istio",
    ]);
    const { cluster, cni, mesh, ingress } = stack.platform;
    assert.deepEqual([cluster.kind, cluster.name], ["minikube", "micromesh-dev"]);
    assert.deepEqual(cni, { kind: "cilium", enforcesNetworkPolicy: true, ciliumPolicies: true });
    assert.deepEqual([mesh.kind, mesh.present, mesh.ready.length], ["istio", true, 2]);
    const { ready, ...way } = ingress;
    assert.deepEqual(way, {
      kind: "traefik",
      className: "traefik",
      workload: { namespace: "a-ingress-traefik", workload: "traefik" },
      endpoint: { via: "service", namespace: "a-ingress-traefik", service: "traefik", port: 80 },
    });
    assert.equal(ready.length, 1);
  });

  it("builds everything in the cluster after its network, with its provider, to go with it", async () => {
    const { the, nameOf, platform, resources } = await built({
      observability: { kind: "prometheus" },
    });
    for (const name of ["istio", "traefik", "prometheus"]) {
      const { dependencies, options } = the(name);
      assert.ok(dependencies.map(nameOf).includes("cilium-release"), `${name} waits for the CNI`);
      assert.equal(nameOf(options.deletedWith), "cluster-profile", name);
    }
    assert.equal(nameOf(the("cilium").options.deletedWith), "cluster-profile");
    for (const { name, type, provider } of resources) {
      if (type.startsWith("kubernetes:")) assert.equal(nameOf(provider), "cluster-provider", name);
    }
    assert.deepEqual(Object.keys(platform.options).sort(), [
      "deletedWith",
      "dependsOn",
      "provider",
    ]);
    assert.equal(platform.options.provider, platform.provider);
  });

  it("deletes contents one by one where the cluster stays", async () => {
    for (const cluster of [{ keep: true }, { kind: "existing" }]) {
      const { the, platform } = await built({ cluster, ingress: { kind: "traefik" } });
      assert.equal(the("traefik").options.deletedWith, undefined);
      assert.equal(platform.options.deletedWith, undefined);
    }
  });

  it("gives minikube the network that the CNI's kind needs", async () => {
    const flag = async (cni: object) => (await built({ cni })).the("cluster").inputs.cni;
    assert.equal(await flag({ kind: "cilium" }), "none");
    assert.equal(await flag({ kind: "none" }), "bridge");
    assert.equal(await flag({ kind: "existing", enforcesNetworkPolicy: true }), "auto");
  });

  it("tells Istio of minikube's Docker runtime, which keeps network namespaces elsewhere", async () => {
    const { the } = await built({ cluster: { containerRuntime: "docker" } });
    const { values } = the("istio-cni").inputs as { values: unknown };
    assert.deepEqual((values as { global: unknown }).global, { platform: "minikube" });
  });

  it("makes a profile's name of any stack's", async () => {
    assert.equal((await built({ cluster: { profile: "mine" } })).platform.cluster.name, "mine");
    assert.equal((await built({})).the("cluster").inputs.profile, "micromesh-dev");
  });

  it("declares a cluster alone where every part is none", async () => {
    const stack = await built(bare);
    assert.deepEqual(roots(stack), ["micromesh:clusters:Minikube cluster"]);
    const { cni, mesh, ingress, options } = stack.platform;
    assert.deepEqual(cni, { kind: "none", enforcesNetworkPolicy: false, ciliumPolicies: false });
    assert.deepEqual(mesh, { kind: "none", present: false, ready: [] });
    assert.deepEqual(ingress, { kind: "none", ready: [] });
    assert.deepEqual(options.dependsOn, []);
  });

  it("installs nothing on a cluster that brings everything", async () => {
    const service = { namespace: "edge", name: "nginx", port: 8080 };
    const workload = { namespace: "edge", workload: "nginx" };
    const stack = await built({
      cluster: { kind: "existing", context: "bed" },
      cni: { kind: "existing", enforcesNetworkPolicy: true },
      mesh: { kind: "existing", trustDomain: "bed.local" },
      ingress: { kind: "existing", className: "nginx", service, workload },
      observability: { kind: "existing" },
    });
    assert.deepEqual(roots(stack), [
      "micromesh:clusters:Existing cluster",
      "micromesh:cni:Existing cni",
      "micromesh:ingress:Existing ingress",
      "micromesh:mesh:Existing mesh",
      "micromesh:observability:Existing observability",
    ]);
    assert.equal(stack.resources.filter(({ type }) => type.startsWith("kubernetes:")).length, 0);
    const { cluster, cni, mesh, ingress } = stack.platform;
    assert.deepEqual([cluster.kind, cluster.name], ["existing", "bed"]);
    assert.deepEqual(cni, { kind: "existing", enforcesNetworkPolicy: true, ciliumPolicies: false });
    assert.deepEqual(mesh, { kind: "existing", present: true, ready: [] });
    assert.deepEqual(stack.the("mesh").inputs, {
      namespace: "istio-system",
      trustDomain: "bed.local",
    });
    assert.deepEqual(ingress, {
      kind: "existing",
      className: "nginx",
      workload,
      endpoint: { via: "service", namespace: "edge", service: "nginx", port: 8080 },
      ready: [],
    });
  });

  it("goes by the URL of an existing ingress first, and by nothing where it says nothing", async () => {
    const endpoint = async (way: object) =>
      (await built({ ingress: { kind: "existing", className: "n", ...way } })).platform.ingress
        .endpoint;
    const service = { namespace: "edge", name: "nginx", port: 80 };
    assert.deepEqual(await endpoint({ url: "http://127.0.0.1:81", service }), {
      via: "url",
      url: "http://127.0.0.1:81",
    });
    assert.equal(await endpoint({}), undefined);
  });

  it("takes charts, images and minikube's own from the mirror", async () => {
    const { the, resources } = await built({
      mirror: { charts: "oci://registry.lan/charts", images: "registry.lan/images" },
      observability: { kind: "prometheus" },
    });
    assert.equal(the("cluster").inputs.imageRepository, "registry.lan/images");
    const releases = resources.filter(({ type }) => type === "kubernetes:helm.sh/v3:Release");
    assert.equal(releases.length, 7);
    for (const { name, inputs } of releases) {
      assert.match(String(inputs.chart), /^oci:\/\/registry\.lan\/charts\/[a-z]+$/, name);
      assert.equal(inputs.repositoryOpts, undefined, name);
      const withoutImages = ["istio-base", "istio-gateway"].includes(name);
      assert.equal(/"registry\.lan/.test(JSON.stringify(inputs.values)), !withoutImages, name);
    }
  });
});
