import assert from "node:assert/strict";
import { ExistingIngress } from "../../../components/ingress/existing.ts";
import { Traefik } from "../../../components/ingress/traefik.ts";
import { traefikValues, validateTraefik } from "../../../components/ingress/traefik-values.ts";
import { collected } from "../../stacks/collected.ts";

describe("Traefik", () => {
  it("declares its namespace and its release, reached by a NodePort", async () => {
    const { resources, the, nameOf } = await collected((provider) => {
      new Traefik("traefik", { namespace: "a-ingress-traefik" }, { provider: provider() });
      return undefined;
    });
    assert.deepEqual(resources.map(({ name }) => name).sort(), [
      "provider",
      "traefik",
      "traefik-namespace",
      "traefik-release",
    ]);
    assert.equal(the("traefik").type, "micromesh:ingress:Traefik");
    assert.deepEqual(the("traefik-namespace").inputs, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "a-ingress-traefik" },
    });
    const { inputs, dependencies, options, parent } = the("traefik-release");
    assert.equal(nameOf(parent), "traefik");
    assert.deepEqual(dependencies.map(nameOf), ["traefik-namespace"]);
    assert.equal(options.deleteBeforeReplace, true, "its cluster roles have fixed names");
    assert.deepEqual(inputs, {
      compat: "true",
      chart: "traefik",
      version: "41.3.0",
      repositoryOpts: { repo: "https://traefik.github.io/charts" },
      name: "traefik",
      namespace: "a-ingress-traefik",
      timeout: 300,
      values: {
        deployment: { replicas: 1 },
        service: { spec: { type: "NodePort" } },
        ingressClass: { enabled: true, isDefaultClass: false, name: "traefik" },
        providers: { kubernetesIngress: { enabled: true }, kubernetesCRD: { enabled: true } },
        ports: { web: {}, websecure: { expose: { default: false } } },
        global: { checkNewVersion: false, sendAnonymousUsage: false },
        resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "192Mi" } },
      },
    });
  });

  it("takes a port of the nodes, and an image from the mirror", () => {
    const { ports, image } = traefikValues({
      namespace: "a",
      nodePort: 30080,
      mirror: { images: "registry.lan:5000/m" },
    }) as { ports: { web: unknown }; image: unknown };
    assert.deepEqual(ports.web, { nodePort: 30080 });
    assert.deepEqual(image, { registry: "registry.lan:5000", repository: "m/library/traefik" });
  });

  it("is a load balancer where the cluster gives those addresses, and changes nothing else", () => {
    const { service, ...others } = traefikValues({ namespace: "a", serviceType: "LoadBalancer" });
    const { service: _, ...same } = traefikValues({ namespace: "a" });
    assert.deepEqual(service, { spec: { type: "LoadBalancer" } });
    assert.deepEqual(others, same);
  });

  it("refuses a port that nodes don't give out", () => {
    for (const nodePort of [29999, 32768, Number.NaN]) {
      assert.throws(() => validateTraefik({ namespace: "a", nodePort }), {
        message: `Traefik's nodePort is ${nodePort}; it must be from 30000 to 32767.`,
      });
    }
    validateTraefik({ namespace: "a", nodePort: 30000 });
    validateTraefik({ namespace: "a", nodePort: 32767 });
    validateTraefik({ namespace: "a" });
  });
});

describe("ExistingIngress", () => {
  it("declares where it is, and no resource in the cluster", async () => {
    const args = {
      className: "nginx",
      url: "http://127.0.0.1:8080",
      service: { namespace: "ingress-nginx", name: "controller", port: 80 },
      workload: { namespace: "ingress-nginx", workload: "ingress-nginx" },
    };
    const { resources } = await collected(() => {
      new ExistingIngress("ingress", args);
      return undefined;
    });
    assert.deepEqual(
      resources.map(({ type, inputs, custom }) => [type, inputs, custom]),
      [["micromesh:ingress:Existing", args, false]],
    );
  });
});
