/** Where a need leads: through its Service to the ports of pods, or to what's wrong with it. */
import { type Block, everything, rangeText } from "../../connectivity/address.ts";
import type { Connectivity } from "../../connectivity/index.ts";
import type { Protocol } from "../../connectivity/model.ts";
import { type ServicePort, targetPort } from "../../resources/service-ports.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { named } from "../cluster/named.ts";
import { type Service, servicePort } from "../cluster/services.ts";
import type { Workload } from "../cluster/workloads.ts";
import { externalId } from "../outside-flows.ts";
import { sentences } from "../sentence.ts";
import type { NameCheck } from "./name-server.ts";
import type { Need } from "./needs.ts";
import type { WayIn } from "./ways-in.ts";

/** One needed flow. */
export interface NeededFlow {
  /** The id of a workload, of a controller, or of the outside. */
  from: string;
  /** Of the outside: the addresses that it's needed from; some of them are enough. */
  clients?: Block[];
  to:
    | { kind: "workload"; workload: Workload; port: number; protocol: Protocol }
    | { kind: "service"; id: string; namespace: string; name: string; ports: string }
    | { kind: "host"; name: string; port?: number };
  /** Why it's needed. */
  need: string;
  /** The source looks a name up for it. */
  byName: boolean;
  /** Why it can't work even where policies permit it; a sentence each, none where nothing is wrong. */
  broken: string[];
  /** The place of the mistake, where an object is to blame. */
  blame?: { object: string; field?: string };
}

export function routesOf(
  need: Need,
  connectivity: Connectivity,
  checkName: NameCheck,
): NeededFlow[] {
  const { from, to, port, text } = need;
  const base = { from: from.id, need: text, byName: !from.pod.hostNetwork };
  if (to.kind === "outside") {
    return [{ ...base, to: { kind: "host", name: to.host, port }, broken: [] }];
  }
  if (to.kind === "missing") {
    const { namespace, name, hint } = to;
    const problem = `there is no Service ${namespace}/${name}, so the name isn't found${hint ? `; ${hint}` : ""}`;
    return [{ ...base, to: gone(namespace, name, port), broken: [problem] }];
  }
  const { service } = to;
  const fullName = `${service.name}.${service.namespace}.svc.cluster.local`;
  const lookup = from.pod.hostNetwork ? undefined : connectivity.lookup(from.pod, fullName);
  // Pods of the host's network don't ask the cluster's DNS.
  const unknown = from.pod.hostNetwork ? undefined : checkName(fullName);
  const noName =
    lookup && !lookup.allowed
      ? [`the name can't be looked up: ${sentences(lookup.because).join("; ")}`]
      : [];
  return through(service, port, true).map((flow) => ({
    ...base,
    ...flow,
    broken: [...flow.broken, ...noName, ...(unknown ? [unknown.text] : [])],
    ...(unknown && flow.broken.length + noName.length === 0 && { blame: unknown.blame }),
  }));
}

export function routesIn(way: WayIn, cluster: Cluster): NeededFlow[] {
  const need = way.own
    ? `${way.object} ${way.field} lets clients from outside in`
    : `${way.object} ${way.field} leads to Service ${way.service}`;
  const base = { ...sourceOf(way), need, byName: false };
  const blame = way.own ? undefined : { object: way.object, field: way.field };
  const closed = way.closed ? [way.closed] : [];
  const service = cluster.services.find(({ key }) => key === way.service);
  const [namespace = "", name = ""] = way.service.split("/");
  if (!service) {
    const problem = `there is no Service ${way.service}`;
    const to = gone(namespace, name, typeof way.port === "number" ? way.port : undefined);
    return [{ ...base, to, broken: [problem, ...closed], blame }];
  }
  const led = service.ports.find(
    ({ name: own, port, targetPort: target = port }) => target === way.target || own === way.target,
  );
  const port = way.target === undefined ? way.port : (led?.port ?? way.target);
  return through(service, port, false).map((flow) => ({
    ...base,
    ...flow,
    broken: [...flow.broken, ...closed],
    ...(flow.broken.length + closed.length > 0 && { blame }),
  }));
}

function sourceOf({ by }: WayIn): Pick<NeededFlow, "from" | "clients"> {
  switch (by.kind) {
    case "workload":
      return { from: by.workload.id };
    case "controller":
      return { from: by.id };
    case "clients":
      return { from: externalId(rangeText(everything[4])), clients: by.ranges };
  }
}

type Through = Pick<NeededFlow, "to" | "broken">;

/**
 * A Service's ports, or the one that is asked for, at each workload behind it.
 * @param byName whoever asks looks the name up and connects to that port; else it knows the Service's endpoints
 */
function through(service: Service, port: number | string | undefined, byName: boolean): Through[] {
  const { key, namespace, name, ports } = service;
  const number = typeof port === "number" ? port : undefined;
  const wanted = port === undefined ? undefined : servicePort(service, port);
  const direct = service.headless && byName;
  if (port !== undefined && !wanted && !(direct && number !== undefined)) {
    const known = ports
      .map((one) => (one.name ? `${one.port} (${one.name})` : one.port))
      .join(", ");
    const problem = `Service ${key} has no port ${port}; it has ${known || "none"}`;
    return [{ to: gone(namespace, name, number), broken: [problem] }];
  }
  // Without selector its addresses are given apart: who is there isn't known.
  if (Object.keys(service.selector).length === 0) return [];
  const selector = Object.entries(service.selector)
    .map(([label, value]) => `${label}=${value}`)
    .join(", ");
  const running = service.backends.filter(({ replicas }) => replicas > 0);
  if (running.length === 0) {
    const why =
      service.backends.length > 0
        ? `${named(service.backends)} has no replicas`
        : `no workload of ${namespace} has the labels ${selector}`;
    return [
      { to: gone(namespace, name, number), broken: [`Service ${key} selects no pod: ${why}`] },
    ];
  }
  const taken: ServicePort[] = wanted
    ? [wanted]
    : direct && number !== undefined
      ? [{ port: number }]
      : ports;
  return taken.flatMap((one) =>
    running.map((workload) => atWorkload(service, one, workload, direct)),
  );
}

function atWorkload(
  service: Service,
  port: ServicePort,
  workload: Workload,
  direct: boolean,
): Through {
  // Behind a headless Service the client connects to the pod itself, on the port that it asked for.
  const target = direct
    ? targetPort({ port: port.port }, workload.pod)
    : targetPort(port, workload.pod);
  const protocol = port.protocol ?? "TCP";
  if (target === undefined) {
    const problem = `Service ${service.key} port ${port.port} leads to the port named ${port.targetPort}, which no container of ${workload.id} declares for ${protocol}`;
    return { to: gone(service.namespace, service.name, port.port), broken: [problem] };
  }
  return { to: { kind: "workload", workload, port: target, protocol }, broken: [] };
}

function gone(namespace: string, name: string, port: number | undefined) {
  const ports = port === undefined ? "All Connections" : `TCP ${port}`;
  return { kind: "service", id: `${namespace}/${name}[Service]`, namespace, name, ports } as const;
}
