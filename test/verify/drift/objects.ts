/** Objects as a stack declares them, and what an API server makes of them. */
import type { KubernetesObject } from "../../../micromesh/resources/declared.ts";
import type { Declared } from "../../../micromesh/verify/drift/declared.ts";
import type { Found } from "../../../micromesh/verify/drift/differences.ts";
import type { FieldOptions } from "../../../micromesh/verify/drift/fields.ts";

export const namespace: KubernetesObject = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "a", labels: { team: "blue" } },
};

export const deployment: KubernetesObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { namespace: "a", name: "web", labels: { app: "web" } },
  spec: {
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: {
        automountServiceAccountToken: false,
        serviceAccountName: "web",
        securityContext: { runAsNonRoot: true },
        containers: [
          {
            name: "web",
            image: "web:1",
            args: ["--port", "80"],
            env: [
              { name: "LEVEL", value: "info" },
              { name: "PORT", value: "80" },
            ],
            ports: [{ name: "http", containerPort: 80 }],
            resources: { limits: { cpu: "0.1", memory: "128Mi" }, requests: { cpu: 0.05 } },
            readinessProbe: { httpGet: { path: "/", port: "http" } },
            volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
          },
        ],
        volumes: [{ name: "tmp", emptyDir: {} }],
      },
    },
  },
};

export const service: KubernetesObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { namespace: "a", name: "web" },
  spec: { selector: { app: "web" }, ports: [{ name: "http", port: 80 }] },
};

export const policy: KubernetesObject = {
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { namespace: "a", name: "isolate" },
  spec: {
    podSelector: {},
    ingress: [{ from: [{ podSelector: { matchLabels: { app: "web" } } }], ports: [{ port: 80 }] }],
  },
};

export const authorization: KubernetesObject = {
  apiVersion: "security.istio.io/v1",
  kind: "AuthorizationPolicy",
  metadata: { namespace: "a", name: "only" },
  spec: { action: "ALLOW", rules: [{ from: [{ source: { principals: ["x/ns/a/sa/web"] } }] }] },
};

export const config: KubernetesObject = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { namespace: "a", name: "config" },
  data: { "app.yaml": "level: info\nport: 80\n", mode: "fast" },
};

export const secret: KubernetesObject = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { namespace: "a", name: "password" },
  stringData: { password: "hunter2" },
};

export const every = [
  namespace,
  deployment,
  service,
  policy,
  authorization,
  config,
  secret,
] as const;

// biome-ignore lint/suspicious/noExplicitAny: objects of many kinds
type Any = any;

/** As an API server gives an object back: with its defaults, and what controllers and people's tools write. */
export function stored(object: KubernetesObject): KubernetesObject {
  const copy: Any = structuredClone(object);
  copy.metadata = {
    ...copy.metadata,
    uid: "1",
    resourceVersion: "2",
    generation: 1,
    creationTimestamp: "2026-01-02T03:04:05Z",
    managedFields: [{ manager: "pulumi" }],
    labels: { ...copy.metadata.labels, "app.kubernetes.io/managed-by": "pulumi" },
    annotations: { ...copy.metadata.annotations, "deployment.kubernetes.io/revision": "1" },
  };
  copy.status = { conditions: [], observedGeneration: 1 };
  fill[object.kind]?.(copy);
  return copy;
}

const fill: Record<string, (copy: Any) => void> = {
  Namespace: (copy) => {
    copy.metadata.labels["kubernetes.io/metadata.name"] = copy.metadata.name;
    copy.spec = { finalizers: ["kubernetes"] };
  },
  Service: ({ spec }) => {
    spec.clusterIP = "10.96.0.7";
    spec.clusterIPs = ["10.96.0.7"];
    spec.ipFamilies = ["IPv4"];
    spec.ipFamilyPolicy = "SingleStack";
    Object.assign(spec, { type: "ClusterIP", sessionAffinity: "None" });
    spec.internalTrafficPolicy = "Cluster";
    for (const port of spec.ports) {
      port.protocol ??= "TCP";
      port.targetPort ??= port.port;
    }
  },
  NetworkPolicy: ({ spec }) => {
    spec.policyTypes ??= spec.egress?.length ? ["Ingress", "Egress"] : ["Ingress"];
    spec.podSelector ??= {};
    for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
      for (const port of rule.ports ?? []) port.protocol ??= "TCP";
    }
  },
  Secret: (copy) => {
    copy.type ??= "Opaque";
    copy.data = Object.fromEntries(
      Object.entries(copy.stringData ?? {}).map(([key, text]) => [
        key,
        Buffer.from(String(text)).toString("base64"),
      ]),
    );
    delete copy.stringData;
  },
  Deployment: ({ spec }) => {
    spec.replicas ??= 1;
    spec.revisionHistoryLimit = 10;
    spec.progressDeadlineSeconds = 600;
    spec.strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%" } };
    spec.template.metadata.creationTimestamp = null;
    const pod = spec.template.spec;
    Object.assign(pod, { dnsPolicy: "ClusterFirst", restartPolicy: "Always" });
    Object.assign(pod, { schedulerName: "default-scheduler", terminationGracePeriodSeconds: 30 });
    pod.serviceAccount = pod.serviceAccountName;
    for (const container of pod.containers) {
      container.terminationMessagePath = "/dev/termination-log";
      container.terminationMessagePolicy = "File";
      container.imagePullPolicy = "IfNotPresent";
      for (const port of container.ports) port.protocol ??= "TCP";
      Object.assign(container.readinessProbe, { periodSeconds: 10, failureThreshold: 3 });
      container.readinessProbe.httpGet.scheme = "HTTP";
      container.resources = {
        limits: { cpu: "100m", memory: "128Mi" },
        requests: { cpu: "50m", memory: "128Mi" },
      };
    }
  },
};

/** A stack that declares these objects, of which nothing is unknown. */
export function declaring(
  objects: readonly KubernetesObject[],
  options: FieldOptions = {},
): Declared {
  return {
    objects: objects.map((object) => ({ object, options })),
    namespaces: objects.flatMap(({ kind, metadata }) =>
      kind === "Namespace" ? metadata.name : [],
    ),
    notes: [],
  };
}

/** A cluster with these objects, which knows their kinds and those of the others. */
export function cluster(
  objects: readonly KubernetesObject[],
  others: readonly KubernetesObject[] = every,
): Found {
  const served = [...objects, ...others].map(({ apiVersion, kind }) => ({
    apiVersion,
    kind,
    plural: `${kind.toLowerCase()}s`,
    namespaced: kind !== "Namespace",
  }));
  return { objects: [...objects], served, unreadable: [] };
}
