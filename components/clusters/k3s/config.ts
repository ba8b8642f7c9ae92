import { isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";
import { stringify } from "yaml";
import type { K3sArgs } from "./args.ts";

/** Where scripts/install.sh puts the token, and K3s reads it. */
export const TOKEN_FILE = "/var/lib/micromesh/k3s/token";
/** The first line, by which scripts/common.sh knows the file again. */
const MARK = "# Written by micromesh, which installed K3s here.\n";
const API_PORT = 6443;

/** What a node is in its cluster. */
export interface Node {
  name: string;
  role: "first" | "server" | "agent";
  address: string;
}

/** What of a cluster is known only while it's made. */
export interface Addresses {
  public: string;
  /** Of the servers, the first one first. */
  servers: string[];
}

export type ClusterConfig = Pick<
  K3sArgs,
  "network" | "podCidr" | "serviceCidr" | "serviceLoadBalancer"
>;

/**
 * A node's `/etc/rancher/k3s/config.yaml`; keys are the flags of `k3s server` and `k3s agent`
 * (https://docs.k3s.io/installation/configuration). It holds no secret.
 */
export function nodeConfig(
  node: Node,
  cluster: ClusterConfig,
  addresses: Addresses,
  hasToken: boolean,
): string {
  const [first = ""] = addresses.servers;
  return `${MARK}${stringify({
    "node-name": node.name,
    ...(isOnInterface(node.address) ? { "node-ip": node.address } : {}),
    ...(node.role === "first" ? {} : { server: apiUrl(first) }),
    ...(hasToken ? { "token-file": TOKEN_FILE } : {}),
    ...(node.role === "agent" ? {} : serverConfig(node, cluster, addresses)),
  })}`.trimEnd();
}

/** These must be the same on all servers (https://docs.k3s.io/cli/server, critical flags). */
function serverConfig(node: Node, cluster: ClusterConfig, addresses: Addresses) {
  return {
    ...(node.role === "first" && addresses.servers.length > 1 ? { "cluster-init": true } : {}),
    "tls-san": [...new Set([addresses.public, ...addresses.servers])],
    "cluster-cidr": cluster.podCidr,
    "service-cidr": cluster.serviceCidr,
    ...(cluster.network === "none"
      ? { "flannel-backend": "none", "disable-kube-proxy": true }
      : {}),
    ...(cluster.network === "flannel-and-policies" ? {} : { "disable-network-policy": true }),
    disable: ["traefik", ...(cluster.serviceLoadBalancer ? [] : ["servicelb"])],
    "secrets-encryption": true,
    "write-kubeconfig-mode": "0600",
  };
}

/**
 * A node's `/etc/rancher/k3s/registries.yaml`: docker.io, from where K3s pulls all of its own, by way
 * of another registry (https://docs.k3s.io/installation/private-registry). Empty: straight.
 */
export function registriesConfig(imageRegistry: string | undefined): string {
  if (imageRegistry === undefined) return "";
  const [host, ...path] = imageRegistry.split("/");
  const prefix = path.filter((part) => part !== "").join("/");
  return stringify({
    mirrors: {
      "docker.io": {
        endpoint: [`https://${host}`],
        ...(prefix === "" ? {} : { rewrite: { "^(.*)$": `${prefix}/$1` } }),
      },
    },
  }).trimEnd();
}

/** The API at a host name or address. */
export function apiUrl(address: string): string {
  return `https://${isIPv6(address) ? `[${address}]` : address}:${API_PORT}`;
}

/**
 * K3s must be told only addresses that an interface has. A public one may be translated to another on
 * its way, and a name is none: then K3s finds out by itself.
 */
function isOnInterface(address: string): boolean {
  return (
    ipaddr.isValid(address) &&
    ["private", "uniqueLocal", "carrierGradeNat"].includes(ipaddr.parse(address).range())
  );
}
