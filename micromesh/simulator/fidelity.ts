import { honoured as honouredPolicyFields } from "../connectivity/index.ts";
import { declaredNameServer, placeText } from "../resources/corefile/declared.ts";
import type { KubernetesObject } from "../resources/declared.ts";
import { groupKind, objectKey } from "../resources/kubernetes.ts";
import type { DeclaredPlatform } from "../resources/platform.ts";
import { workloadOf } from "./cluster/workloads.ts";
import { readyQuestionOf } from "./pods/exec-probes.ts";
import { isKnownImage } from "./pods/images.ts";

/** A declared field, or a whole object, that has no effect in the simulator. */
export interface Finding {
  /** `Deployment c-app-count/counter` */
  object: string;
  /** E.g. `spec.template.spec.containers[].resources`; absent where the whole object has no effect. */
  field?: string;
  why: string;
}

/** Fields of a pod's spec that are honoured, relative to it. `[]` any item, `*` any key, `**` the field and all below it. */
const CONTAINER = [
  "name",
  "image",
  "command[]",
  "args[]",
  "env[].name",
  "env[].value",
  "env[].valueFrom.configMapKeyRef.**",
  "env[].valueFrom.secretKeyRef.**",
  "env[].valueFrom.fieldRef.**",
  "envFrom[].**",
  "ports[].name",
  "ports[].containerPort",
  "ports[].protocol",
  "volumeMounts[].name",
  "volumeMounts[].mountPath",
  "volumeMounts[].subPath",
  "volumeMounts[].readOnly",
  "securityContext.readOnlyRootFilesystem",
  "restartPolicy",
  ...["startupProbe", "readinessProbe", "livenessProbe"].flatMap((probe) =>
    [
      "httpGet.path",
      "httpGet.port",
      "httpGet.httpHeaders[].**",
      "tcpSocket.port",
      "initialDelaySeconds",
      "periodSeconds",
      "timeoutSeconds",
      "successThreshold",
      "failureThreshold",
    ].map((f) => `${probe}.${f}`),
  ),
  // Nothing is pulled, so when to pull changes nothing.
  "imagePullPolicy",
];
const POD_SPEC = [
  ...CONTAINER.flatMap((field) => [`containers[].${field}`, `initContainers[].${field}`]),
  "volumes[].name",
  "volumes[].configMap.name",
  "volumes[].configMap.optional",
  "volumes[].configMap.items[].key",
  "volumes[].configMap.items[].path",
  "volumes[].secret.secretName",
  "volumes[].secret.optional",
  "volumes[].secret.items[].key",
  "volumes[].secret.items[].path",
  "volumes[].emptyDir",
  "volumes[].persistentVolumeClaim.claimName",
  "volumes[].downwardAPI.items[].path",
  "volumes[].downwardAPI.items[].fieldRef.**",
  "serviceAccountName",
  "hostname",
  "hostNetwork",
  "subdomain",
  "restartPolicy",
  "terminationGracePeriodSeconds",
  // No token is ever mounted and no service variables are ever set.
  "automountServiceAccountToken",
  "enableServiceLinks",
];
const TEMPLATE = [
  "spec.template.metadata.**",
  "spec.selector.**",
  "spec.replicas",
  ...POD_SPEC.map((field) => `spec.template.spec.${field}`),
];
const HONOURED: Record<string, string[]> = {
  Namespace: [],
  ServiceAccount: ["automountServiceAccountToken"],
  ConfigMap: ["data.*", "immutable"],
  Secret: ["data.*", "stringData.*", "type", "immutable"],
  PersistentVolumeClaim: ["spec.**"],
  Pod: POD_SPEC.map((field) => `spec.${field}`),
  "apps/Deployment": [
    ...TEMPLATE,
    "spec.strategy.type",
    "spec.strategy.rollingUpdate.**",
    "spec.revisionHistoryLimit",
  ],
  "apps/ReplicaSet": TEMPLATE,
  "apps/StatefulSet": [...TEMPLATE, "spec.serviceName", "spec.revisionHistoryLimit"],
  "apps/DaemonSet": TEMPLATE,
  Service: [
    "spec.selector.**",
    "spec.type",
    "spec.clusterIP",
    "spec.externalName",
    "spec.publishNotReadyAddresses",
    "spec.externalTrafficPolicy",
    "spec.loadBalancerSourceRanges[]",
    "spec.ports[].name",
    "spec.ports[].port",
    "spec.ports[].protocol",
    "spec.ports[].targetPort",
    "spec.ports[].appProtocol",
  ],
  "networking.k8s.io/Ingress": [
    "spec.ingressClassName",
    "spec.defaultBackend.**",
    "spec.rules[].host",
    "spec.rules[].http.**",
  ],
  "networking.k8s.io/IngressClass": ["spec.**"],
  ...Object.fromEntries(Object.entries(honouredPolicyFields)),
};

