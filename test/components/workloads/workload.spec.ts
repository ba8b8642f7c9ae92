import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { LoadBalancer, WorkloadArgs } from "../../../components/workloads/args.ts";
import { configFiles, reloadedFiles } from "../../../components/workloads/files.ts";
import { NodeWorkload } from "../../../components/workloads/node-workload.ts";
import { Workload } from "../../../components/workloads/workload.ts";
import type { Declaration, DeclaredResource } from "../../../micromesh/resources/declared.ts";
import { declareOn } from "../../labs/platforms.ts";

const files = configFiles("web", { "web.conf": "x" });
const args: WorkloadArgs = {
  namespace: "ns",
  partOf: "test",
  image: "web:1",
  command: ["web"],
  args: ["--port", "8080"],
  env: { A: "1", B: "2" },
  port: { name: "http", container: 8080, service: 80 },
  probes: { startup: { path: "/s" }, readiness: { path: "/r" }, liveness: "tcp" },
  resources: { cpu: "10m", memory: "32Mi", memoryLimit: "64Mi" },
  user: 82,
  files: { "/conf": files },
  writable: ["/logs"],
};

function declare(change: Partial<WorkloadArgs> = {}): Promise<Declaration> {
  return declareOn({ mesh: true }, ({ options, mesh }) => {
    const opts = { ...options, dependsOn: mesh.ready };
    new Workload("web", { ...args, ...change }, opts);
    return {};
  });
}

function one(declaration: Declaration, kind: string): DeclaredResource {
  const found = declaration.resources.filter((r) => r.inputs.kind === kind);
  assert.equal(found.length, 1, `${found.length} of ${kind}`);
  return found[0] as DeclaredResource;
}

// biome-ignore lint/suspicious/noExplicitAny: a pod template, as the Deployment has it
function templateOf(declaration: Declaration): any {
  const { spec } = one(declaration, "Deployment").inputs as { spec: { template: unknown } };
  return spec.template;
}

/** The workload's Service, and its headless one. */
function servicesOf(declaration: Declaration): [DeclaredResource, DeclaredResource] {
  const services = declaration.resources.filter((r) => r.inputs.kind === "Service");
  const names = services.map(({ name }) => name).sort();
  assert.deepEqual(names, ["web-headless-service", "web-service"]);
  return services.sort((a, b) => (a.name > b.name ? -1 : 1)) as [
    DeclaredResource,
    DeclaredResource,
  ];
}

const labels = { "app.kubernetes.io/name": "web", "app.kubernetes.io/part-of": "test" };
const metadata = { name: "web", namespace: "ns", labels };

