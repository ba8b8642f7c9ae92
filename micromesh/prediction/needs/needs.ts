/** Connections that the declared settings show to be needed. */
import type { Cluster } from "../cluster/cluster.ts";
import type { Service } from "../cluster/services.ts";
import type { Workload } from "../cluster/workloads.ts";
import type { Address } from "./addresses.ts";
import { settingsOf } from "./settings.ts";

export interface Need {
  from: Workload;
  /** Why it's taken for needed: `Deployment c-app-count/counter: env REDIS_ENDPOINT names redis-svc.d-redis`. */
  text: string;
  /** The host as written. */
  host: string;
  /** Undefined: whatever ports the Service has. */
  port?: number;
  to: NeedTarget;
}

export type NeedTarget =
  | { kind: "service"; service: Service }
  /** A name of the cluster that no Service has. */
  | { kind: "missing"; namespace: string; name: string }
  /** A host beyond the cluster. */
  | { kind: "outside" };

/** What the workloads' settings need, in the order of the workloads; each once. */
export function needsOf(cluster: Cluster): Need[] {
  const services = new Map(cluster.services.map((service) => [service.key, service]));
  const namespaces = new Set(cluster.namespaces.map(({ name }) => name));
  return cluster.workloads.flatMap((from) => {
    const needs = new Map<string, Need>();
    for (const { where, addresses } of settingsOf(from, cluster)) {
      for (const address of addresses) {
        const to = targetOf(address, from, services, namespaces);
        if (!to) continue;
        const port = address.port;
        const text = `${where} of ${from.namespace}/${from.name} names ${address.host}${port ? `, port ${port}` : ""}`;
        const key = `${address.host}:${port ?? ""}`;
        if (!needs.has(key)) needs.set(key, { from, text, host: address.host, port, to });
      }
    }
    return [...needs.values()];
  });
}

/** Resolves a host as a pod of that namespace would; undefined where it's no address after all. */
function targetOf(
  { host, port, certain }: Address,
  from: Workload,
  services: Map<string, Service>,
  namespaces: Set<string>,
  aliases = 7,
): NeedTarget | undefined {
  const labels = host.split(".");
  if (host === "localhost" || /^[\d.]+$/.test(host)) return undefined;
  const suffix = /\.svc(\.cluster\.local)?$/.exec(host);
  const [name = "", namespace = from.namespace] = suffix
    ? host.slice(0, suffix.index).split(".").slice(-2)
    : labels;
  const inCluster = suffix !== null || (labels.length <= 2 && namespaces.has(namespace));
  const service = inCluster ? services.get(`${namespace}/${name}`) : undefined;
  if (service?.externalName !== undefined) {
    // A name for another name, which may be in the cluster again.
    const next = { host: service.externalName, port, certain: true };
    return aliases > 0 ? targetOf(next, from, services, namespaces, aliases - 1) : undefined;
  }
  if (service) return { kind: "service", service };
  if (suffix) return { kind: "missing", namespace, name };
  // One or two labels that no Service has may be any word; two or more with a dot and a scheme are a host.
  if (!certain || labels.length < 2) return undefined;
  if (labels.length === 2 && namespaces.has(namespace)) return { kind: "missing", namespace, name };
  return { kind: "outside" };
}
