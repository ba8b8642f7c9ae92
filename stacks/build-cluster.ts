import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../components/clusters/cluster.ts";
import type { Ec2HostsArgs } from "../components/clusters/ec2/args.ts";
import { ExistingCluster } from "../components/clusters/existing/existing.ts";
import { type K3sArgs, validateK3s } from "../components/clusters/k3s/args.ts";
import type { Host } from "../components/clusters/k3s/host.ts";
import { K3s } from "../components/clusters/k3s/k3s.ts";
import { privateKeyOf } from "../components/clusters/k3s/private-key.ts";
import { Minikube } from "../components/clusters/minikube/minikube.ts";
import { type Config, ConfigError } from "./config.ts";
import { networksOf } from "./networks.ts";
import { warnOfPlaceholders } from "./placeholders.ts";
import type { Size } from "./size.ts";
import { k3sDownloads } from "./versions.ts";

/** A cluster, with what the rest of its platform must know of it. */
export interface BuiltCluster {
  cluster: Cluster;
  /** Who packages it, where that matters. */
  distribution: "kubernetes" | "k3s";
  /** Services of type LoadBalancer get the nodes' addresses. */
  nodeAddresses: boolean;
  /** Services of type LoadBalancer can be reached from outside, at their addresses. */
  loadBalancersOutside: boolean;
  /** Where the nodes' port 80 answers, where that isn't at the nodes' addresses. */
  publicUrl?: pulumi.Output<string>;
  /** Undefined: somebody else's affair. */
  size?: Size;
  /** Set where kube-proxy is left to the CNI. */
  withoutKubeProxy?: { apiHost: string; apiPort: number };
}

type Of<Kind> = Extract<Config["cluster"], { kind: Kind }>;

/** Declares the stack's cluster. */
export async function buildCluster(config: Config): Promise<BuiltCluster> {
  const { cluster } = config;
  switch (cluster.kind) {
    case "minikube":
      return buildMinikube(cluster, config);
    case "k3s":
      return buildK3s(cluster, config);
    case "ec2":
      return buildEc2(cluster, config);
    case "existing": {
      const { name, context, kubeconfig, distribution } = cluster;
      return {
        cluster: new ExistingCluster("cluster", { name, context }, { kubeconfig }),
        distribution,
        nodeAddresses: false,
        loadBalancersOutside: true,
      };
    }
  }
}

function buildMinikube(
  { kind: _, profile = stackName(), ...settings }: Of<"minikube">,
  { cni, mirror }: Config,
): BuiltCluster {
  return {
    cluster: new Minikube("cluster", {
      ...settings,
      profile,
      cni: minikubeCni[cni.kind],
      imageRepository: mirror.images,
    }),
    distribution: "kubernetes",
    nodeAddresses: false,
    // While `minikube tunnel` runs.
    loadBalancersOutside: true,
  };
}

/**
 * minikube's network for each kind. `none` is not minikube's default: with containerd on docker that
 * is kindnet, which enforces NetworkPolicy; `bridge` enforces none.
 */
const minikubeCni = { cilium: "none", none: "bridge", existing: "auto" };

/** K3s on hosts that somebody else made. */
function buildK3s(settings: Of<"k3s">, config: Config): BuiltCluster {
  const privateKey = privateKeyOf(settings.privateKey);
  const host = (name: string, { address, privateAddress, port, hostKey }: SshHost): Host => ({
    name,
    identity: `${address}:${port}`,
    address: privateAddress ?? address,
    connection: { via: "ssh", host: address, port, user: settings.user, privateKey, hostKey },
  });
  const built = k3sOn(settings, config, {
    servers: settings.servers.map((each, i) => host(`server-${i + 1}`, each)),
    agents: settings.agents.map((each, i) => host(`agent-${i + 1}`, each)),
    publicAddress: settings.publicAddress ?? (settings.servers[0]?.address as string),
  });
  for (const part of ["servers", "agents"] as const) {
    const addresses = settings[part].map(({ address }) => address);
    warnOfPlaceholders(`cluster.${part}`, addresses, built.cluster);
  }
  return { ...built, loadBalancersOutside: true };
}
type SshHost = Of<"k3s">["servers"][number];

