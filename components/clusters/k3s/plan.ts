import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { K3sArgs } from "./args.ts";
import { type Addresses, apiUrl, type Node, nodeConfig, registriesConfig } from "./config.ts";
import { assignments, quote } from "./shell.ts";

const script = (name: string) =>
  readFileSync(new URL(`scripts/${name}.sh`, import.meta.url), "utf8");
const common = script("common") + script("cilium");
const launch = script("launch");

/** The command that every script is given to, by stdin. Any login shell takes it; errors quote it. */
export const AS_ROOT = `sh -c ${quote(
  script("as-root")
    .replace(/^#.*\n/gm, "")
    .trimEnd(),
)}`;
/** Run by the user who logged in. */
export const PRINT_HOST_KEY = script("host-key");
/** For stdin. Prints a secret. */
export const PRINT_KUBECONFIG = script("kubeconfig");

/** A machine as a node in one life of a cluster: what a K3s on it is known to be. */
export interface Life {
  cluster: string;
  node: string;
  /** Another one: all that was installed before goes first. */
  instance: string;
  /** The address that the node is declared at. */
  login: string;
}

/** @param identities the first server's, which the cluster comes and goes with, and the machine's own */
export function lifeOf(
  cluster: string,
  node: string,
  identities: { first: string; own: string },
  login: string,
): Life {
  return {
    cluster,
    node,
    instance: digest(cluster, node, identities.first, identities.own),
    login,
  };
}

/** What the cluster is known by: when it changes, everything in the cluster is made anew. */
export function clusterIdentifier(cluster: string, firstIdentity: string): string {
  return `k3s:${cluster}:${digest(firstIdentity)}`;
}

/**
 * stdin of the command that makes a machine the node; a secret where there is a token. Run again, it
 * changes what changed.
 */
export function installation(
  args: Pick<
    K3sArgs,
    | "version"
    | "network"
    | "podCidr"
    | "serviceCidr"
    | "serviceLoadBalancer"
    | "downloads"
    | "imageRegistry"
  >,
  life: Life,
  node: Node,
  addresses: Addresses,
  token: string | undefined,
): string {
  return launched(script("install"), {
    ...life,
    role: node.role === "agent" ? "agent" : "server",
    version: args.version,
    config: nodeConfig(node, args, addresses, token !== undefined),
    registries: registriesConfig(args.imageRegistry),
    token: token ?? "",
    fixed: `${args.podCidr} and ${args.serviceCidr}`,
    network: args.network,
    server: node.role === "first" ? "" : apiUrl(addresses.servers[0] ?? ""),
    installer: args.downloads.installer,
    releases: args.downloads.releases ?? "",
  });
}

/** stdin of the command that takes K3s off a machine, unless it is another life's by then. */
export function uninstallation(life: Life): string {
  return launched(script("uninstall"), { ...life });
}

/**
 * stdin of the command, on the first server, that readies the cluster for a node's end: its pods are moved. A
 * server goes from the cluster at once, and etcd's members with it: of two that remain, none could be stopped first.
 */
export function leaving(node: string, role: Node["role"]): string {
  const drain = `${assignments({ node })}${script("drain-node")}`;
  return role === "agent" ? drain : drain + script("forget-node");
}

/** stdin of the command, on the first server, that takes a node out of the cluster. */
export function forgetting(node: string): string {
  return `${assignments({ node })}${script("forget-node")}`;
}

function launched(work: string, values: Record<string, string>): string {
  return `${assignments({ values: assignments(values), work: common + work })}${launch}`;
}

function digest(...parts: string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}
