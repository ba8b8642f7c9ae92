import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { routesHash } from "../../../apps/router/routing.ts";
import { type RouterSettings, routerSettings } from "../../../apps/router/settings.ts";
import { router } from "../../../labs/router/lab.ts";
import { probesOf } from "../../../labs/router/probes.ts";
import { scenarioNames, settingsFor } from "../../../labs/router/scenarios.ts";
import { capture } from "../../../micromesh/resources/capture.ts";
import type { Declaration, KubernetesObject } from "../../../micromesh/resources/declared.ts";
import { kubernetesObjects, objectKey } from "../../../micromesh/resources/kubernetes.ts";
import { type Lab, probe } from "../../../stacks/outputs.ts";
import { declareOn, images, type Wish } from "../platforms.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const defaults = routerSettings.parse({});

const deploy = (
  scenario: string | undefined,
  own: RouterSettings = defaults,
  wish: Wish = { ingress: true },
): Promise<Declaration> =>
  declareOn(wish, (platform) => ({ ...router.deploy(platform, { scenario, images, own }) }));

const byKey = (declaration: Declaration): Record<string, KubernetesObject> =>
  Object.fromEntries(kubernetesObjects(declaration).map((object) => [objectKey(object), object]));

// biome-ignore lint/suspicious/noExplicitAny: objects as YAML has them
const get = (declaration: Declaration, key: string): any =>
  byKey(declaration)[key] ?? assert.fail(`${key} isn't declared`);

const envOf = (deployment: KubernetesObject): Record<string, string> =>
  Object.fromEntries(
    deployment.spec.template.spec.containers[0].env.map(
      ({ name, value }: { name: string; value: string }) => [name, value],
    ),
  );

