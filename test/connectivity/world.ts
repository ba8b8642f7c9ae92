/** Short ways to write worlds for tests. */
import assert from "node:assert/strict";
import { compile, type InboundMesh, validate } from "../../micromesh/connectivity/index.ts";
import type {
  ConnectionDecision,
  HttpRequest,
  Peer,
  Pod,
  Protocol,
  World,
} from "../../micromesh/connectivity/model.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { commonSettings, type Settings } from "../../micromesh/resources/settings.ts";

export const kubernetes: Settings = {
  ...commonSettings,
  networkPolicy: true,
  cilium: false,
  ipBlockMatchesPods: true,
};
export const cilium: Settings = {
  ...commonSettings,
  networkPolicy: true,
  cilium: true,
  ipBlockMatchesPods: false,
};
export const istio: Settings = {
  ...kubernetes,
  mesh: { rootNamespace: "istio-system", trustDomain: "cluster.local" },
};

let lastIp = 0;

/** A pod `namespace/name`, with an address of its own. */
export function pod(
  path: string,
  labels: Record<string, string> = {},
  rest: Partial<Pod> = {},
): Pod {
  const [namespace = "", name = ""] = path.split("/");
  lastIp += 1;
  return {
    namespace,
    name,
    labels,
    serviceAccount: "default",
    ips: [`10.244.${lastIp >> 8}.${lastIp & 255}`],
    ports: [],
    hostNetwork: false,
    meshed: true,
    ...rest,
  };
}

export function peer(of: Pod | string): Peer {
  if (typeof of !== "string") return { kind: "pod", pod: of };
  const [kind, ip = ""] = of.split(" ");
  return { kind: kind === "node" ? "node" : "external", ip };
}

/** `a`, `b` and so on; a label `team` on each, so that namespaces can be told apart. */
export const namespaces = ["a", "b", "c"].map((name) => ({
  name,
  labels: { team: `team-${name}` },
}));

function policy(apiVersion: string, kind: string, path: string, spec: unknown): KubernetesObject {
  const [namespace, name = ""] = path.split("/");
  const metadata = path.includes("/") ? { namespace, name } : { name: path };
  return { apiVersion, kind, metadata, spec };
}

export const networkPolicy = (path: string, spec: unknown) =>
  policy("networking.k8s.io/v1", "NetworkPolicy", path, spec);
export const ciliumPolicy = (path: string, spec: unknown) =>
  policy("cilium.io/v2", "CiliumNetworkPolicy", path, spec);
export const clusterwidePolicy = (name: string, spec: unknown) =>
  policy("cilium.io/v2", "CiliumClusterwideNetworkPolicy", name, spec);

export type TieredKind =
  | "ClusterNetworkPolicy"
  | "AdminNetworkPolicy"
  | "BaselineAdminNetworkPolicy";

/** A policy of the network policy API's tiers, in the version that has its kind. */
export function tieredPolicy(kind: TieredKind, name: string, spec: unknown): KubernetesObject {
  const version = kind === "ClusterNetworkPolicy" ? "v1alpha2" : "v1alpha1";
  return policy(`policy.networking.k8s.io/${version}`, kind, name, spec);
}

export const peerAuthentication = (path: string, spec: unknown) =>
  policy("security.istio.io/v1", "PeerAuthentication", path, spec);
export const authorizationPolicy = (path: string, spec: unknown) =>
  policy("security.istio.io/v1", "AuthorizationPolicy", path, spec);

export function world(settings: Settings, ...policies: KubernetesObject[]): World {
  return { namespaces, policies, settings };
}

/** A world of policies with which nothing is wrong. */
export function validWorld(settings: Settings, ...policies: KubernetesObject[]): World {
  assert.deepEqual(problems(...policies), []);
  return world(settings, ...policies);
}

/** A GET request to the host `web` without headers, unless told otherwise. */
export function get(path = "/", rest: Partial<HttpRequest> = {}): HttpRequest {
  return { method: "GET", path, host: "web", headers: {}, ...rest };
}

/** Asks for one connection; TCP unless said otherwise. */
export function connect(
  of: World,
  from: Pod | string,
  to: Pod | string,
  port: number,
  protocol: Protocol = "TCP",
): ConnectionDecision {
  return compile(of).connection(peer(from), peer(to), port, protocol);
}

/** What the sidecar of a pod does with connections to one of its ports, with Istio and valid policies. */
export function inboundMesh(to: Pod, port: number, ...policies: KubernetesObject[]): InboundMesh {
  const inbound = compile(validWorld(istio, ...policies)).inbound(to, port);
  assert.ok(inbound);
  return inbound;
}

export function allowed(
  of: World,
  from: Pod | string,
  to: Pod | string,
  port = 80,
  protocol: Protocol = "TCP",
): boolean {
  return connect(of, from, to, port, protocol).allowed;
}

/** The reasons as lines: `NetworkPolicy a/web spec.ingress[0]: allows ...`. */
export function lines({ because }: Pick<ConnectionDecision, "because">): string[] {
  return because.map(({ kind, namespace, name, rule, text }) => {
    const path = [namespace, name].filter(Boolean).join("/");
    const head = [kind, path, rule].filter(Boolean).join(" ");
    return head ? `${head}: ${text}` : text;
  });
}

/** Problems as `field text`. */
export function problems(...policies: KubernetesObject[]): string[] {
  return validate(policies).map(({ field, text }) => `${field} ${text}`);
}