/** K3s on machines that go with the stack. AWS' SDK is loaded by none but the stacks that use it. */
async function buildEc2(settings: Of<"ec2">, config: Config): Promise<BuiltCluster> {
  const [{ Ec2Hosts }, { ec2Problems }, { offerOf }] = await Promise.all([
    import("../components/clusters/ec2/ec2-hosts.ts"),
    import("../components/clusters/ec2/args.ts"),
    import("../components/clusters/ec2/offer.ts"),
  ]);
  const { region, instanceType, haServers, agents, adminCidrs, publicCidrs, subnetId } = settings;
  const { keyName, privateKey, access, volumeGiB, imageId, protect } = settings;
  const args: Ec2HostsArgs = {
    region,
    instanceType,
    servers: haServers,
    agents,
    adminCidrs,
    publicCidrs,
    subnetId,
    key: keyName && privateKey ? { keyName, privateKey: privateKeyOf(privateKey) } : undefined,
    access,
    volumeGiB,
    imageId,
    protect,
    ...networksOfStack(settings),
    tags: {},
  };
  const problems = ec2Problems(args);
  if (problems.length > 0) throw new ConfigError(problems);
  const hosts = new Ec2Hosts("hosts", args);
  warnOfPlaceholders("cluster.adminCidrs", adminCidrs, hosts);
  const built = k3sOn(settings, config, hosts);
  return {
    ...built,
    size: { ...built.size, resource: hosts, offer: offerOf(hosts, args) },
    // Their addresses are the nodes' own, in the VPC.
    loadBalancersOutside: false,
    publicUrl: pulumi.interpolate`http://${hosts.publicAddress}`,
  };
}

function k3sOn(
  settings: Of<"k3s"> | Of<"ec2">,
  { cni, mirror }: Config,
  hosts: { servers: Host[]; agents: Host[]; publicAddress: pulumi.Input<string> },
): Omit<BuiltCluster, "loadBalancersOutside" | "cluster" | "size"> & { cluster: K3s; size: Size } {
  const { version, token } = settings;
  const own = cni.kind !== "cilium";
  const args: K3sArgs = {
    // Of nodes and contexts, which are stricter still.
    name: stackName().toLowerCase(),
    version,
    servers: hosts.servers,
    agents: hosts.agents,
    token: token === undefined ? undefined : pulumi.secret(token),
    publicAddress: hosts.publicAddress,
    network: k3sNetwork(cni),
    ...networksOfStack(settings),
    serviceLoadBalancer: own,
    downloads: k3sDownloads(version, mirror),
    imageRegistry: mirror.images,
  };
  mistaken(() => validateK3s(args));
  const cluster = new K3s("cluster", args);
  return {
    cluster,
    distribution: "k3s",
    nodeAddresses: true,
    size: {
      nodes: hosts.servers.length + hosts.agents.length,
      servers: hosts.servers.length,
      k3s: true,
      resource: cluster,
    },
    // K3s listens there on every node, servers and agents, for its own parts.
    withoutKubeProxy: own ? undefined : { apiHost: "127.0.0.1", apiPort: 6444 },
  };
}

/** What a component refuses is a mistake in the stack's settings. */
function mistaken(validate: () => void): void {
  try {
    validate();
  } catch (error) {
    throw new ConfigError([`micromesh:cluster is refused: ${(error as Error).message}`]);
  }
}

function k3sNetwork(cni: Config["cni"]): "none" | "flannel" | "flannel-and-policies" {
  if (cni.kind === "cilium") return "none";
  return cni.kind === "existing" && cni.enforcesNetworkPolicy ? "flannel-and-policies" : "flannel";
}

function networksOfStack(settings: Of<"k3s"> | Of<"ec2">) {
  const { podCidr, serviceCidr } = networksOf(pulumi.getProject(), pulumi.getStack());
  return {
    podCidr: settings.podCidr ?? podCidr,
    serviceCidr: settings.serviceCidr ?? serviceCidr,
  };
}

/** Of the stack's cluster, where a name is stricter than a stack's. */
function stackName(): string {
  return `micromesh-${pulumi.getStack().replace(/[^a-zA-Z0-9]+/g, "-")}`.replace(/-$/, "");
}
