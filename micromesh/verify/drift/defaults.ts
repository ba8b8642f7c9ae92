/**
 * What the API server makes of fields that nobody has written
 * (https://kubernetes.io/docs/reference/kubernetes-api/). Paths without places in lists:
 * `spec.template.spec.containers[].env`.
 */

/** Of a field that isn't written: what it is taken for; undefined: nothing, so that writing it changes something. */
type Fields = Record<string, unknown>;

/** What decides something, and what the API server writes itself only with this value. */
const CONTAINER: Fields = {
  args: undefined,
  command: undefined,
  env: undefined,
  envFrom: undefined,
  lifecycle: undefined,
  livenessProbe: undefined,
  ports: undefined,
  readinessProbe: undefined,
  resources: undefined,
  securityContext: undefined,
  startupProbe: undefined,
  volumeMounts: undefined,
  workingDir: undefined,
  "ports[].protocol": "TCP",
  "securityContext.allowPrivilegeEscalation": true,
  "securityContext.privileged": false,
};

const POD: Fields = {
  automountServiceAccountToken: true,
  dnsConfig: undefined,
  dnsPolicy: "ClusterFirst",
  enableServiceLinks: true,
  hostAliases: undefined,
  hostIPC: false,
  hostNetwork: false,
  hostPID: false,
  initContainers: undefined,
  nodeSelector: undefined,
  securityContext: undefined,
  serviceAccountName: undefined,
  shareProcessNamespace: false,
  terminationGracePeriodSeconds: 30,
  volumes: undefined,
  ...below("containers[]", CONTAINER),
  ...below("initContainers[]", CONTAINER),
};

const CONTROLLER: Fields = {
  "spec.paused": false,
  "spec.replicas": 1,
  "spec.template.metadata.labels": undefined,
  ...below("spec.template.spec", POD),
};

/** By group and kind. Fields that aren't among them are compared only where they're declared. */
const WATCHED: Record<string, Fields> = {
  "apps/Deployment": CONTROLLER,
  "apps/StatefulSet": CONTROLLER,
  "apps/DaemonSet": CONTROLLER,
  "batch/Job": below("spec.template.spec", POD),
  "batch/CronJob": {
    "spec.suspend": false,
    ...below("spec.jobTemplate.spec.template.spec", POD),
  },
  Pod: below("spec", POD),
  Service: {
    "spec.externalIPs": undefined,
    "spec.externalName": undefined,
    "spec.externalTrafficPolicy": "Cluster",
    "spec.internalTrafficPolicy": "Cluster",
    "spec.loadBalancerSourceRanges": undefined,
    "spec.ports[].protocol": "TCP",
    "spec.publishNotReadyAddresses": false,
    "spec.selector": undefined,
    "spec.sessionAffinity": "None",
    "spec.type": "ClusterIP",
  },
  ServiceAccount: { automountServiceAccountToken: undefined },
  ConfigMap: { data: undefined, binaryData: undefined, immutable: false },
  Secret: { data: undefined, immutable: false, type: "Opaque" },
  "networking.k8s.io/Ingress": {
    "spec.defaultBackend": undefined,
    "spec.rules": undefined,
    "spec.tls": undefined,
  },
  // What a mesh, or Pod Security, reads there; anybody may add other labels for purposes of their own.
  Namespace: Object.fromEntries(
    [
      "istio-injection",
      "istio.io/rev",
      "istio.io/dataplane-mode",
      "pod-security.kubernetes.io/enforce",
    ].map((label) => [`metadata.labels.${label}`, undefined]),
  ),
};

/** Kinds of which every field is somebody's: beside these, nothing is written by itself. */
const WHOLE: [kind: RegExp, Fields][] = [
  [
    /^networking\.k8s\.io\/NetworkPolicy$/,
    {
      "spec.podSelector": {},
      "spec.ingress[].ports[].protocol": "TCP",
      "spec.egress[].ports[].protocol": "TCP",
    },
  ],
  // Their CRDs have no defaults but this one (https://github.com/cilium/cilium, pkg/policy/api/icmp.go).
  [/^cilium\.io\//, family("spec")],
  [/^(networking|security|telemetry)\.istio\.io\//, {}],
];

/** What is taken for the value of a field that isn't written, by its path. */
export interface FieldRules {
  /** Every field is compared, declared or not, but for the object's metadata and status. */
  whole: boolean;
  /** Fields that are compared although they aren't declared, with what they're taken for then. */
  watched: ReadonlyMap<string, unknown>;
  /** The API server leaves out what is empty, which in a custom resource it keeps. */
  omitsEmpty: boolean;
}

/** @param groupKind e.g. `apps/Deployment`, `Service` */
export function fieldRules(groupKind: string): FieldRules {
  const [group = "", kind] = groupKind.split("/");
  const omitsEmpty = kind === undefined || !group.includes(".") || group.endsWith(".k8s.io");
  const [, fields] = WHOLE.find(([kinds]) => kinds.test(groupKind)) ?? [];
  return {
    whole: fields !== undefined,
    watched: new Map(Object.entries(fields ?? WATCHED[groupKind] ?? {})),
    omitsEmpty: omitsEmpty && !/^(policy|gateway)\.networking\.k8s\.io$/.test(group),
  };
}

function below(path: string, fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [`${path}.${name}`, value]),
  );
}

function family(spec: string): Fields {
  return Object.fromEntries(
    ["ingress", "egress", "ingressDeny", "egressDeny"].map((rules) => [
      `${spec}.${rules}[].icmps[].fields[].family`,
      "IPv4",
    ]),
  );
}
