/** The ends of a connection, with what policies ask of them worked out once. */

import type { Settings } from "../resources/settings.ts";
import { type Block, everything, parseBlockOrAddress } from "./address.ts";
import type { Labels } from "./labels.ts";
import type { Namespace, Peer, Pod, World } from "./model.ts";

export type Party = PodParty | OtherParty;

export interface PodParty {
  kind: "pod";
  /** As messages show it: `namespace/name`. */
  name: string;
  pod: Pod;
  /** The labels that select it. Cilium leaves out those that its identities don't carry. */
  labels: Labels;
  namespaceLabels: Labels;
  /** What Cilium knows it by, keys with their source: `k8s:app`. */
  identity: Labels;
  /** Each a single address, or the network that an address not known yet will be from. */
  addresses: Block[];
}

export interface OtherParty {
  /** A host-network pod is its node: its traffic carries the node's address. */
  kind: "node" | "external";
  name: string;
  identity: Labels;
  addresses: Block[];
  /** The names by which Cilium knows it for whoever asks; absent: nobody has looked up any. */
  hostnames?: string[];
  /** The names by which it's looked up in ways that Cilium doesn't see. */
  unseen?: UnseenName[];
}

export interface UnseenName {
  name: string;
  why: string;
}

/** A peer outside of which it's known which of its names Cilium knows. */
export type SeenOutside = Extract<Peer, { kind: "external" }> & { unseen: UnseenName[] };

/** Finds the party behind a peer. A pod's is kept as long as the pod object lives. */
export function partyFinder(
  world: Pick<World, "namespaces" | "settings">,
): (peer: Peer | SeenOutside) => Party {
  const namespaces = new Map(world.namespaces.map((namespace) => [namespace.name, namespace]));
  const pods = new WeakMap<Pod, Party>();
  return (peer) => {
    if (peer.kind === "node") return other("node", `node ${peer.ip}`, parseAll([peer.ip]));
    if (peer.kind === "external") return outside(peer);
    let party = pods.get(peer.pod);
    if (!party) {
      party = podParty(peer.pod, namespaces.get(peer.pod.namespace), world.settings);
      pods.set(peer.pod, party);
    }
    return party;
  };
}

function podParty(pod: Pod, namespace: Namespace | undefined, settings: Settings): Party {
  const name = `${pod.namespace}/${pod.name}`;
  if (pod.hostNetwork && settings.hostNetworkPods === "node")
    return other("node", name, parseAll(pod.ips));
  // The API server sets this one, whatever the namespace's manifest says.
  const own = { "kubernetes.io/metadata.name": pod.namespace };
  const namespaceLabels: Labels = { ...namespace?.labels, ...own };
  const labels = settings.cilium
    ? Object.fromEntries(Object.entries(pod.labels).filter(([key]) => isIdentityLabel(key)))
    : pod.labels;
  const addresses = parseAll(pod.ips.length > 0 ? pod.ips : settings.podNetworks);
  let identity: Labels | undefined;
  return {
    kind: "pod",
    name,
    pod,
    labels,
    namespaceLabels,
    // Most clusters have no policy that asks for it.
    get identity() {
      identity ??= ciliumIdentity(pod, labels, namespaceLabels);
      return identity;
    },
    addresses,
  };
}

function outside(peer: Extract<Peer, { kind: "external" }> | SeenOutside): OtherParty {
  const unseen = "unseen" in peer ? peer.unseen : undefined;
  const { ip, names: hostnames } = peer;
  const names = [...(hostnames ?? []), ...(unseen ?? []).map(({ name }) => name)];
  const more = names.length > 2 ? ` and ${names.length - 2} more` : "";
  const known = names.slice(0, 2).join(", ") + more;
  const name = ip && known ? `${ip} (${known})` : (ip ?? known);
  const addresses = ip === undefined ? [everything[4]] : parseAll([ip]);
  return { ...other("external", `external ${name}`, addresses), hostnames, unseen };
}

function other(kind: OtherParty["kind"], name: string, addresses: Block[]): OtherParty {
  // One node runs everything here, so the node is the local host and carries the API server.
  const identity: Labels =
    kind === "node"
      ? { "reserved:host": "", "reserved:kube-apiserver": "" }
      : { "reserved:world": "" };
  return { kind, name, identity, addresses };
}

function ciliumIdentity(pod: Pod, labels: Labels, namespaceLabels: Labels): Labels {
  const identity: Labels = {
    "k8s:io.kubernetes.pod.namespace": pod.namespace,
    "k8s:io.cilium.k8s.policy.serviceaccount": pod.serviceAccount,
    // The chart's default `cluster.name`.
    "k8s:io.cilium.k8s.policy.cluster": "default",
  };
  for (const [key, value] of Object.entries(namespaceLabels)) {
    identity[`k8s:io.cilium.k8s.namespace.labels.${key}`] = value;
  }
  for (const [key, value] of Object.entries(labels)) identity[`k8s:${key}`] = value;
  return identity;
}

/**
 * Whether a pod's label is part of its Cilium identity, and so can be selected by: all but these (Cilium
 * documentation, "Limiting Identity-Relevant Labels", defaults; patterns are anchored at the start).
 */
export function isIdentityLabel(key: string): boolean {
  return !ignoredByCilium.test(key);
}

const ignoredByCilium = new RegExp(
  `^(?:${[
    "io\\.kubernetes",
    "kubernetes\\.io",
    "statefulset\\.kubernetes\\.io/pod-name",
    "apps\\.kubernetes\\.io/pod-index",
    "batch\\.kubernetes\\.io/job-completion-index",
    "batch\\.kubernetes\\.io/controller-uid",
    ".*beta\\.kubernetes\\.io",
    "k8s\\.io",
    "pod-template-generation",
    "pod-template-hash",
    "controller-revision-hash",
    "annotation.*",
    "controller-uid",
    "etcd_node",
  ].join("|")})`,
);

function parseAll(texts: readonly string[]): Block[] {
  return texts.map(parseBlockOrAddress).filter((block) => block !== undefined);
}
