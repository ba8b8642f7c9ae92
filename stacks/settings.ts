import { z } from "zod";
import {
  ADDON_NAME,
  KUBERNETES_VERSION_FORM,
  MINIMUM_CPUS,
  PROFILE_NAME,
} from "../components/clusters/minikube/args.ts";
import { NODE_PORT_MAX, NODE_PORT_MIN } from "../components/ingress/traefik-values.ts";
import { KUBERNETES_VERSION } from "./versions.ts";

// The texts say what a value must be; `explain` puts them behind "micromesh:KEY is VALUE; ".
const flag = z.boolean({ error: "it must be true or false" });
const text = z.string({ error: "it must be text" }).min(1, { error: "it must not be empty" });
const url = z.url({ protocol: /^https?$/, error: "it must be an http or https URL" });
const dnsLabel = z
  .string({ error: "it must be text" })
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, {
    error: "it must be a Kubernetes name: small letters, digits and -, at most 63",
  });
const portNumber = "it must be a port, 1 to 65535";
const port = z.int({ error: portNumber }).min(1, portNumber).max(65535, portNumber);
const nodePortNumber = `it must be a port, ${NODE_PORT_MIN} to ${NODE_PORT_MAX}`;

const none = z.strictObject({ kind: z.literal("none") });

const minikube = z.strictObject({
  kind: z.literal("minikube"),
  /** Default: `micromesh-<stack>`. */
  profile: z
    .string({ error: "it must be text" })
    .regex(PROFILE_NAME, { error: "it must be two or more letters, digits, - or ." })
    .optional(),
  memoryMiB: z.int({ error: "it must be a whole number of MiB" }).default(6144),
  cpus: z
    .int({ error: "it must be a whole number" })
    .min(MINIMUM_CPUS, { error: `minikube needs at least ${MINIMUM_CPUS}` })
    .default(2),
  /** Default: the one that minikube finds. */
  driver: text.optional(),
  kubernetesVersion: z
    .string({ error: "it must be text" })
    .regex(KUBERNETES_VERSION_FORM, { error: "it must be of the form v1.35.1" })
    .default(KUBERNETES_VERSION),
  containerRuntime: z
    .enum(["containerd", "docker", "cri-o"], { error: "it must be containerd, docker or cri-o" })
    .default("containerd"),
  addons: z
    .array(
      z
        .string({ error: "it must be text" })
        .regex(ADDON_NAME, { error: "it must be the name of an addon, as minikube lists them" }),
      { error: "it must be a list of names" },
    )
    .default([]),
  /** `pulumi destroy` empties the cluster and leaves it. */
  keep: flag.default(false),
});

const existingCluster = z.strictObject({
  kind: z.literal("existing"),
  /** A path, or the contents (then a Pulumi secret). Default: $KUBECONFIG, else ~/.kube/config. */
  kubeconfig: text.optional(),
  context: text.optional(),
  name: text.optional(),
  /** Who packages it, where that matters: K3s brings a CoreDNS that is configured otherwise. */
  distribution: z
    .enum(["kubernetes", "k3s"], { error: "it must be kubernetes or k3s" })
    .default("kubernetes"),
});

const cni = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("cilium"),
    hubble: z
      .strictObject({ ui: flag.default(false) }, { error: "it must be an object" })
      .prefault({}),
  }),
  none,
  z.strictObject({
    kind: z.literal("existing"),
    enforcesNetworkPolicy: flag,
    ciliumPolicies: flag.default(false),
  }),
]);

const mesh = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("istio") }),
  none,
  z.strictObject({
    kind: z.literal("existing"),
    /** Istio's root namespace. */
    namespace: dnsLabel.default("istio-system"),
    trustDomain: text.default("cluster.local"),
  }),
]);

