import assert from "node:assert/strict";
import { Counter } from "../../../apps/counter/counter.ts";
import { NAMESPACES, SERVICES } from "../../../apps/counter/names.ts";
import type { KubernetesObject } from "../../../micromesh/resources/declared.ts";
import { kubernetesObjects, objectKey } from "../../../micromesh/resources/kubernetes.ts";
import { declareOn, images } from "../../labs/platforms.ts";

function declare({ meshed = false, ingress = false }) {
  return declareOn({ mesh: true, ingress: true }, (platform) => {
    const { className = "", ready } = platform.ingress;
    const args = {
      images,
      meshed,
      meshReady: platform.mesh.ready,
      ingress: ingress ? { className, ready } : undefined,
    };
    new Counter("counter", args, platform.options);
    return {};
  });
}

/** Names of ConfigMaps end in a digest, which this leaves out. */
const plain = (key: string) => key.replace(/-[0-9a-f]{10}$/, "-DIGEST");

describe("counter: the app's objects", () => {
  it("are these, in three namespaces", async () => {
    const objects = kubernetesObjects(await declare({}));
    assert.deepEqual(objects.map((object) => plain(objectKey(object))).sort(), [
      "ConfigMap b-apacherr/apache-config-DIGEST",
      "ConfigMap c-app-count/counter-source-DIGEST",
      "ConfigMap d-redis/redis-http-source-DIGEST",
      "Namespace b-apacherr",
      "Namespace c-app-count",
      "Namespace d-redis",
      "Service b-apacherr/apache",
      "Service c-app-count/app-svc",
      "Service d-redis/redis-http",
      "Service d-redis/redis-svc",
      "ServiceAccount b-apacherr/apache",
      "ServiceAccount c-app-count/counter",
      "ServiceAccount d-redis/redis",
      "ServiceAccount d-redis/redis-http",
      "apps/Deployment b-apacherr/apache",
      "apps/Deployment c-app-count/counter",
      "apps/Deployment d-redis/redis",
      "apps/Deployment d-redis/redis-http",
    ]);
  });

  it("have the Services that the config files and the probes count on", async () => {
    const services = kubernetesObjects(await declare({}))
      .filter(({ kind }) => kind === "Service")
      .map(({ metadata, spec }) => ({
        host: `${metadata.name}.${metadata.namespace}.svc.cluster.local`,
        port: spec.ports[0].port,
      }));
    for (const service of Object.values(SERVICES)) {
      assert.ok(
        services.some(({ host, port }) => host === service.host && port === service.port),
        service.host,
      );
    }
    const conf = kubernetesObjects(await declare({})).find(({ data }) => data?.["httpd.conf"]);
    assert.match(conf?.data["httpd.conf"], new RegExp(`http://${SERVICES.app.host}/`));
    const { host, port } = SERVICES.redisHttp;
    assert.match(conf?.data["httpd.conf"], new RegExp(`http://${host}:${port}/`));
  });

  it("leave the namespaces without labels of the mesh", async () => {
    const namespaces = kubernetesObjects(await declare({ meshed: true })).filter(
      ({ kind }) => kind === "Namespace",
    );
    assert.deepEqual(
      namespaces.map(({ metadata }) => [metadata.name, metadata.labels]),
      Object.values(NAMESPACES).map((name) => [name, { "app.kubernetes.io/part-of": "counter" }]),
    );
  });

  it("run Redis without a disk, and the app against it", async () => {
    const pods = Object.fromEntries(
      kubernetesObjects(await declare({}))
        .filter(({ kind }) => kind === "Deployment")
        .map(({ metadata, spec }) => [metadata.name, spec.template.spec.containers[0]]),
    );
    assert.deepEqual(
      [...pods.redis.command, ...pods.redis.args],
      [
        "redis-server",
        "--port",
        "6379",
        "--save",
        "",
        "--appendonly",
        "no",
        "--protected-mode",
        "no",
      ],
    );
    assert.deepEqual(pods.redis.volumeMounts, [{ name: "writable-0", mountPath: "/data" }]);
    assert.deepEqual(pods.counter.env, [
      { name: "NODE_ENV", value: "production" },
      { name: "NODE_OPTIONS", value: "--max-old-space-size=80" },
      { name: "PORT", value: "8080" },
      { name: "REDIS_ENDPOINT", value: "redis-svc.d-redis.svc.cluster.local" },
      { name: "REDIS_PORT", value: "6379" },
    ]);
    assert.deepEqual(
      Object.entries(pods)
        .map(([name, { image }]) => [name, image])
        .sort(),
      [
        ["apache", "httpd:test"],
        ["counter", "node:test"],
        ["redis", "redis:test"],
        ["redis-http", "node:test"],
      ],
    );
  });

  it("don't restart the app for what Redis does, but don't send to it either", async () => {
    const app = kubernetesObjects(await declare({})).find(
      (object) => objectKey(object) === "apps/Deployment c-app-count/counter",
    );
    const [{ livenessProbe, readinessProbe }] = (app as KubernetesObject).spec.template.spec
      .containers;
    assert.equal(livenessProbe.httpGet.path, "/version");
    assert.equal(readinessProbe.httpGet.path, "/readyz");
  });

  it("mount Apache's config where the image looks for it", async () => {
    const apache = kubernetesObjects(await declare({})).find(
      (object) => objectKey(object) === "apps/Deployment b-apacherr/apache",
    );
    const [container] = (apache as KubernetesObject).spec.template.spec.containers;
    assert.equal(container.command, undefined);
    assert.deepEqual(container.volumeMounts, [
      { name: "config", mountPath: "/usr/local/apache2/conf", readOnly: true },
      { name: "writable-0", mountPath: "/usr/local/apache2/logs" },
    ]);
  });

  it("wait for the mesh only where they're part of it", async () => {
    for (const meshed of [true, false]) {
      const { resources } = await declare({ meshed });
      const mesh = resources.find(({ name }) => name === "mesh")?.urn as string;
      const deployments = resources.filter(({ inputs }) => inputs.kind === "Deployment");
      assert.equal(deployments.length, 4);
      for (const { name, dependencies } of deployments) {
        assert.equal(dependencies.includes(mesh), meshed, name);
      }
    }
  });

  it("have an Ingress to Apache where there's a class for it", async () => {
    const { resources } = await declare({ ingress: true });
    const found = resources.find(({ inputs }) => inputs.kind === "Ingress");
    assert.deepEqual(found?.inputs, {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: {
        name: "counter",
        namespace: "b-apacherr",
        labels: { "app.kubernetes.io/part-of": "counter" },
        annotations: { "pulumi.com/skipAwait": "true" },
      },
      spec: {
        ingressClassName: "traefik",
        rules: [
          {
            host: "pippo.lan",
            http: {
              paths: [
                {
                  path: "/",
                  pathType: "Prefix",
                  backend: { service: { name: "apache", port: { name: "http" } } },
                },
              ],
            },
          },
        ],
      },
    });
    const ready = resources.find(({ name }) => name === "ingress")?.urn as string;
    assert.ok(found?.dependencies.includes(ready));
    assert.equal(found?.options.deleteBeforeReplace, true);
    const without = await declare({});
    assert.equal(
      without.resources.some(({ inputs }) => inputs.kind === "Ingress"),
      false,
    );
  });

  it("all go with the cluster, and are made by its provider", async () => {
    const { resources } = await declare({ meshed: true, ingress: true });
    const urn = (type: string, name: string) =>
      resources.find((r) => r.type === type && r.name === name)?.urn;
    const cluster = urn("test:platform:Part", "cluster");
    const provider = urn("pulumi:providers:kubernetes", "cluster");
    for (const r of resources.filter(({ type }) => type.startsWith("kubernetes:"))) {
      assert.equal(r.options.deletedWith, cluster, r.name);
      assert.equal(r.provider?.split("::").slice(0, -1).join("::"), provider, r.name);
      assert.ok(r.parent, r.name);
    }
    const top = resources.find(({ type }) => type === "micromesh:apps:Counter");
    assert.deepEqual(top?.dependencies, [urn("test:platform:Part", "cni")]);
  });
});
