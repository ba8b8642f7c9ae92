import type { View, ViewService } from "./view.ts";

/** Kubernetes' resolv.conf for pods with `dnsPolicy: ClusterFirst`. */
const NDOTS = 5;
/** CNAMEs that CoreDNS follows before it gives up. */
const MAX_ALIASES = 7;

export type Answer =
  | { kind: "addresses"; addresses: string[]; service?: ViewService }
  /**
   * Not a name of the cluster: the world's resolvers decide. `asked` is the name that the pod asked for where
   * an ExternalName led from there.
   */
  | { kind: "external"; name: string; asked?: string }
  /** Cilium's DNS proxy answers REFUSED. */
  | { kind: "refused"; name: string }
  | { kind: "no-such-name" };

/**
 * Resolves a host name as a pod's resolver and CoreDNS would: search list and ndots first
 * (https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/), then the records of
 * Services and pods. A refusal ends the search, as it does with musl, which the stock node image has
 * (Cilium documentation, "Alpine/musl deployments and DNS Refused").
 *
 * @param admits whether a name, in full, may be asked for
 */
export function resolve(
  view: View,
  namespace: string,
  host: string,
  admits: (name: string) => boolean = () => true,
): Answer {
  return resolveAlias(view, namespace, host, MAX_ALIASES, admits);
}

function resolveAlias(
  view: View,
  namespace: string,
  host: string,
  aliases: number,
  admits: (name: string) => boolean,
): Answer {
  const domain = view.clusterDomain;
  const absolute = host.endsWith(".");
  const name = (absolute ? host.slice(0, -1) : host).toLowerCase();
  const searched = [
    `${name}.${namespace}.svc.${domain}`,
    `${name}.svc.${domain}`,
    `${name}.${domain}`,
  ];
  const dots = name.split(".").length - 1;
  const candidates = absolute ? [name] : dots >= NDOTS ? [name, ...searched] : [...searched, name];
  for (const candidate of candidates) {
    if (!admits(candidate)) return { kind: "refused", name: candidate };
    if (!inCluster(candidate, domain)) {
      // The cluster's suffixes are tried first; what is left is asked of the world.
      return { kind: "external", name: candidate };
    }
    const answer = clusterRecord(view, candidate.slice(0, -domain.length - 1).split("."));
    // CoreDNS follows an ExternalName itself, also back into the cluster, and past Cilium's proxy.
    if (answer?.kind === "external" && aliases > 0) {
      const target = answer.name.replace(/\.$/, "");
      const found = resolveAlias(view, namespace, `${target}.`, aliases - 1, () => true);
      return found.kind === "external" ? { ...found, asked: candidate } : found;
    }
    if (answer?.kind === "addresses") return answer;
  }
  return { kind: "no-such-name" };
}

function inCluster(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}

/** A/AAAA records by the Kubernetes DNS specification: `svc.ns.svc`, `host.svc.ns.svc`, `1-2-3-4.ns.pod`. */
function clusterRecord(view: View, labels: string[]): Answer | undefined {
  const kind = labels.at(-1);
  if (kind === "pod" && labels.length === 3) {
    const address = labels[0]?.replaceAll("-", ".") ?? "";
    const known = view.namespaces.some((namespace) => namespace.name === labels[1]);
    return known && /^(\d+\.){3}\d+$/.test(address)
      ? { kind: "addresses", addresses: [address] }
      : undefined;
  }
  if (kind !== "svc" || labels.length < 3 || labels.length > 4) return undefined;
  const [namespace, name, host] = [labels.at(-2), labels.at(-3), labels.at(-4)];
  const service = view.services.find((s) => s.namespace === namespace && s.name === name);
  if (!service) return undefined;
  if (service.externalName !== undefined) {
    return host === undefined ? { kind: "external", name: service.externalName } : undefined;
  }
  if (service.clusterIp !== undefined && host === undefined) {
    return { kind: "addresses", addresses: [service.clusterIp], service };
  }
  // CoreDNS knows endpoints by name behind any Service, not only behind headless ones.
  const addresses = service.addresses
    .filter((address) => address.ready || service.publishNotReadyAddresses)
    .filter((address) => host === undefined || host === endpointName(address))
    .map((address) => address.ip);
  return addresses.length > 0 ? { kind: "addresses", addresses, service } : undefined;
}

/** A pod's name below its Service: its own host name, else its address. */
function endpointName({ ip, hostname }: { ip: string; hostname?: string }): string {
  return hostname ?? ip.replaceAll(".", "-");
}

export interface SrvRecord {
  name: string;
  port: number;
  priority: number;
  weight: number;
}

/** SRV records `_port._protocol.service.namespace.svc.<domain>`; undefined where there are none. */
export function resolveSrv(view: View, namespace: string, query: string): SrvRecord[] | undefined {
  const domain = view.clusterDomain;
  const match = /^_([^.]+)\._(tcp|udp|sctp)\.(.+?)\.?$/i.exec(query);
  if (!match) return undefined;
  const [, portName, protocol, rest] = match as unknown as [string, string, string, string];
  const answer = resolve(view, namespace, rest);
  if (answer.kind !== "addresses" || !answer.service) return undefined;
  const { service } = answer;
  const port = service.ports.find(
    (p) => p.name === portName.toLowerCase() && p.protocol === protocol.toUpperCase(),
  );
  if (!port) return undefined;
  const base = `${service.name}.${service.namespace}.svc.${domain}`;
  const record = (name: string, number: number) => ({
    name,
    port: number,
    priority: 0,
    weight: 100,
  });
  if (service.clusterIp !== undefined) return [record(base, port.port)];
  return port.endpoints.map((endpoint) => {
    const address = service.addresses.find((a) => a.ip === endpoint.ip) ?? endpoint;
    return record(`${endpointName(address)}.${base}`, endpoint.port);
  });
}
