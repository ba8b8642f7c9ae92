/** Short ways to write the objects of a cluster, and to read its prediction, for tests. */
import { type PredictOptions, predict } from "../../micromesh/prediction/predict.ts";
import type { Flow, Prediction } from "../../micromesh/prediction/prediction.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import type { DeclaredPlatform } from "../../micromesh/resources/platform.ts";
import { commonSettings, type Settings } from "../../micromesh/resources/settings.ts";

// biome-ignore lint/suspicious/noExplicitAny: parts of objects of any kind, as YAML would have them
type Any = any;

/** An object by its path: `shop/cart`, or `shop` for one that stands in no namespace. */
export function object(
  apiVersion: string,
  kind: string,
  path: string,
  fields: object = {},
): KubernetesObject {
  const [namespace, name] = path.includes("/") ? path.split("/") : [undefined, path];
  return {
    apiVersion,
    kind,
    metadata: { ...(namespace && { namespace }), name: name as string },
    ...fields,
  };
}

export interface WorkloadFields {
  /** Default: `{ app: name }`. */
  labels?: Record<string, string>;
  replicas?: number;
  /** Of its container: TCP ports by their number, or as YAML has them. */
  ports?: (number | object)[];
  env?: Record<string, string | object>;
  /** Further fields of its container. */
  container?: object;
  /** Further fields of its pods' spec. */
  pod?: object;
  /** Of its pods. */
  annotations?: Record<string, string>;
}

/** A workload with one container. */
export function workload(
  kind: string,
  path: string,
  fields: WorkloadFields = {},
): KubernetesObject {
  const { labels = { app: path.split("/")[1] as string }, replicas, annotations } = fields;
  const spec = podSpec(fields);
  if (kind === "Pod") {
    const pod = object("v1", kind, path, { spec });
    return { ...pod, metadata: { ...pod.metadata, labels, annotations } };
  }
  const template = { metadata: { labels, annotations }, spec };
  if (kind === "CronJob") {
    return object("batch/v1", kind, path, { spec: { jobTemplate: { spec: { template } } } });
  }
  if (kind === "Job") return object("batch/v1", kind, path, { spec: { template } });
  const selector = { matchLabels: labels };
  return object("apps/v1", kind, path, {
    spec: { selector, ...(replicas !== undefined && { replicas }), template },
  });
}

function podSpec({ ports = [], env = {}, container = {}, pod = {} }: WorkloadFields): object {
  const main = {
    name: "main",
    ports: ports.map((port) => (typeof port === "number" ? { containerPort: port } : port)),
    env: Object.entries(env).map(([name, value]) =>
      typeof value === "string" ? { name, value } : { name, ...value },
    ),
    ...container,
  };
  return { containers: [main], ...pod };
}

export const deployment = (path: string, fields?: WorkloadFields) =>
  workload("Deployment", path, fields);

/** A Service of one port, or of several as YAML has them; it selects `app: <its name>`. */
export function service(
  path: string,
  ports: number | object[],
  spec: object = {},
): KubernetesObject {
  const selector = { app: path.split("/")[1] };
  const list = typeof ports === "number" ? [{ port: ports }] : ports;
  return object("v1", "Service", path, { spec: { selector, ports: list, ...spec } });
}

/** A server: a Deployment and its Service, on one port. */
export function server(path: string, port: number, fields?: WorkloadFields): KubernetesObject[] {
  return [deployment(path, { ports: [port], ...fields }), service(path, port)];
}

export const namespace = (name: string, labels: Record<string, string> = {}) =>
  object("v1", "Namespace", name, { metadata: { name, labels } });
export const configMap = (path: string, data: Record<string, string>) =>
  object("v1", "ConfigMap", path, { data });
export const networkPolicy = (path: string, spec: Any) =>
  object("networking.k8s.io/v1", "NetworkPolicy", path, { spec });
export const ciliumPolicy = (path: string, spec: Any) =>
  object("cilium.io/v2", "CiliumNetworkPolicy", path, { spec });
export const authorizationPolicy = (path: string, spec: Any) =>
  object("security.istio.io/v1", "AuthorizationPolicy", path, { spec });
export const peerAuthentication = (path: string, spec: Any) =>
  object("security.istio.io/v1", "PeerAuthentication", path, { spec });

/** Nothing gets into the namespace's pods. */
export const closed = (name: string) =>
  networkPolicy(`${name}/closed`, { podSelector: {}, policyTypes: ["Ingress"] });
/** What egress to the cluster's DNS takes. */
export const toDns = {
  to: [
    {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
      podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
    },
  ],
  ports: [
    { protocol: "UDP", port: 53 },
    { protocol: "TCP", port: 53 },
  ],
};

/** A platform that enforces NetworkPolicies, and has nothing else. */
export function platform(
  settings: Partial<Settings> = {},
  rest: Partial<DeclaredPlatform> = {},
): DeclaredPlatform {
  return {
    settings: {
      ...commonSettings,
      networkPolicy: true,
      cilium: false,
      ipBlockMatchesPods: true,
      ...settings,
    },
    customGroups: [],
    parts: { cni: "existing", mesh: settings.mesh ? "existing" : "none", ingress: "none" },
    ...rest,
  };
}

export const withCilium = platform({ cilium: true, ipBlockMatchesPods: false });
export const withIstio = platform({
  mesh: { rootNamespace: "istio-system", trustDomain: "cluster.local" },
});
/** Traefik, which serves the class `traefik` and Ingresses without a class. */
export const withIngress = platform(
  {},
  {
    ingress: { namespace: "traefik", name: "traefik", className: "traefik", isDefaultClass: true },
  },
);

export function predicted(
  objects: KubernetesObject[],
  on: DeclaredPlatform = platform(),
  options: Partial<PredictOptions> = {},
): Prediction {
  return predict(objects, on, { of: "test", ...options });
}

/** A workload is meant to be a Deployment where its kind isn't said. */
function idOf(end: string): string {
  return /[\]}]$/.test(end) ? end : `${end}[Deployment]`;
}

/** The flows between two parties. */
export function flows(prediction: Prediction, from: string, to: string): Flow[] {
  return prediction.flows.filter((flow) => flow.from === idOf(from) && flow.to === idOf(to));
}

/** The flows between two parties in short: `allow TCP 80`. */
export function verdicts(prediction: Prediction, from: string, to: string): string[] {
  return flows(prediction, from, to).map(({ verdict, ports }) => `${verdict} ${ports}`);
}

/** The flows that something needs, in short: `shop/web[Deployment] -> shop/db[Deployment] allow TCP 80`. */
export function needed(prediction: Prediction): string[] {
  return prediction.flows
    .filter(({ neededBy }) => neededBy.length > 0)
    .map(({ from, to, verdict, ports }) => `${from} -> ${to} ${verdict} ${ports}`);
}

/** The mistakes as lines: `Service shop/db spec.selector: selects no pod …`. */
export function mistakes({ mistakes: list }: Prediction): string[] {
  return list.map(({ object: of, field, text }) => `${of}${field ? ` ${field}` : ""}: ${text}`);
}
