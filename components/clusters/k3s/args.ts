import type * as pulumi from "@pulumi/pulumi";
import ipaddr from "ipaddr.js";
import type { Connection, Host } from "./host.ts";

export interface K3sArgs {
  /** Of the cluster, the user and the context in the kubeconfig; what a machine is known to belong to. */
  name: string;
  /** E.g. `v1.36.3+k3s1`. A newer one is installed over an older one; an older one is refused. */
  version: string;
  /** The first makes the cluster. 1, or 3, 5, …: then etcd is embedded. */
  servers: Host[];
  agents: Host[];
  /** By which nodes join; a secret. Needed where there is more than one node. It can't be changed. */
  token?: pulumi.Input<string>;
  /** Where clients reach the API: in its certificate and in the kubeconfig. */
  publicAddress: pulumi.Input<string>;
  /**
   * `none`: another CNI brings the network and stands in for kube-proxy; `flannel`: K3s' own, which
   * enforces no policy; `flannel-and-policies`: with K3s' NetworkPolicy controller.
   */
  network: "none" | "flannel" | "flannel-and-policies";
  /** Addresses of pods and of Services. They can't be changed. */
  podCidr: string;
  serviceCidr: string;
  /** Load balancers of K3s' own (servicelb), on the ports of its nodes. */
  serviceLoadBalancer: boolean;
  downloads: {
    /** URL of K3s' `install.sh` of exactly that version. */
    installer: string;
    /** Where binaries come from instead of `https://github.com/k3s-io/k3s/releases`. */
    releases?: string;
  };
  /** What stands in for docker.io, e.g. `registry.lan:5000/mirror`, reached by HTTPS. */
  imageRegistry?: string;
}

/** No release candidates: they don't sort as they follow one another. */
export const K3S_VERSION_FORM = /^v\d+\.\d+\.\d+\+k3s\d+$/;
export const K3S_TOKEN_FORM = /^[\x21-\x7e]{16,}$/;
/** A DNS label: names of nodes and contexts, and parts of resources' names. */
export const NODE_NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const URL_FORM = /^https?:\/\/[^\s'"]+$/;
/** Command takes the one algorithm that the key names: for ssh-rsa that is SHA-1, which today's servers refuse. */
const HOST_KEY_FORM =
  /^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)) AAAA[A-Za-z0-9+/]+={0,2}( .*)?$/;
const REGISTRY_FORM = /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._/-]+)?$/i;

/**
 * Checks what no cluster could be made with.
 * @throws Error that names the argument, its value and what it must be
 */
export function validateK3s(args: K3sArgs): void {
  const wrong = (what: string, must: string) => new Error(`The K3s cluster's ${what}; ${must}.`);
  if (!NODE_NAME.test(args.name)) {
    throw wrong(`name is "${args.name}"`, "it must be of small letters, digits and -, at most 63");
  }
  if (!K3S_VERSION_FORM.test(args.version)) {
    throw wrong(`version is "${args.version}"`, "it must be of the form v1.36.3+k3s1");
  }
  const count = args.servers.length;
  if (count % 2 === 0) {
    throw wrong(
      `servers are ${count}`,
      "they must be 1, 3, 5 or another odd number, for etcd's votes",
    );
  }
  const hosts = [...args.servers, ...args.agents];
  for (const [index, { name, connection }] of hosts.entries()) {
    if (!NODE_NAME.test(name)) {
      throw wrong(
        `host is called "${name}"`,
        "it must be of small letters, digits and -, at most 63",
      );
    }
    if (hosts.findIndex((host) => host.name === name) !== index) {
      throw wrong(`hosts hold "${name}" twice`, "each must have a name of its own");
    }
    validateConnection(connection, (what, must) => wrong(`host ${name} has ${what}`, must));
  }
  if (hosts.length > 1 && args.token === undefined) {
    throw wrong(
      `nodes are ${hosts.length}, and token is missing`,
      "nodes join the first by a token",
    );
  }
  if (typeof args.token === "string") validToken(args.token);
  validateNetworks(args, wrong);
  for (const [key, url] of Object.entries(args.downloads)) {
    if (url !== undefined && !URL_FORM.test(url)) {
      throw wrong(
        `downloads.${key} is "${url}"`,
        "it must be an address that begins with https://",
      );
    }
  }
  if (args.imageRegistry !== undefined && !REGISTRY_FORM.test(args.imageRegistry)) {
    throw wrong(
      `imageRegistry is "${args.imageRegistry}"`,
      "it must be of the form registry.lan:5000/mirror, without https://",
    );
  }
}

/**
 * A token as K3s takes it from a file.
 * @throws Error that doesn't tell the token
 */
export function validToken(token: string): string {
  if (!K3S_TOKEN_FORM.test(token)) {
    throw new Error(
      "The K3s cluster's token isn't one; it must have 16 or more printable characters without spaces.",
    );
  }
  return token;
}

type Wrong = (what: string, must: string) => Error;

function validateConnection(connection: Connection, wrong: Wrong): void {
  if (connection.user === "") throw wrong("no user", "name the one to log in as");
  if (connection.via === "session-manager") return;
  for (const { port, hostKey } of [connection, ...(connection.jump ? [connection.jump] : [])]) {
    if (typeof hostKey === "string" && !HOST_KEY_FORM.test(hostKey)) {
      throw wrong(
        `the hostKey "${hostKey}"`,
        "it must be an Ed25519 or ECDSA key as ssh-keyscan prints it, without the host: ssh-ed25519 AAAA…",
      );
    }
    if (!(Number.isInteger(port) && port > 0 && port < 65536)) {
      throw wrong(`the port ${port}`, "it must be from 1 to 65535");
    }
  }
  if (connection.jump?.jump) throw wrong("a jump that jumps itself", "only one jump is possible");
}

function validateNetworks({ podCidr, serviceCidr, servers, agents }: K3sArgs, wrong: Wrong): void {
  const parsed = Object.entries({ podCidr, serviceCidr }).map(([key, cidr]) => {
    if (!ipaddr.IPv4.isValidCIDR(cidr)) {
      throw wrong(`${key} is "${cidr}"`, "it must be a range of IPv4 addresses, e.g. 10.42.0.0/16");
    }
    return ipaddr.IPv4.parseCIDR(cidr);
  });
  const [pods, services] = parsed as [[ipaddr.IPv4, number], [ipaddr.IPv4, number]];
  if (pods[0].match(services) || services[0].match(pods)) {
    throw wrong(`podCidr ${podCidr} and serviceCidr ${serviceCidr} overlap`, "they must be apart");
  }
  for (const { name, address } of [...servers, ...agents]) {
    // One that is known only later, or a name, can't be compared.
    if (typeof address !== "string" || !ipaddr.IPv4.isValid(address)) continue;
    for (const [key, [range, bits]] of [
      ["podCidr", pods],
      ["serviceCidr", services],
    ] as const) {
      if (ipaddr.IPv4.parse(address).match(range, bits)) {
        throw wrong(
          `host ${name} is at ${address}, inside of ${key} ${range}/${bits}`,
          "podCidr and serviceCidr must be networks that no host is in",
        );
      }
    }
  }
}