describe("the router lab", () => {
  it("begins with the open scenario, and names all", async () => {
    const { outputs } = await deploy(undefined);
    const { scenario, scenarios } = outputs.lab as Lab;
    assert.equal(scenario, "open");
    assert.deepEqual(scenarios, scenarioNames);
  });

  it("is a router, three services found by name, and a store of traces, in a namespace of its own", async () => {
    const declaration = await deploy("open");
    const services = kubernetesObjects(declaration).filter(({ kind }) => kind === "Service");
    assert.deepEqual(
      services.map(({ metadata, spec }) => [metadata.namespace, metadata.name, spec.clusterIP]),
      [
        ["mesh-dev", "a", "None"],
        ["mesh-dev", "b", "None"],
        ["mesh-dev", "c", "None"],
        ["mesh-dev", "router", undefined],
        ["mesh-dev", "traces", undefined],
      ],
    );
    const { metadata } = get(declaration, "Namespace mesh-dev");
    assert.equal(metadata.labels["micromesh/environment"], "dev");
  });

  it("is led to by its host, and by the Service where there's no ingress", async () => {
    const declaration = await deploy("open");
    const { spec } = get(declaration, "networking.k8s.io/Ingress mesh-dev/router");
    const [{ host, http }] = spec.rules;
    assert.equal(host, "mesh.local");
    assert.deepEqual(http.paths, [
      {
        path: "/",
        pathType: "Prefix",
        backend: { service: { name: "router", port: { number: 8080 } } },
      },
    ]);
    const without = await deploy("open", defaults, {});
    assert.equal(
      kubernetesObjects(without).some(({ kind }) => kind === "Ingress"),
      false,
    );
    assert.deepEqual(without.outputs.endpoints, {
      "mesh.local": { via: "service", namespace: "mesh-dev", service: "router", port: 8080 },
    });
  });

  it("makes an environment of its settings: namespace, replicas, variables, image, limits", async () => {
    const declaration = await deploy(
      "open",
      routerSettings.parse({
        environment: "prod",
        host: "mesh.example.com",
        replicas: { router: 2, a: 3 },
        variables: { LOG_LEVEL: "warn" },
        image_version: "22.20.0-alpine3.22",
        version: "v7",
        resources: { memory: "96Mi", cpu_limit: "1", memory_limit: "256Mi" },
        tracing: { sample_percent: 10 },
      }),
    );
    const a = get(declaration, "apps/Deployment mesh-prod/a");
    const { replicas, template } = a.spec;
    const [{ image, resources }] = template.spec.containers;
    assert.equal(replicas, 3);
    assert.equal(get(declaration, "apps/Deployment mesh-prod/b").spec.replicas, 2);
    assert.equal(image, "node:22.20.0-alpine3.22");
    assert.deepEqual(resources, {
      requests: { cpu: "20m", memory: "96Mi" },
      limits: { cpu: "1", memory: "256Mi" },
    });
    const env = envOf(a);
    const { LOG_LEVEL, ENVIRONMENT, VERSION, OTEL_TRACES_SAMPLER_ARG: share } = env;
    assert.deepEqual([LOG_LEVEL, ENVIRONMENT, VERSION, share], ["warn", "prod", "v7", "0.1"]);
    assert.equal(envOf(get(declaration, "apps/Deployment mesh-prod/router")).LOG_LEVEL, undefined);
    assert.deepEqual(Object.keys(declaration.outputs.endpoints as object), ["mesh.example.com"]);
  });

  it("keeps no traces where they go elsewhere", async () => {
    const tracing = { endpoint: "http://collector.observability:4318" };
    const declaration = await deploy("open", routerSettings.parse({ tracing }));
    assert.equal("apps/Deployment mesh-dev/traces" in byKey(declaration), false);
    for (const name of ["router", "a"]) {
      const env = envOf(get(declaration, `apps/Deployment mesh-dev/${name}`));
      assert.equal(env.OTEL_EXPORTER_OTLP_ENDPOINT, tracing.endpoint);
    }
    const { probes } = declaration.outputs.lab as { probes: { name: string }[] };
    assert.equal(
      probes.some(({ name }) => name.includes("trace")),
      false,
    );
  });

  for (const scenario of scenarioNames) {
    it(`${scenario} has probes of a valid lab, each with a name of its own`, () => {
      for (const settings of [defaults, routerSettings.parse({ replicas: { router: 3, a: 1 } })]) {
        const probes = probesOf(scenario, settingsFor(scenario, settings));
        assert.equal(probes.map((one) => probe.parse(one)).length, probes.length);
        assert.equal(new Set(probes.map(({ name }) => name)).size, probes.length);
      }
    });
  }

  it("has the router read its routes again, without a pod that starts anew", async () => {
    const config = get(await deploy("faults"), "ConfigMap mesh-dev/router-config");
    assert.equal(config.immutable, undefined);
    const { routing } = settingsFor("faults", defaults);
    assert.deepEqual(parse(config.data["routes.yaml"]), JSON.parse(JSON.stringify(routing)));
    const { probes } = (await deploy("faults")).outputs.lab as { probes: { expect: unknown }[] };
    assert.deepEqual(probes[0]?.expect, {
      status: 200,
      contains: `"hash":"${routesHash(routing)}"`,
    });
  });

  it("differs from stack to stack as an environment does", async () => {
    const declared = await Promise.all(
      ["dev", "staging", "prod"].map(async (stack) => {
        const declaration = await capture({ root, stack });
        const objects = kubernetesObjects(declaration);
        const [a] = objects.filter(
          ({ kind, metadata }) => kind === "Deployment" && metadata.name === "a",
        );
        const { template, replicas } = a?.spec ?? {};
        const [{ image, resources }] = template.spec.containers;
        return {
          namespace: a?.metadata.namespace,
          replicas,
          image: image.replace(/.*node:/, ""),
          level: envOf(a as KubernetesObject).LOG_LEVEL,
          memory: resources.limits.memory,
        };
      }),
    );
    assert.deepEqual(declared, [
      {
        namespace: "mesh-dev",
        replicas: 2,
        image: "22.21.1-alpine3.22",
        level: undefined,
        memory: "256Mi",
      },
      {
        namespace: "mesh-staging",
        replicas: 2,
        image: "22.21.1-alpine3.22",
        level: "info",
        memory: "256Mi",
      },
      {
        namespace: "mesh-prod",
        replicas: 3,
        image: "22.20.0-alpine3.22",
        level: "warn",
        memory: "384Mi",
      },
    ]);
  }).timeout(60_000);
});
