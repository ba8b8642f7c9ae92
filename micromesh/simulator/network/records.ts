/**
 * The cluster's own records, as CoreDNS' plugin `kubernetes` has them. Names are those of "Kubernetes DNS-Based
 * Service Discovery" (https://github.com/kubernetes/dns/blob/master/docs/specification.md); where CoreDNS does
 * more (a port in front of any record, endpoints' names behind any Service), so is it done here.
 */
import { addressOf } from "../../resources/corefile/hosts.ts";
import { isReverse, type Kubernetes } from "../../resources/corefile/kubernetes.ts";
import type { Question, ResourceRecord } from "../../resources/corefile/question.ts";
import type { View, ViewService } from "./view.ts";

/** The parts of a name: `_port._protocol.service.namespace.svc` or `endpoint.service.namespace.svc`. */
interface Parts {
  namespace: string;
  service: string;
  endpoint?: string;
  port?: string;
  protocol?: string;
}

/** Something with an address and a port that answers to a name. */
interface Place {
  /** Its own name, below which there is none. */
  name: string;
  ip: string;
  /** Undefined: it has an address only. */
  port?: number;
}

/**
 * The records for a question in a zone of the cluster.
 * @returns undefined where there is no such name; nothing in it where the name has other records
 */
export function clusterRecords(
  view: View,
  { name, type }: Question,
  settings: Kubernetes,
  zone: string,
): ResourceRecord[] | undefined {
  if (isReverse(zone)) return type === "PTR" ? pointers(view, name, settings) : undefined;
  const labels = name === zone ? [] : name.slice(0, -zone.length - 1).split(".");
  const kind = labels.pop();
  if (kind === undefined) return [];
  if (kind !== "svc" && kind !== "pod") return undefined;
  const namespace = labels.pop();
  if (namespace === undefined) return [];
  if (!isExposed(view, settings, namespace)) return undefined;
  const service = labels.pop();
  if (service === undefined) return [];
  if (kind === "pod") {
    // The labels in front of a pod's name mean nothing to CoreDNS.
    return labels.length > 2 ? undefined : ofPod(view, settings, namespace, service, type);
  }
  if (labels.length > 2) return undefined;
  const [first, second] = labels;
  const parts: Parts =
    second === undefined
      ? { namespace, service, endpoint: first }
      : { namespace, service, port: bare(first), protocol: bare(second) };
  return ofService(view, settings, zone, parts, type);
}

function ofPod(
  view: View,
  { pods }: Kubernetes,
  namespace: string,
  name: string,
  type: string,
): ResourceRecord[] | undefined {
  const ip = name.replaceAll("-", ".");
  if (pods === "disabled" || !/^(\d{1,3}\.){3}\d{1,3}$/.test(ip)) return undefined;
  const isThere = view.pods.some((pod) => pod.namespace === namespace && pod.ips.includes(ip));
  if (pods === "verified" && !isThere) return undefined;
  return type === "A" ? [{ type, value: ip }] : [];
}

function ofService(
  view: View,
  settings: Kubernetes,
  zone: string,
  parts: Parts,
  type: string,
): ResourceRecord[] | undefined {
  const service = view.services.find(
    (one) => one.namespace === parts.namespace && one.name === parts.service,
  );
  if (!service) return undefined;
  if (service.externalName !== undefined) {
    if (parts.endpoint !== undefined || parts.port !== undefined) return undefined;
    // CoreDNS has no SRV records for what lies outside.
    const value = service.externalName.replace(/\.$/, "");
    return type === "SRV" ? [] : [{ type: "CNAME", value }];
  }
  const places = placesOf(view, service, settings, parts, zone);
  if (places.length === 0) return undefined;
  if (type === "A") {
    return [...new Set(places.map(({ ip }) => ip))].map((value) => ({ type, value }));
  }
  return type === "SRV" ? serviceRecords(places) : [];
}

function placesOf(
  view: View,
  service: ViewService,
  settings: Kubernetes,
  parts: Parts,
  zone: string,
): Place[] {
  const base = `${service.name}.${service.namespace}.svc.${zone}`;
  const ports = service.ports.filter(
    ({ name = "", protocol }) =>
      (parts.port === undefined || parts.port === name.toLowerCase()) &&
      (parts.protocol === undefined || parts.protocol === protocol.toLowerCase()),
  );
  const { clusterIp } = service;
  if (clusterIp !== undefined && parts.endpoint === undefined) {
    const isEmpty = service.addresses.every(({ ready }) => !ready);
    if (settings.ignoreEmptyService && isEmpty) return [];
    const place = { name: base, ip: clusterIp };
    if (service.ports.length === 0 && parts.port === undefined) return [place];
    return ports.map(({ port }) => ({ ...place, port }));
  }
  return service.addresses
    .filter(({ ready }) => ready || service.publishNotReadyAddresses)
    .flatMap((address) => {
      const label = endpointName(view, settings, address);
      if (parts.endpoint !== undefined && parts.endpoint !== label) return [];
      const place = { name: `${label}.${base}`, ip: address.ip };
      const own = ports.flatMap(({ endpoints }) =>
        endpoints.filter(({ ip }) => ip === address.ip).map(({ port }) => ({ ...place, port })),
      );
      return own.length === 0 && parts.port === undefined ? [place] : own;
    });
}

/** CoreDNS shares a weight of 100 among all, those included that are then left out as the same. */
function serviceRecords(places: Place[]): ResourceRecord[] {
  const weight = Math.max(1, Math.floor(100 / places.length));
  const values = places.flatMap(({ name, port }) =>
    port === undefined ? [] : [`0 ${weight} ${port} ${name}`],
  );
  return [...new Set(values)].map((value) => ({ type: "SRV", value }));
}

/** Names of an address: its Service's, else those that endpoints with a host name have. */
function pointers(view: View, name: string, settings: Kubernetes): ResourceRecord[] | undefined {
  const zone = settings.zones.find((one) => !isReverse(one));
  const ip = addressOf(name);
  const exposed = view.services.filter(({ namespace }) => isExposed(view, settings, namespace));
  const domain = (service: ViewService) => `${service.name}.${service.namespace}.svc.${zone}`;
  const service = exposed.find(({ clusterIp }) => clusterIp !== undefined && clusterIp === ip);
  const names = service
    ? [domain(service)]
    : exposed.flatMap((one) =>
        one.addresses
          .filter((address) => address.ip === ip && address.hostname !== undefined)
          .filter(({ ready }) => ready || one.publishNotReadyAddresses)
          .map(({ hostname }) => `${hostname}.${domain(one)}`),
      );
  return names.length === 0 ? undefined : names.map((value) => ({ type: "PTR", value }));
}

function isExposed(view: View, { namespaces }: Kubernetes, name: string): boolean {
  if (namespaces && !namespaces.includes(name)) return false;
  return view.namespaces.some((namespace) => namespace.name === name);
}

/** A pod's name below its Service: its own host name, else its address, or its own name where that is set so. */
function endpointName(
  { pods }: View,
  { endpointPodNames }: Kubernetes,
  { ip, hostname }: { ip: string; hostname?: string },
): string {
  const named = endpointPodNames ? pods.find(({ ips }) => ips.includes(ip))?.name : undefined;
  return hostname ?? named ?? ip.replaceAll(".", "-");
}

function bare(label = ""): string {
  return label.replace(/^_/, "");
}