/** What of the declared objects has no effect here: it's told at start, never dropped in silence. */
export function unhonoured(objects: KubernetesObject[], platform: DeclaredPlatform): Finding[] {
  const inObjects = objects.flatMap((object): Finding[] => {
    const fields = HONOURED[groupKind(object)];
    const group = object.apiVersion.includes("/")
      ? (object.apiVersion.split("/")[0] as string)
      : "";
    const custom = group.includes(".") && !group.endsWith(".k8s.io");
    if (custom && !platform.customGroups.includes(group)) {
      const why = `this cluster knows no ${object.kind}: nothing that brings ${group} is declared`;
      return [{ object: objectKey(object), why }];
    }
    if (!fields) return [{ object: objectKey(object), why: "this kind isn't simulated" }];
    const patterns = fields.flatMap(withParents).map(toPattern);
    const { apiVersion, kind, metadata, ...rest } = withoutHonouredCommands(object);
    const unknown = new Set(
      leaves(rest)
        .filter((path) => !patterns.some((pattern) => pattern.test(path)))
        .map(summary),
    );
    return [...unknown].map((field) => ({
      object: objectKey(object),
      field,
      why: "has no effect in the simulator",
    }));
  });
  return [...inObjects, ...inCorefile(objects)];
}

/** What of the declared Corefile has no effect: a plugin of CoreDNS, or all of it where it doesn't parse. */
function inCorefile(objects: KubernetesObject[]): Finding[] {
  const { unhonoured: parts, error } = declaredNameServer(objects);
  const found = [
    ...parts.map(({ plugin, place, why }) => ({ place, why: `${plugin}: ${why}` })),
    ...(error
      ? [{ place: error.place, why: `${error.problem}: CoreDNS keeps the Corefile that it has` }]
      : []),
  ];
  return found.map(({ place, why }) => {
    const [object = "", field = ""] = placeText(place).split(/ (?=data)/);
    return { object, field, why };
  });
}

/** @throws Error naming each container whose image the simulator can't run */
export function checkImages(objects: KubernetesObject[]): void {
  const unknown = objects.flatMap((object) => {
    const workload = workloadOf(object);
    const { containers = [], initContainers = [] } = workload?.spec ?? {};
    return [...initContainers, ...containers]
      .filter((container) => !isKnownImage(container.image))
      .map((c) => `${workload?.kind} ${workload?.namespace}/${workload?.name}: image ${c.image}`);
  });
  if (unknown.length === 0) return;
  throw new Error(
    `the simulator can't run ${unknown.join(", ")}; it knows node, httpd, postgres and redis (see docs/fidelity.md)`,
  );
}

/** Without the probes' commands that have an effect, for what they say and not for their field. */
function withoutHonouredCommands(object: KubernetesObject): KubernetesObject {
  const { containers = [], initContainers = [] } = workloadOf(object)?.spec ?? {};
  const honoured = new Set<unknown>(
    [...initContainers, ...containers].flatMap((container) => {
      const { startupProbe, readinessProbe, livenessProbe } = container;
      return [startupProbe, readinessProbe, livenessProbe].filter(
        (probe) => probe && readyQuestionOf(container, probe),
      );
    }),
  );
  if (honoured.size === 0) return object;
  const text = JSON.stringify(object, (_, value) =>
    honoured.has(value) ? { ...value, exec: undefined } : value,
  );
  return JSON.parse(text) as KubernetesObject;
}

/** Paths of all values, list items as `[]`. Empty objects and lists count as values, null doesn't. */
function leaves(value: unknown, path = ""): string[] {
  if (value === undefined || value === null) return [];
  const children = Array.isArray(value)
    ? value.map((item) => leaves(item, `${path}[]`))
    : typeof value === "object"
      ? Object.entries(value).map(([key, item]) =>
          leaves(item, path === "" ? key : `${path}.${key}`),
        )
      : [];
  return children.length === 0 && path !== "" ? [path] : [...new Set(children.flat())];
}

/** A field and all that it stands in, which may be given empty. */
function withParents(field: string): string[] {
  return [...field.matchAll(/\.|\[\]|$/g)].map((end) => field.slice(0, end.index));
}

function toPattern(field: string): RegExp {
  const source = field
    .replace(/[\\^$+?()|{}[\]]/g, "\\$&")
    .replace(/\.\*\*/g, "\0")
    .replace(/\./g, "\\.")
    .replace(/\*/g, ".+")
    .replace(/\0/g, "(\\..*|\\[\\].*)?");
  return new RegExp(`^${source}$`);
}

/** Deep settings are named by the setting, not by each of their leaves. */
function summary(path: string): string {
  const match =
    /^(.*?(resources|securityContext|affinity|lifecycle|exec|grpc|tolerations)(\[\])?)(\.|$)/.exec(
      path,
    );
  return match?.[1] ?? path;
}
