/** What the decisions of this library are about: plain data, no sockets, no Pulumi. */
import type { KubernetesObject } from "../resources/declared.ts";
import type { Settings } from "../resources/settings.ts";

export type Protocol = "TCP" | "UDP" | "SCTP";

export interface Namespace {
  name: string;
  /** Always with `kubernetes.io/metadata.name`, which the API server sets. */
  labels: Record<string, string>;
}

export interface Pod {
  namespace: string;
  name: string;
  labels: Record<string, string>;
  serviceAccount: string;
  /** IPv4 first; IPv6 second on a dual-stack cluster. Empty where the pod has none yet. */
  ips: string[];
  /** Declared container ports; policies resolve named ports by them, per pod. */
  ports: { name?: string; containerPort: number; protocol: Protocol }[];
  hostNetwork: boolean;
  /** It has a sidecar: its traffic carries the identity of its service account. */
  meshed: boolean;
}

/** One end of a connection. */
export type Peer =
  | { kind: "pod"; pod: Pod }
  /** The node that the pods run on: the kubelet, the API server's proxy. */
  | { kind: "node"; ip: string }
  /**
   * Anything beyond the cluster, known by its address, by the host names that the source looks up for it, or
   * by both. Without an address, rules by address match it only where they cover all of IPv4.
   */
  | { kind: "external"; ip?: string; names?: string[] };

/** A Service as rules that name one see it. */
export interface Service {
  namespace: string;
  name: string;
  labels: Record<string, string>;
  /** The pods behind it; absent or empty: its endpoints are declared apart. */
  selector?: Record<string, string>;
  /** The addresses of those, where it has no selector. */
  endpoints?: string[];
}

/** Everything that a decision may depend on. */
export interface World {
  namespaces: Namespace[];
  /**
   * Policies of all kinds, and the CiliumCIDRGroups that they refer to; a kind that `settings` says nobody
   * enforces is ignored.
   */
  policies: KubernetesObject[];
  /** Absent: none. */
  services?: Service[];
  /** The pods that answer look-ups of names; absent: CoreDNS, in kube-system. */
  nameServers?: Pod[];
  settings: Settings;
}

/** One step of why: a resource and the place in it, or the rule of the platform that decided. */
export interface Reason {
  /** E.g. `NetworkPolicy`; absent where no resource decided. */
  kind?: string;
  namespace?: string;
  name?: string;
  /** The place in the resource, e.g. `spec.ingress[0].from[1]`. */
  rule?: string;
  /** In words, e.g. `isolates d-redis/redis for ingress and no rule allows this source`. */
  text: string;
}

export interface Decision {
  allowed: boolean;
  because: Reason[];
}

/** An HTTP request as a mesh or Cilium L7 rule sees it. */
export interface HttpRequest {
  method: string;
  /** Path with query, e.g. `/get?x=1`; rules on paths look at the part before `?`. */
  path: string;
  /** The Host header. */
  host: string;
  /** Names in lower case. */
  headers: Record<string, string>;
}

/** The verdict of the network layer on one connection. */
export interface ConnectionDecision extends Decision {
  /** Set where a rule looks into HTTP: each request is judged too (a denied one is answered 403). */
  http?: (request: HttpRequest) => Decision;
  /** With `http`: the requests that its rules admit, in words. */
  requests?: string[];
}

/** The peer as the server's sidecar knows it. */
export interface MeshSource {
  ip: string;
  /** SPIFFE identity without scheme, e.g. `cluster.local/ns/c-app-count/sa/counter`; undefined over plaintext. */
  principal?: string;
}

export type MtlsMode = "STRICT" | "PERMISSIVE" | "DISABLE";
