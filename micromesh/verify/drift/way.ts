/** The way that a probe's request takes through a cluster, as declared. */
import type { Endpoint, Probe } from "../../../stacks/outputs.ts";
import { type Hop, neededHops } from "./hop.ts";
import { requestHop } from "./request-hop.ts";
import type { World } from "./worlds.ts";

export interface Way {
  /** What the probe asks for itself; from outside: how it comes in, where a Service is known that takes it. */
  own?: Hop;
  /** What the workloads need that it leads to, and those that these lead to. */
  onward: Hop[];
  /** Ids of the workloads that it leads through, the first one included. */
  workloads: Set<string>;
}

/** @param endpoints ways in from outside, by host name */
export function wayOf(probe: Probe, endpoints: Record<string, Endpoint>, declared: World): Way {
  const { from, request } = probe;
  const inside = from === "outside" ? undefined : requestHop(request, from, declared);
  const entry = from === "outside" ? entryOf(probe, endpoints, declared) : undefined;
  const own = inside?.hop ?? entry?.hop;
  const starts = entry?.leadsTo ?? (inside?.to ? [inside.to] : []);
  const { cluster, needed } = declared.analysis;
  const seen = new Set(starts);
  const flows = needed.filter(({ to }) => to.kind !== "host");
  // A set's loop goes on to what is added meanwhile.
  for (const id of seen) {
    for (const { from, to } of flows) {
      if (from === id && to.kind === "workload") seen.add(to.workload.id);
    }
  }
  const isWorkload = new Set(cluster.workloads.map(({ id }) => id));
  return {
    ...(own && { own }),
    onward: neededHops(flows.filter((flow) => seen.has(flow.from))),
    workloads: new Set(
      [...(inside ? [inside.from] : []), ...seen].filter((id) => isWorkload.has(id)),
    ),
  };
}

/** Where a request from outside comes in, and the workloads or controllers that it comes to first, by their ids. */
function entryOf(
  { request }: Probe,
  endpoints: Record<string, Endpoint>,
  { analysis }: World,
): { hop?: Hop; leadsTo: string[] } {
  const { cluster, ends } = analysis;
  const endpoint = endpoints[hostOf(request)];
  const { namespace, service } =
    endpoint === undefined || endpoint.via === "url"
      ? { namespace: cluster.platform.ingress?.namespace, service: cluster.platform.ingress?.name }
      : endpoint;
  const key = `${namespace}/${service}`;
  const found = cluster.services.find((one) => one.key === key);
  if (found) return { hop: entryHop(key), leadsTo: found.backends.map(({ id }) => id) };
  return {
    leadsTo: ends.list.flatMap((end) => (end.kind === "controller" ? [end.party.id] : [])),
  };
}

function entryHop(key: string): Hop {
  return {
    can: `requests from outside may come in by Service ${key}`,
    cannot: `requests from outside can't come in by Service ${key}`,
    fateIn: ({ analysis }) => {
      const { backends = [], ports = [] } =
        analysis.cluster.services.find((one) => one.key === key) ?? {};
      const running = backends.filter(({ replicas }) => replicas > 0).map(({ id }) => id);
      const targets = ports.map(({ port, targetPort = port }) => `${port}:${targetPort}`);
      return { works: running.length > 0, text: [...running, ...targets].join(" ") };
    },
  };
}

function hostOf(request: Probe["request"]): string {
  if (request.kind === "http") return new URL(request.url).hostname;
  return request.kind === "tcp" ? request.host : request.name;
}