const ingress = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("traefik"),
    namespace: dnsLabel.default("a-ingress-traefik"),
    /** Default: Kubernetes chooses one. */
    nodePort: z
      .int({ error: nodePortNumber })
      .min(NODE_PORT_MIN, nodePortNumber)
      .max(NODE_PORT_MAX, nodePortNumber)
      .optional(),
  }),
  none,
  z.strictObject({
    kind: z.literal("existing"),
    className: text,
    /** Answers from the user's machine. */
    url: url.optional(),
    /** Of the controller; the way in where there is no `url`. */
    service: z
      .strictObject(
        { namespace: dnsLabel, name: dnsLabel, port },
        { error: "it must be an object" },
      )
      .optional(),
    /** The controller's pods, by their label `app.kubernetes.io/name`. */
    workload: z
      .strictObject({ namespace: dnsLabel, workload: text }, { error: "it must be an object" })
      .optional(),
  }),
]);

const observability = z.discriminatedUnion("kind", [
  none,
  z.strictObject({ kind: z.literal("existing"), prometheusUrl: url.optional() }),
  z.strictObject({ kind: z.literal("prometheus") }),
]);

const mirror = z.strictObject(
  {
    charts: z
      .string({ error: "it must be text" })
      .regex(/^(https?|oci):\/\/[^/]/, {
        error: "it must be a Helm repository (https://…) or an OCI prefix (oci://…)",
      })
      .optional(),
    images: z
      .string({ error: "it must be text" })
      .regex(/^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*$/, {
        error: "it must be a registry with or without a path, e.g. registry.lan:5000/mirror",
      })
      .optional(),
  },
  { error: "it must be an object" },
);

const labs = z.record(
  z.string(),
  z.looseObject({ scenario: text.optional() }, { error: "it must be an object" }),
  { error: "it must be an object with a lab's name for each key" },
);

/** What a stack may say under `micromesh:`, part by part. */
export const parts = {
  cluster: z.discriminatedUnion("kind", [minikube, existingCluster]),
  cni,
  mesh,
  ingress,
  observability,
  mirror,
  labs,
};
export type PartName = keyof typeof parts;

export type Config = { [Name in Exclude<PartName, "labs">]: z.infer<(typeof parts)[Name]> } & {
  /** By name: the scenario, and what the lab's own schema made of the rest. */
  labs: Record<string, { scenario?: string; settings: unknown }>;
};

/**
 * Parts that a stack doesn't mention. A cluster of the stack's own gets everything that the labs need; on
 * a cluster that was there before nothing is installed unasked.
 */
export function defaults(clusterKind: unknown): Record<PartName, Record<string, unknown>> {
  const own = clusterKind !== "existing";
  return {
    cluster: { kind: "minikube" },
    cni: { kind: own ? "cilium" : "none" },
    mesh: { kind: own ? "istio" : "none" },
    ingress: { kind: own ? "traefik" : "none" },
    observability: { kind: "none" },
    mirror: {},
    labs: {},
  };
}

/** Values to show in the mend, for keys whose default says nothing. */
export const examples: Record<string, string> = {
  "cluster.memoryMiB": "6144",
  "cluster.cpus": "2",
  "cluster.kubernetesVersion": KUBERNETES_VERSION,
  "cluster.containerRuntime": "containerd",
  "cluster.keep": "true",
  "cluster.distribution": "k3s",
  "cluster.profile": "micromesh-dev",
  "cluster.addons": "'[\"metrics-server\"]'",
  "cni.enforcesNetworkPolicy": "true",
  "cni.ciliumPolicies": "true",
  "cni.hubble.ui": "true",
  "mesh.namespace": "istio-system",
  "mesh.trustDomain": "cluster.local",
  "ingress.namespace": "a-ingress-traefik",
  "ingress.nodePort": "30080",
  "ingress.className": "traefik",
  "ingress.url": "http://127.0.0.1",
  "ingress.service.port": "80",
  "observability.prometheusUrl": "http://127.0.0.1:9090",
  "mirror.charts": "https://charts.example.com",
  "mirror.images": "registry.example.com/mirror",
};
