import { z } from "zod";
import { K3S_TOKEN_FORM } from "../components/clusters/k3s/args.ts";
import {
  ADDON_NAME,
  KUBERNETES_VERSION_FORM,
  MINIMUM_CPUS,
  PROFILE_NAME,
} from "../components/clusters/minikube/args.ts";
import { NODE_PORT_MAX, NODE_PORT_MIN } from "../components/ingress/traefik-values.ts";
import { K3S_VERSION, KUBERNETES_VERSION } from "./versions.ts";

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

const cidrForm = "it must be a network, e.g. 10.42.0.0/16";
const cidr = z.union([z.cidrv4(), z.cidrv6()], { error: cidrForm });
const count = z
  .int({ error: "it must be a whole number" })
  .min(0, { error: "it must not be negative" });

/** Of every cluster that K3s makes. */
const k3sSettings = {
  /** Another one is an upgrade, in place. */
  version: z
    .string({ error: "it must be text" })
    .regex(/^v\d+\.\d+\.\d+\+k3s\d+$/, { error: `it must be of the form ${K3S_VERSION}` })
    .default(K3S_VERSION),
  /** Networks of pods and Services; default: two that follow from the stack's name. */
  podCidr: z.cidrv4({ error: cidrForm }).optional(),
  serviceCidr: z.cidrv4({ error: cidrForm }).optional(),
  /** By which nodes join; a Pulumi secret. Needed where there's more than one. */
  token: z
    .string({ error: "it must be text" })
    .regex(K3S_TOKEN_FORM, { error: "it must be 16 or more printable characters without spaces" })
    .optional(),
  /** What holds data can't be deleted by mistake: volume claims, and machines that are the stack's own. */
  protect: flag.default(false),
};

const sshHost = z.strictObject(
  {
    /** Name or address by which this machine reaches it. */
    address: text,
    /** Address by which the other nodes reach it; default: `address`. */
    privateAddress: text.optional(),
    port: port.default(22),
    /** As in `known_hosts`: `ssh-ed25519 AAAA…`. Default: the key that it shows first. */
    hostKey: text.optional(),
  },
  { error: "it must be an object with an address" },
);
const sshHosts = z.array(sshHost, { error: "it must be a list of hosts" });

const k3s = z.strictObject({
  kind: z.literal("k3s"),
  /** One, or an odd number for high availability. */
  servers: sshHosts.min(1, { error: "it must name a host" }),
  agents: sshHosts.default([]),
  /** May become root by sudo without a password. */
  user: text.default("ubuntu"),
  /** A path, or the contents (then a Pulumi secret). */
  privateKey: text.default("~/.ssh/id_ed25519"),
  /** Where clients reach the API; default: the first server's address. */
  publicAddress: text.optional(),
  ...k3sSettings,
});

const ec2 = z.strictObject({
  kind: z.literal("ec2"),
  region: text,
  instanceType: text.default("m7i-flex.large"),
  /** Who may come in by SSH and to the API. */
  adminCidrs: z
    .array(cidr, { error: "it must be a list of networks" })
    .min(1, { error: "it must name the network that you come from" }),
  /** Who may come in by HTTP and HTTPS. */
  publicCidrs: z
    .array(cidr, { error: "it must be a list of networks" })
    .default(["0.0.0.0/0", "::/0"]),
  /** 1, or an odd number for high availability. */
  haServers: z.int({ error: "it must be a whole number" }).default(1),
  agents: count.default(0),
  /** Default: one of the default VPC's. */
  subnetId: text.optional(),
  /** An EC2 key pair that exists, with its `privateKey`; default: one of the stack's own. */
  keyName: text.optional(),
  /** A path, or the contents (then a Pulumi secret). */
  privateKey: text.optional(),
  access: z
    .enum(["ssh", "session-manager"], { error: "it must be ssh or session-manager" })
    .default("ssh"),
  volumeGiB: z.int({ error: "it must be a whole number of GiB" }).default(30),
  /** Default: the newest of Ubuntu 26.04 when the instance is made. */
  imageId: text.optional(),
  ...k3sSettings,
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
    k3s: url.optional(),
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
  cluster: z.discriminatedUnion("kind", [minikube, k3s, ec2, existingCluster]),
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

/** Instead of `examples`, for keys that other kinds take otherwise. */
export const examplesOfKind: Record<string, Record<string, string>> = {
  k3s: { "cluster.agents": '\'[{"address": "ADDRESS"}]\'' },
};

/** Values to show in the mend, for keys whose default says nothing. */
export const examples: Record<string, string> = {
  "cluster.memoryMiB": "6144",
  "cluster.cpus": "2",
  "cluster.kubernetesVersion": KUBERNETES_VERSION,
  "cluster.containerRuntime": "containerd",
  "cluster.keep": "true",
  "cluster.distribution": "k3s",
  "cluster.profile": "micromesh-dev",
  "cluster.servers": '\'[{"address": "ADDRESS"}]\'',
  "cluster.region": "eu-central-1",
  "cluster.instanceType": "m7i-flex.large",
  "cluster.adminCidrs": "'[\"ADDRESS/32\"]'",
  "cluster.publicCidrs": "'[\"0.0.0.0/0\"]'",
  "cluster.haServers": "3",
  "cluster.agents": "1",
  "cluster.access": "ssh",
  "cluster.protect": "true",
  "cluster.token": "$(openssl rand -hex 32)",
  "cluster.volumeGiB": "30",
  "cluster.version": K3S_VERSION,
  "cluster.podCidr": "10.42.0.0/16",
  "cluster.serviceCidr": "10.43.0.0/16",
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
  "mirror.k3s": "https://k3s.example.com/releases",
  "mirror.images": "registry.example.com/mirror",
};
