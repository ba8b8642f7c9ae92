import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { type EnvValue, type ProbeTarget, portsOf, type WorkloadArgs } from "./args.ts";

type PodTemplate = types.input.core.v1.PodTemplateSpec;
type Probe = types.input.core.v1.Probe;

/** A pod must end within this many seconds of being told to. */
const GRACE_SECONDS = 10;

const CPU_LIMIT = "500m";

/** By which a prediction knows what pods need that no setting of theirs names. */
const NEEDS = "micromesh/needs";

/** Small sidecars that are there before the application's first connection. */
const SIDECAR = {
  labels: { "sidecar.istio.io/inject": "true" },
  annotations: {
    "proxy.istio.io/config": JSON.stringify({ holdApplicationUntilProxyStarts: true }),
    "sidecar.istio.io/proxyCPU": "10m",
    "sidecar.istio.io/proxyCPULimit": "500m",
    "sidecar.istio.io/proxyMemory": "64Mi",
    "sidecar.istio.io/proxyMemoryLimit": "192Mi",
  },
};

/** What a workload's pods are known by, to Services, policies and people. */
export function podLabels(name: string, partOf: string): Record<string, string> {
  return { "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": partOf };
}

/** What selects a workload's pods within its namespace. */
export function selectorLabels(name: string): Record<string, string> {
  return { "app.kubernetes.io/name": name };
}

/** Names of objects that the pods refer to. */
export interface PodReferences {
  serviceAccount: pulumi.Input<string>;
  /** ConfigMaps by the kind of their {@link FileSet}. */
  configMaps: Record<string, pulumi.Input<string>>;
  /** Of the workload's volume, if it has one. */
  claim?: pulumi.Input<string>;
}

/**
 * The pods of a workload: a single container that satisfies the "restricted" Pod Security Standard
 * (https://kubernetes.io/docs/concepts/security/pod-security-standards/) and doesn't write to its root
 * file system.
 */
export function podTemplate(name: string, args: WorkloadArgs, refs: PodReferences): PodTemplate {
  const files = Object.entries(args.files ?? {});
  const writable = (args.writable ?? []).map((path, i) => ({ path, volume: `writable-${i}` }));
  return {
    metadata: {
      labels: { ...podLabels(name, args.partOf), ...(args.meshed ? SIDECAR.labels : {}) },
      ...annotations(args),
    },
    spec: {
      serviceAccountName: refs.serviceAccount,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: GRACE_SECONDS,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: args.user,
        runAsGroup: args.user,
        // Else a new volume belongs to root, and the container can't write to it.
        ...(args.volume ? { fsGroup: args.user } : {}),
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [
        {
          name,
          image: args.image,
          imagePullPolicy: "IfNotPresent",
          ...(args.command ? { command: args.command } : {}),
          ...(args.args ? { args: args.args } : {}),
          ...(args.env
            ? { env: Object.entries(args.env).map(([n, value]) => variable(n, value)) }
            : {}),
          ports: portsOf(args).map(({ name, container }) => ({
            name,
            containerPort: container,
            protocol: "TCP",
          })),
          resources: {
            requests: { cpu: args.resources.cpu, memory: args.resources.memory },
            limits: {
              cpu: args.resources.cpuLimit ?? CPU_LIMIT,
              memory: args.resources.memoryLimit,
            },
          },
          // Up to a minute to start: a first start on a small, busy node is slow.
          startupProbe: {
            ...ask(args.probes.startup, args),
            periodSeconds: 1,
            failureThreshold: 60,
          },
          readinessProbe: {
            ...ask(args.probes.readiness, args),
            periodSeconds: 5,
            failureThreshold: 2,
          },
          livenessProbe: {
            ...ask(args.probes.liveness, args),
            periodSeconds: 10,
            failureThreshold: 3,
          },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
          volumeMounts: [
            ...files.map(([mountPath, set]) => ({ name: set.kind, mountPath, readOnly: true })),
            ...writable.map(({ path, volume }) => ({ name: volume, mountPath: path })),
            ...(args.volume ? [{ name: "data", mountPath: args.volume.path }] : []),
          ],
        },
      ],
      volumes: [
        ...files.map(([, set]) => ({
          name: set.kind,
          configMap: { name: refs.configMaps[set.kind] ?? set.configMap },
        })),
        ...writable.map(({ volume }) => ({ name: volume, emptyDir: { sizeLimit: "16Mi" } })),
        ...(refs.claim ? [{ name: "data", persistentVolumeClaim: { claimName: refs.claim } }] : []),
      ],
    },
  };
}

function annotations({ meshed, needs = [] }: WorkloadArgs) {
  const all = {
    ...(meshed ? SIDECAR.annotations : {}),
    ...(needs.length > 0 ? { [NEEDS]: needs.join(",") } : {}),
  };
  return Object.keys(all).length > 0 ? { annotations: all } : {};
}

function variable(name: string, value: EnvValue) {
  if (typeof value === "string") return { name, value };
  return "field" in value
    ? { name, valueFrom: { fieldRef: { fieldPath: value.field } } }
    : { name, valueFrom: { secretKeyRef: value.secret } };
}

function ask(target: ProbeTarget, args: WorkloadArgs): Probe {
  const first = args.port.name;
  const timeoutSeconds = 2;
  if (target === "tcp") return { tcpSocket: { port: first }, timeoutSeconds };
  if ("exec" in target) return { exec: { command: target.exec }, timeoutSeconds };
  return { httpGet: { path: target.path, port: target.port ?? first }, timeoutSeconds };
}
