/** The parts of a pod's spec that the simulator reads; the API server has checked them for real. */
export interface PodSpec {
  containers: ContainerSpec[];
  initContainers?: ContainerSpec[];
  volumes?: VolumeSpec[];
  serviceAccountName?: string;
  hostname?: string;
  subdomain?: string;
  hostNetwork?: boolean;
  restartPolicy?: "Always" | "OnFailure" | "Never";
  terminationGracePeriodSeconds?: number;
  enableServiceLinks?: boolean;
  readinessGates?: unknown[];
}

export interface ContainerSpec {
  name: string;
  image: string;
  command?: string[];
  args?: string[];
  workingDir?: string;
  env?: EnvVar[];
  envFrom?: { prefix?: string; configMapRef?: Ref; secretRef?: Ref }[];
  ports?: { name?: string; containerPort: number; protocol?: "TCP" | "UDP" | "SCTP" }[];
  volumeMounts?: { name: string; mountPath: string; subPath?: string; readOnly?: boolean }[];
  securityContext?: { readOnlyRootFilesystem?: boolean };
  startupProbe?: ProbeSpec;
  readinessProbe?: ProbeSpec;
  livenessProbe?: ProbeSpec;
  /** `Always` on an init container makes it a sidecar. */
  restartPolicy?: "Always";
}

export interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: {
    configMapKeyRef?: Ref & { key: string };
    secretKeyRef?: Ref & { key: string };
    fieldRef?: { fieldPath: string };
  };
}

export interface Ref {
  name: string;
  optional?: boolean;
}

export interface VolumeSpec {
  name: string;
  configMap?: Ref & { items?: KeyToPath[] };
  secret?: { secretName: string; optional?: boolean; items?: KeyToPath[] };
  emptyDir?: object;
  persistentVolumeClaim?: { claimName: string; readOnly?: boolean };
  downwardAPI?: { items: { path: string; fieldRef?: { fieldPath: string } }[] };
}

export interface KeyToPath {
  key: string;
  path: string;
}

/** Defaults as in https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Probe */
export interface ProbeSpec {
  httpGet?: {
    path?: string;
    port: number | string;
    httpHeaders?: { name: string; value: string }[];
  };
  tcpSocket?: { port: number | string };
  exec?: { command: string[] };
  grpc?: { port: number };
  initialDelaySeconds?: number;
  periodSeconds?: number;
  timeoutSeconds?: number;
  successThreshold?: number;
  failureThreshold?: number;
}

/** A pod to run: its place, its labels and its spec. */
export interface PodTemplate {
  namespace: string;
  name: string;
  owner: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  spec: PodSpec;
}
