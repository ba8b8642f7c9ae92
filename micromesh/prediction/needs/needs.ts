/** Connections that the declared settings show to be needed. */
import type { Cluster } from "../cluster/cluster.ts";
import type { Service } from "../cluster/services.ts";
import type { Workload } from "../cluster/workloads.ts";
import { type MeantAddress, settingsOf } from "./settings.ts";

export interface Need {
  from: Workload;
  /** Why it's taken for needed: `env REDIS_ENDPOINT of c-app-count/counter names redis-svc.d-redis`. */
  text: string;
  /** Undefined: whatever ports the Service has. */
  port?: number;
  to: NeedTarget;
}

export type NeedTarget =
  | { kind: "service"; service: Service }
  /** A name of the cluster that no Service has. */
  | { kind: "missing"; namespace: string; name: string; hint?: string }
  /** A host beyond the cluster. */
  | { kind: "outside"; host: string };

/** What the workloads' settings need, in the order of the workloads; each once. */
export function needsOf(cluster: Cluster): Need[] {
  const names = new Names(cluster);
  return cluster.workloads.flatMap((from) => {
    const needs = new Map<string, Need>();
    for (const { where, addresses } of settingsOf(from, cluster)) {
      for (const address of addresses) {
        const to = names.target(address, from.namespace);
        if (!to) continue;
        const { host, port } = address;
        const text = `${where} of ${from.namespace}/${from.name} names ${host}${port ? `, port ${port}` : ""}`;
        const key = `${host}:${port ?? ""}`;
        if (!needs.has(key)) needs.set(key, { from, text, port, to });
      }
    }
    return [...needs.values()];
  });
}

/** The names that a cluster's DNS knows. */
class Names {
  readonly #services: Map<string, Service>;
  readonly #byName = new Map<string, Service[]>();
  readonly #namespaces: Set<string>;

  constructor({ services, namespaces }: Cluster) {
    this.#services = new Map(services.map((service) => [service.key, service]));
    this.#namespaces = new Set(namespaces.map(({ name }) => name));
    for (const service of services) {
      const list = this.#byName.get(service.name);
      if (list) list.push(service);
      else this.#byName.set(service.name, [service]);
    }
  }

  /**
   * Resolves a host as a pod of that namespace would; undefined where it's no address after all, or leads to
   * what every cluster has of its own.
   */
  target(address: MeantAddress, from: string, aliases = 7): NeedTarget | undefined {
    const { host, port, meant } = address;
    // RFC 6761, section 6.3
    if (host === "localhost" || host.endsWith(".localhost")) return undefined;
    const key = this.#serviceKey(host, from);
    const service = key && this.#services.get(key);
    if (service) {
      if (service.externalName !== undefined) {
        // A name for another name, which may be in the cluster again.
        const next: MeantAddress = {
          host: service.externalName.toLowerCase(),
          port,
          form: "url",
          meant: "surely",
        };
        return aliases > 0 ? this.target(next, service.namespace, aliases - 1) : undefined;
      }
      const fits = service.headless || service.ports.some((one) => one.port === port);
      return meant === "maybe" && !fits ? undefined : { kind: "service", service };
    }
    if (meant !== "surely") return undefined;
    if (!key) return { kind: "outside", host };
    const [namespace, name] = key.split("/") as [string, string];
    const system = namespace === "kube-system" || key === "default/kubernetes";
    return system ? undefined : { kind: "missing", namespace, name, ...this.#hint(name, from) };
  }

  /** `namespace/name` of the Service that a host can only stand for; undefined: it's a host outside. */
  #serviceKey(host: string, from: string): string | undefined {
    const suffix = /\.svc(?:\.cluster\.local)?$/.exec(host);
    const labels = (suffix ? host.slice(0, suffix.index) : host).split(".");
    const [last = "", before = "", pod] = [...labels].reverse();
    // Before a Service's name may stand that of one of its pods.
    if (suffix) return `${last}/${before}`;
    if (labels.length === 1) return `${from}/${last}`;
    if (labels.length <= 3 && this.#namespaces.has(last)) {
      const key = `${last}/${before}`;
      if (pod === undefined || this.#services.get(key)?.headless) return key;
    }
    if (labels.length === 2) {
      if (this.#services.get(`${from}/${last}`)?.headless) return `${from}/${last}`;
      // The name of some Service, with a namespace that isn't there, rather than a host outside.
      if (this.#byName.has(before)) return `${last}/${before}`;
    }
    return undefined;
  }

  /** Where there is a Service of that name. */
  #hint(name: string, from: string): { hint?: string } {
    const [other] = this.#byName.get(name) ?? [];
    if (!other) return {};
    const called = other.namespace === from ? name : `${name}.${other.namespace}`;
    return { hint: `Service ${other.key} is called ${called} from there` };
  }
}