describe("workloads: Workload", () => {
  it("declares a service account, its files, a Deployment and a Service", async () => {
    const declaration = await declare();
    const inside = declaration.resources.filter((r) => r.parent?.endsWith("Workload::web"));
    assert.deepEqual(inside.map((r) => r.name).sort(), [
      "web-account",
      "web-config",
      "web-deployment",
      "web-service",
    ]);
    assert.deepEqual(one(declaration, "ServiceAccount").inputs, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata,
      automountServiceAccountToken: false,
    });
    assert.deepEqual(one(declaration, "ConfigMap").inputs, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { ...metadata, name: files.configMap },
      immutable: true,
      data: { "web.conf": "x" },
    });
    assert.deepEqual(one(declaration, "Service").inputs, {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: {
        type: "ClusterIP",
        selector: { "app.kubernetes.io/name": "web" },
        ports: [{ name: "http", protocol: "TCP", port: 80, targetPort: "http" }],
      },
    });
  });

  it("declares pods that satisfy the restricted standard", async () => {
    assert.deepEqual(one(await declare(), "Deployment").inputs, {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: {
        replicas: 1,
        revisionHistoryLimit: 2,
        progressDeadlineSeconds: 300,
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        selector: { matchLabels: { "app.kubernetes.io/name": "web" } },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: "web",
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            terminationGracePeriodSeconds: 10,
            securityContext: {
              runAsNonRoot: true,
              runAsUser: 82,
              runAsGroup: 82,
              seccompProfile: { type: "RuntimeDefault" },
            },
            containers: [
              {
                name: "web",
                image: "web:1",
                imagePullPolicy: "IfNotPresent",
                command: ["web"],
                args: ["--port", "8080"],
                env: [
                  { name: "A", value: "1" },
                  { name: "B", value: "2" },
                ],
                ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }],
                resources: {
                  requests: { cpu: "10m", memory: "32Mi" },
                  limits: { cpu: "500m", memory: "64Mi" },
                },
                startupProbe: {
                  httpGet: { path: "/s", port: "http" },
                  timeoutSeconds: 2,
                  periodSeconds: 1,
                  failureThreshold: 60,
                },
                readinessProbe: {
                  httpGet: { path: "/r", port: "http" },
                  timeoutSeconds: 2,
                  periodSeconds: 5,
                  failureThreshold: 2,
                },
                livenessProbe: {
                  tcpSocket: { port: "http" },
                  timeoutSeconds: 2,
                  periodSeconds: 10,
                  failureThreshold: 3,
                },
                securityContext: {
                  allowPrivilegeEscalation: false,
                  readOnlyRootFilesystem: true,
                  capabilities: { drop: ["ALL"] },
                },
                volumeMounts: [
                  { name: "config", mountPath: "/conf", readOnly: true },
                  { name: "writable-0", mountPath: "/logs" },
                ],
              },
            ],
            volumes: [
              { name: "config", configMap: { name: files.configMap } },
              { name: "writable-0", emptyDir: { sizeLimit: "16Mi" } },
            ],
          },
        },
      },
    });
  });

  it("asks for a small sidecar where it's meshed, and for nothing of the mesh where not", async () => {
    const { spec } = one(await declare({ meshed: true }), "Deployment").inputs as {
      spec: { template: { metadata: unknown } };
    };
    assert.deepEqual(spec.template.metadata, {
      labels: { ...labels, "sidecar.istio.io/inject": "true" },
      annotations: {
        "proxy.istio.io/config": '{"holdApplicationUntilProxyStarts":true}',
        "sidecar.istio.io/proxyCPU": "10m",
        "sidecar.istio.io/proxyCPULimit": "500m",
        "sidecar.istio.io/proxyMemory": "64Mi",
        "sidecar.istio.io/proxyMemoryLimit": "192Mi",
      },
    });
    assert.equal(JSON.stringify(await declare()).includes("istio.io"), false);
  });

  it("stops the old pod first where it's told to", async () => {
    const { spec } = one(await declare({ update: "replace" }), "Deployment").inputs as {
      spec: { strategy: unknown };
    };
    assert.deepEqual(spec.strategy, { type: "Recreate" });
  });

  it("is a StatefulSet where no two pods may be there at once", async () => {
    const declaration = await declare({ controller: "StatefulSet", headlessService: "web-each" });
    const { metadata, spec } = one(declaration, "StatefulSet").inputs as {
      metadata: { name: string };
      spec: Record<string, unknown>;
    };
    assert.equal(metadata.name, "web");
    const { spec: ofDeployment } = one(await declare(), "Deployment").inputs as {
      spec: Record<string, unknown>;
    };
    const { progressDeadlineSeconds: _, strategy: __, ...common } = ofDeployment;
    assert.deepEqual(spec, { ...common, serviceName: "web-each" });
  });

  it("gives what holds data a volume that outlives its pods, and that its user can write to", async () => {
    const volume = { path: "/data", size: "1Gi" };
    const declaration = await declare({ volume, update: "replace" });
    const claim = one(declaration, "PersistentVolumeClaim");
    assert.deepEqual(claim.inputs, {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    });
    const { spec } = templateOf(declaration);
    assert.equal(spec.securityContext.fsGroup, 82);
    const { volumeMounts } = spec.containers[0];
    assert.deepEqual(volumeMounts.at(-1), { name: "data", mountPath: "/data" });
    const data = { name: "data", persistentVolumeClaim: { claimName: "web" } };
    assert.deepEqual(spec.volumes.at(-1), data);
  });

  it("tells the pods what they can't know before they're there", async () => {
    const declaration = await declare({ env: { A: "1", POD_IP: { field: "status.podIP" } } });
    const [container] = templateOf(declaration).spec.containers;
    assert.deepEqual(container.env, [
      { name: "A", value: "1" },
      { name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
    ]);
  });

  it("annotates the Service where it's told to", async () => {
    const serviceAnnotations = { "example.com/a": "b" };
    const declaration = await declare({ serviceAnnotations });
    const { annotations } = one(declaration, "Service").inputs.metadata as { annotations: unknown };
    assert.deepEqual(annotations, serviceAnnotations);
  });

  it("has further ports where it's told to, and asks them", async () => {
    const declaration = await declare({
      extraPorts: [{ name: "http-admin", container: 9901, service: 9901 }],
      probes: { ...args.probes, readiness: { path: "/ready", port: "http-admin" } },
    });
    const [container] = templateOf(declaration).spec.containers;
    assert.deepEqual(container.ports, [
      { name: "http", containerPort: 8080, protocol: "TCP" },
      { name: "http-admin", containerPort: 9901, protocol: "TCP" },
    ]);
    assert.deepEqual(container.readinessProbe.httpGet, { path: "/ready", port: "http-admin" });
    assert.deepEqual(container.startupProbe.httpGet, { path: "/s", port: "http" });
    const { spec } = one(declaration, "Service").inputs as { spec: { ports: unknown } };
    assert.deepEqual(spec.ports, [
      { name: "http", protocol: "TCP", port: 80, targetPort: "http" },
      { name: "http-admin", protocol: "TCP", port: 9901, targetPort: "http-admin" },
    ]);
  });

  it("has a headless Service where it's told to", async () => {
    const { spec } = one(await declare({ headless: true }), "Service").inputs as {
      spec: { clusterIP: unknown };
    };
    assert.equal(spec.clusterIP, "None");
  });

  it("has a second Service, which is headless, where it's told to", async () => {
    const declaration = await declare({ headlessService: "web-each" });
    const [main, each] = servicesOf(declaration);
    assert.deepEqual(each.inputs, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { ...metadata, name: "web-each" },
      spec: { ...(main.inputs.spec as object), clusterIP: "None" },
    });
    assert.equal(each.options.deleteBeforeReplace, true);
  });

  it("is reached from outside where it's told to, and isn't waited for", async () => {
    const all: LoadBalancer = {
      sourceRanges: ["203.0.113.0/24"],
      externalTrafficPolicy: "Local",
    };
    const service = async (change: Partial<WorkloadArgs>) =>
      one(await declare(change), "Service").inputs as { metadata: unknown; spec: unknown };
    const plain = await service({});
    const waited = { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } };
    const { metadata: given, spec } = await service({ loadBalancer: all });
    assert.deepEqual(given, waited);
    assert.deepEqual(spec, {
      ...(plain.spec as object),
      type: "LoadBalancer",
      externalTrafficPolicy: "Local",
      loadBalancerSourceRanges: ["203.0.113.0/24"],
    });
    assert.deepEqual((await service({ loadBalancer: {} })).spec, {
      ...(plain.spec as object),
      type: "LoadBalancer",
    });
  });

  it("selects others than its own pods where it's told to, and isn't waited for", async () => {
    const selector = { app: "nobody" };
    const declaration = await declare({
      selector,
      headlessService: "web-each",
      serviceAnnotations: { a: "b" },
    });
    const services = servicesOf(declaration);
    const selectors = services.map(({ inputs }) => (inputs.spec as { selector: unknown }).selector);
    assert.deepEqual(selectors, [selector, { "app.kubernetes.io/name": "web" }]);
    const annotations = services.map(
      ({ inputs }) => (inputs.metadata as { annotations?: unknown }).annotations,
    );
    assert.deepEqual(annotations, [{ "pulumi.com/skipAwait": "true", a: "b" }, undefined]);
    // The pods keep what they're known by.
    assert.deepEqual(templateOf(declaration).metadata.labels, labels);
  });

  it("takes values from Secrets, and is asked by commands", async () => {
    const readiness = { exec: ["pg_isready", "-q"] };
    const declaration = await declare({
      env: { A: { secret: { name: "s", key: "k" } } },
      probes: { ...args.probes, readiness },
    });
    const [container] = templateOf(declaration).spec.containers;
    assert.deepEqual(container.env, [
      { name: "A", valueFrom: { secretKeyRef: { name: "s", key: "k" } } },
    ]);
    assert.deepEqual(container.readinessProbe, {
      exec: { command: ["pg_isready", "-q"] },
      timeoutSeconds: 2,
      periodSeconds: 5,
      failureThreshold: 2,
    });
  });

  it("limits the CPU to half of one, or as it's told to", async () => {
    const limits = async (change: Partial<WorkloadArgs>) =>
      templateOf(await declare(change)).spec.containers[0].resources.limits;
    assert.deepEqual(await limits({}), { cpu: "500m", memory: "64Mi" });
    const resources = { ...args.resources, cpuLimit: "2" };
    assert.deepEqual(await limits({ resources }), { cpu: "2", memory: "64Mi" });
  });

  it("says what its pods need beside what the mesh is told", async () => {
    const declaration = await declare({ needs: ["redis:6379", "cache.data:6379"] });
    assert.deepEqual(templateOf(declaration).metadata.annotations, {
      "micromesh/needs": "redis:6379,cache.data:6379",
    });
    const meshed = templateOf(await declare({ needs: ["redis:6379"], meshed: true }));
    assert.equal(meshed.metadata.annotations["micromesh/needs"], "redis:6379");
    assert.equal(meshed.metadata.annotations["sidecar.istio.io/proxyCPU"], "10m");
  });

  it("changes files that are read again in place, and starts no pod anew for them", async () => {
    const with1 = await declare({ files: { "/conf": reloadedFiles("web", { a: "1" }) } });
    const with2 = await declare({ files: { "/conf": reloadedFiles("web", { a: "2" }) } });
    const { inputs, options } = one(with1, "ConfigMap");
    assert.equal("immutable" in inputs, false);
    assert.equal((inputs.metadata as { name: string }).name, "web-config");
    assert.equal(options.deleteBeforeReplace, true);
    assert.notDeepEqual(one(with2, "ConfigMap").inputs, inputs);
    assert.deepEqual(templateOf(with2), templateOf(with1));
  });

  it("replaces what has a fixed name by deletion first, and contents by creation first", async () => {
    const declaration = await declare();
    for (const kind of ["ServiceAccount", "Deployment", "Service"]) {
      assert.equal(one(declaration, kind).options.deleteBeforeReplace, true, kind);
    }
    assert.equal(one(declaration, "ConfigMap").options.deleteBeforeReplace, false);
  });

  it("hands down the provider and what it's deleted with", async () => {
    const declaration = await declare();
    const cluster = declaration.resources.find(
      (r) => r.name === "cluster" && r.type === "test:platform:Part",
    );
    const provider = declaration.resources.find((r) => r.type === "pulumi:providers:kubernetes");
    for (const kind of ["ServiceAccount", "ConfigMap", "Deployment", "Service"]) {
      const { options, provider: used } = one(declaration, kind);
      assert.equal(options.deletedWith, cluster?.urn, kind);
      assert.equal(used?.startsWith(`${provider?.urn}::`), true, kind);
    }
  });

  it("lets the pods wait for files, identity and mesh, and the Service for nothing", async () => {
    const declaration = await declare();
    const mesh = declaration.resources.find((r) => r.name === "mesh");
    assert.deepEqual(
      one(declaration, "Deployment").dependencies,
      [
        one(declaration, "ConfigMap").urn,
        one(declaration, "ServiceAccount").urn,
        mesh?.urn as string,
      ].sort(),
    );
    // Pulumi waits for a Service's endpoints: the pods must not wait for it, nor it for them.
    assert.deepEqual(one(declaration, "Service").dependencies, []);
  });

  it("refuses arguments that don't fit, as an error of the resource", async () => {
    await assert.rejects(declare({ user: 0 }), (error: unknown) => {
      assert.ok(pulumi.ResourceError.isInstance(error));
      assert.equal(
        error.message,
        "workload web: user is 0; it must be a numeric user id above 0, not root",
      );
      return true;
    });
  });
});

