/** Small declarations made by hand, for tests that run pods as real processes. */
import type { Declaration, KubernetesObject } from "../../micromesh/resources/declared.ts";

/** What a test says of an app; the rest is the same for all of them. */
export interface App {
  namespace: string;
  name: string;
  /** The app's code, an ES module for Node. */
  source: string;
  kind?: "Deployment" | "StatefulSet";
  replicas?: number;
  env?: object[];
  labels?: Record<string, string>;
  /** Whether it's ready is asked at this port; without it, it's ready as soon as it runs. */
  port?: number;
  /** Fields of its container and pod beyond the above. */
  container?: { volumeMounts?: object[]; [field: string]: unknown };
  pod?: { volumes?: object[]; [field: string]: unknown };
}

export function labelsOf(name: string): Record<string, string> {
  return { "app.kubernetes.io/name": name };
}

/** A ConfigMap with the code, and a workload that runs it. */
export function app({ namespace, name, source, kind = "Deployment", ...rest }: App) {
  const { container = {}, pod = {}, port } = rest;
  const metadata = { name, namespace };
  const probe = port && { readinessProbe: { tcpSocket: { port }, periodSeconds: 1 } };
  return [
    object(
      "v1",
      "ConfigMap",
      { name: `${name}-code`, namespace },
      { data: { "main.mjs": source } },
    ),
    object("apps/v1", kind, metadata, {
      spec: {
        replicas: rest.replicas ?? 1,
        selector: { matchLabels: labelsOf(name) },
        ...(kind === "StatefulSet" ? { serviceName: name } : {}),
        template: {
          metadata: { labels: { ...labelsOf(name), ...rest.labels } },
          spec: {
            serviceAccountName: name,
            terminationGracePeriodSeconds: 1,
            ...pod,
            containers: [
              {
                name,
                image: "node:22",
                command: ["node", "/app/main.mjs"],
                env: rest.env ?? [],
                ...(port ? { ports: [{ containerPort: port }] } : {}),
                ...probe,
                ...container,
                volumeMounts: [
                  { name: "code", mountPath: "/app" },
                  ...(container.volumeMounts ?? []),
                ],
              },
            ],
            volumes: [
              { name: "code", configMap: { name: `${name}-code` } },
              ...(pod.volumes ?? []),
            ],
          },
        },
      },
    }),
  ];
}

/** A Service of the app of its name. */
export function service(
  namespace: string,
  name: string,
  port: { name: string; port: number; targetPort: number },
  spec: object = {},
): KubernetesObject {
  return object(
    "v1",
    "Service",
    { name, namespace },
    {
      spec: { selector: labelsOf(name), ports: [port], ...spec },
    },
  );
}

export function namespace(name: string, labels: Record<string, string> = {}): KubernetesObject {
  return object("v1", "Namespace", { name, labels }, {});
}

export function object(
  apiVersion: string,
  kind: string,
  metadata: KubernetesObject["metadata"],
  rest: object,
): KubernetesObject {
  return { apiVersion, kind, metadata, ...rest };
}

/** @param charts Helm releases of the platform, as chart and namespace */
export function declarationOf(
  objects: KubernetesObject[],
  charts: [chart: string, namespace: string][] = [],
): Declaration {
  return {
    stack: "test",
    resources: [
      ...charts.map(([chart, namespace]) =>
        resource("kubernetes:helm.sh/v3:Release", { chart, namespace, name: chart, values: {} }),
      ),
      ...objects.map((o) => {
        const group = o.apiVersion.includes("/") ? o.apiVersion : `core/${o.apiVersion}`;
        return resource(`kubernetes:${group}:${o.kind}`, o);
      }),
    ],
    outputs: { cluster: { kind: "none", name: "test" }, kubeconfig: "", endpoints: {}, labs: {} },
    secretOutputs: [],
    warnings: [],
  };
}

function resource(type: string, inputs: Record<string, unknown>): Declaration["resources"][number] {
  const options = {
    deleteBeforeReplace: false,
    protect: false,
    retainOnDelete: false,
    ignoreChanges: [],
    replaceOnChanges: [],
    additionalSecretOutputs: [],
    aliases: [],
  };
  return {
    urn: type,
    type,
    name: type,
    custom: true,
    dependencies: [],
    inputs,
    secrets: [],
    options,
  };
}

/** Asks over and over until something is there. @throws Error once the time is up */
export async function until<T>(
  what: string,
  find: () => T | undefined | false,
  timeoutMs = 10_000,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const found = find();
    if (found) return found;
    if (performance.now() > end) throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
