/** Finds what a person means by the ends of a question. */
import leven from "leven";
import { parseAddress } from "../../connectivity/address.ts";
import type { Peer, Protocol } from "../../connectivity/model.ts";
import { targetPort } from "../../resources/service-ports.ts";
import { UsageError } from "../../resources/usage-error.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { type Service, servicePort } from "../cluster/services.ts";
import type { Workload } from "../cluster/workloads.ts";

/** One end: a workload, or something outside. */
export type AskedEnd =
  | { kind: "workload"; title: string; workload: Workload; peer: Peer }
  | { kind: "outside"; title: string; host?: string; peer: Peer };

export interface Question {
  from: AskedEnd;
  to: AskedEnd;
  port: number;
  protocol: Protocol;
  /** The Service by which the destination was named. */
  service?: Service;
  /** How the Service's port led to the pod's. */
  way?: string;
}

/**
 * @param source `namespace/workload`, `workload` where one namespace has it, an address, `outside`
 * @param destination the same or a Service (`namespace/service`, `service.namespace`), with `:PORT` by number or
 *   name; the port may be left out where the destination has one only
 * @throws UsageError with what there is
 */
export function questionOf(cluster: Cluster, source: string, destination: string): Question {
  const from = endOf(cluster, source, "SRC");
  const [name, portText] = splitPort(destination);
  const service = serviceNamed(cluster, name);
  if (service) return throughService(from, service, portText, destination);
  const to = endOf(cluster, name, "DST");
  return { from, to, ...portAt(to, portText, destination) };
}

function throughService(
  from: AskedEnd,
  service: Service,
  text: string | undefined,
  asked: string,
): Question {
  const wanted = text === undefined ? undefined : /^\d+$/.test(text) ? Number(text) : text;
  const known = service.ports.map(({ port }) => port).join(", ");
  if (wanted === undefined && service.ports.length !== 1) {
    throw new UsageError(
      `--explain ${asked}: Service ${service.key} has ports ${known}; write ${asked}:PORT`,
    );
  }
  const port = wanted === undefined ? service.ports[0] : servicePort(service, wanted);
  if (!port) {
    throw new UsageError(
      `--explain ${asked}: Service ${service.key} has no port ${text}; it has ${known || "none"}`,
    );
  }
  const workload = service.backends.find(({ replicas }) => replicas > 0);
  if (!workload) {
    throw new UsageError(
      `--explain ${asked}: Service ${service.key} selects no pod, so connections to it are refused`,
    );
  }
  const target = targetPort(port, workload.pod);
  if (target === undefined) {
    throw new UsageError(
      `--explain ${asked}: Service ${service.key} leads to the port named ${port.targetPort}, which ${workload.id} doesn't declare`,
    );
  }
  const protocol = port.protocol ?? "TCP";
  const way = `Service ${service.key} port ${port.port} leads to ${workload.id} ${protocol} ${target}`;
  return { from, to: workloadEnd(workload), port: target, protocol, service, way };
}

function portAt(to: AskedEnd, text: string | undefined, asked: string) {
  const ports = to.kind === "workload" ? to.workload.pod.ports : [];
  if (text === undefined) {
    const [only, ...others] = ports;
    if (only && others.length === 0) return { port: only.containerPort, protocol: only.protocol };
    const known = ports.map(({ containerPort }) => containerPort).join(", ");
    throw new UsageError(
      `--explain ${asked}: which port${known ? ` (${known})` : ""}? Write ${asked}:PORT`,
    );
  }
  if (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65535) {
    const port = Number(text);
    const declared = ports.find(({ containerPort }) => containerPort === port);
    return { port, protocol: declared?.protocol ?? ("TCP" as Protocol) };
  }
  const named = ports.find(({ name }) => name === text);
  if (named) return { port: named.containerPort, protocol: named.protocol };
  throw new UsageError(
    `--explain ${asked}: ${text} is no port from 1 to 65535, nor a port's name there`,
  );
}

function splitPort(text: string): [name: string, port: string | undefined] {
  // An IPv6 address has colons of its own: `[fd00::1]:80`.
  const bracketed = /^\[([^\]]+)\](?::(.+))?$/.exec(text);
  if (bracketed) return [bracketed[1] as string, bracketed[2]];
  const parts = text.split(":");
  return parts.length === 2 ? [parts[0] as string, parts[1]] : [text, undefined];
}

function endOf(cluster: Cluster, text: string, which: string): AskedEnd {
  const bare = text.replace(/\[(\w+)\]$/, "");
  const kind = /\[(\w+)\]$/.exec(text)?.[1];
  if (bare === "outside" || kind === "External") {
    const first = kind === "External" ? (bare.split("-")[0] as string) : "203.0.113.1";
    if (parseAddress(first))
      return { kind: "outside", title: text, peer: { kind: "external", ip: first } };
    return { kind: "outside", title: bare, host: bare, peer: { kind: "external", names: [bare] } };
  }
  if (parseAddress(bare)) {
    const own = cluster.workloads.find(({ pod }) => pod.ips.includes(bare));
    if (own) return workloadEnd(own);
    return { kind: "outside", title: `address ${bare}`, peer: { kind: "external", ip: bare } };
  }
  const found = cluster.workloads.filter(
    (workload) =>
      (bare === workload.name || bare === `${workload.namespace}/${workload.name}`) &&
      (kind === undefined || kind === workload.kind),
  );
  const [workload, ...others] = found;
  if (workload && others.length === 0) return workloadEnd(workload);
  if (workload) {
    const ids = found.map(({ id }) => id).join(", ");
    throw new UsageError(`--explain ${text}: that may be ${ids}; write one of them`);
  }
  if (bare.split(".").length > 1 && !bare.includes("/")) {
    return { kind: "outside", title: bare, host: bare, peer: { kind: "external", names: [bare] } };
  }
  const names = cluster.workloads.map(({ namespace, name }) => `${namespace}/${name}`);
  const near = names.sort((a, b) => leven(a, bare) - leven(b, bare))[0];
  const mend = near ? `did you mean ${near}?` : "nothing is declared";
  throw new UsageError(`--explain ${text}: there is no such workload (${which}); ${mend}`);
}

function workloadEnd(workload: Workload): AskedEnd {
  return {
    kind: "workload",
    title: workload.id,
    workload,
    peer: { kind: "pod", pod: workload.pod },
  };
}

/** A workload of that name goes before a Service, unless the name is written as one. */
function serviceNamed(cluster: Cluster, text: string): Service | undefined {
  const dotted = /^([^./]+)\.([^./]+)(\.svc(\.cluster\.local)?)?$/.exec(text);
  const key = dotted ? `${dotted[2]}/${dotted[1]}` : text;
  if (
    !dotted &&
    cluster.workloads.some(({ namespace, name }) => [name, `${namespace}/${name}`].includes(text))
  ) {
    return undefined;
  }
  const found = cluster.services.filter((service) => service.key === key || service.name === key);
  return found.length === 1 ? found[0] : undefined;
}