describe("workloads: NodeWorkload", () => {
  const entry = new URL("../../../apps/counter/app/main.ts", import.meta.url).pathname;
  const { command, args: _, user, files: __, writable, ...common } = args;

  it("runs the bundled source on the stock image, as its user", async () => {
    const declaration = await declareOn({}, ({ options }) => {
      new NodeWorkload("api", { ...common, image: "node:1", entry }, options);
      return {};
    });
    const configMap = one(declaration, "ConfigMap");
    const { name } = configMap.inputs.metadata as { name: string };
    assert.match(name, /^api-source-[0-9a-f]{10}$/);
    const { template } = one(declaration, "Deployment").inputs.spec as {
      // biome-ignore lint/suspicious/noExplicitAny: a piece of a manifest
      template: any;
    };
    const [container] = template.spec.containers;
    assert.deepEqual(container.command, ["node", "/app/main.mjs"]);
    assert.equal(container.image, "node:1");
    assert.deepEqual(container.env, [
      { name: "NODE_ENV", value: "production" },
      { name: "NODE_OPTIONS", value: "--max-old-space-size=32" },
      { name: "A", value: "1" },
      { name: "B", value: "2" },
    ]);
    assert.deepEqual(container.volumeMounts, [
      { name: "source", mountPath: "/app", readOnly: true },
    ]);
    assert.deepEqual(template.spec.volumes, [{ name: "source", configMap: { name } }]);
    assert.equal(template.spec.securityContext.runAsUser, 1000);
  });
});
