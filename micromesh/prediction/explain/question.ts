/** What a person asks: may one end talk to a port of another? */
import { type Block, parseBlockOrAddress } from "../../connectivity/address.ts";
import type { Protocol } from "../../connectivity/model.ts";
import { targetPort } from "../../resources/service-ports.ts";
import { UsageError } from "../../resources/usage-error.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { protocolsOf, type Service, servicePort } from "../cluster/services.ts";
import type { Workload } from "../cluster/workloads.ts";
import { type End, endOf, hostEnd, type Known, workloadEnd } from "./ends.ts";
import { serviceNamed } from "./services.ts";

/** A Service that leads to no pod. */
export interface Nobody {
  kind: "nobody";
  title: string;
  /** Why, in a sentence. */
  why: string;
}

export interface Question {
  from: End;
  to: End | Nobody;
  port: number;
  protocol: Protocol;
  /** The name that the source looks up. */
  name?: string;
  /** How the Service's port led to the pod's. */
  way?: string;
  /** Of a Service whose load balancer admits only some clients: those. */
  admitted?: { by: string; ranges: Block[] };
}

/**
 * @param source see `endOf`
 * @param destination the same or a Service (`namespace/service`, `service.namespace`, `service`), with `:PORT` by
 *   number or name, and `/udp` or `/sctp` behind it; it may be left out where the destination has one port only
 * @throws UsageError with what there is
 */
export function questionOf(known: Known, source: string, destination: string): Question {
  const [, ofSource] = splitPort(source);
  if (ofSource !== undefined) {
    throw new UsageError(
      `--explain ${source}: it's the destination's port that counts; leave :${ofSource} out`,
    );
  }
  const from = endOf(source.replace(/^\[([^\]]+)\]$/, "$1"), known, "SRC");
  const [name, text] = splitPort(destination);
  const asked: Asked = { text: destination, ...portOf(text, destination) };
  const service = serviceNamed(known.cluster, name, from, asked.wanted);
  if (service) return throughService(from, service, asked, name);
  const to = endOf(name, known, "DST");
  const lookedUp = to.kind === "outside" ? to.host : undefined;
  return { from, to, ...portAt(to, asked, known.cluster), ...(lookedUp && { name: lookedUp }) };
}

interface Asked {
  /** The destination, as written. */
  text: string;
  wanted?: number | string;
  protocol?: Protocol;
}

function splitPort(text: string): [name: string, port: string | undefined] {
  // An IPv6 address has colons of its own: `[fd00::1]:80`.
  if (parseBlockOrAddress(text)) return [text, undefined];
  const bracketed = /^\[([^\]]+)\](?::(.*))?$/.exec(text);
  if (bracketed) return [bracketed[1] as string, bracketed[2]];
  const [, name = text, port] = /^(.*?\[\w+\]|[^:]*)(?::(.*))?$/.exec(text) ?? [];
  return [name, port];
}

function portOf(text: string | undefined, asked: string): Omit<Asked, "text"> {
  if (text === undefined) return {};
  const [, port = "", protocol] = /^([\w-]+)(?:\/(tcp|udp|sctp))?$/i.exec(text) ?? [];
  const number = /^\d+$/.test(port) ? Number(port) : undefined;
  if (port === "" || (number !== undefined && (number < 1 || number > 65535))) {
    throw new UsageError(
      `--explain ${asked}: ${text === "" ? "nothing stands behind the colon" : `${text} is no port`}; write a number from 1 to 65535 or a port's name, and /udp behind it where it isn't TCP`,
    );
  }
  return {
    wanted: number ?? port,
    ...(protocol && { protocol: protocol.toUpperCase() as Protocol }),
  };
}

function throughService(from: End, service: Service, asked: Asked, name: string): Question {
  const { key, externalName, headless, namespace } = service;
  if (externalName !== undefined) {
    const to = hostEnd(externalName);
    const way = `Service ${key} is another name for ${externalName}`;
    return { from, to, ...portAt(to, asked), name: externalName, way };
  }
  const inFull = `${service.name}.${namespace}.svc.cluster.local`;
  const port = portOfService(service, asked);
  const protocol = port.protocol ?? "TCP";
  const { admitted } = service;
  const base = {
    from,
    protocol,
    name: inFull,
    ...(admitted && { admitted: { by: key, ranges: admitted } }),
  };
  const running = service.backends.filter(({ replicas }) => replicas > 0);
  // `redis-0.redis.d-redis` is a pod of the StatefulSet redis.
  const pod = name.split(".")[0]?.replace(/-\d+$/, "");
  const workload = running.find((one) => one.name === pod) ?? running[0];
  if (!workload) {
    const to: Nobody = { ...nobodyAt(service), why: selectsNobody(service) };
    return { ...base, to, port: port.port };
  }
  // The name of a headless Service stands for its pods, and whoever connects names their port.
  const target = targetPort(headless ? { port: port.port } : port, workload.pod);
  if (target === undefined) {
    const why = `Service ${key} port ${port.port} leads to the port named ${port.targetPort}, which no container of ${workload.id} declares for ${protocol}`;
    return { ...base, to: { ...nobodyAt(service), why }, port: port.port };
  }
  const others = running.filter((one) => one !== workload).map(({ id }) => id);
  const also = others.length > 0 ? `, and to ${others.join(", ")}: ask about each by its name` : "";
  const way = `Service ${key} port ${port.port} leads to ${workload.id} ${protocol} ${target}${also}`;
  return { ...base, to: workloadEnd(workload), port: target, way };
}

function nobodyAt({ key }: Service): Omit<Nobody, "why"> {
  return { kind: "nobody", title: `${key}[Service]` };
}

function portOfService(service: Service, { text, wanted, protocol }: Asked) {
  const { key, ports, headless } = service;
  const fits = ports.filter((port) => !protocol || (port.protocol ?? "TCP") === protocol);
  const found = wanted === undefined ? undefined : servicePort({ ...service, ports: fits }, wanted);
  if (found) return found;
  const known = ports.map(({ port, name }) => (name ? `${port} (${name})` : port)).join(", ");
  if (wanted === undefined) {
    if (fits[0] && fits.length === 1) return fits[0];
    throw new UsageError(
      `--explain ${text}: Service ${key} has ${known ? `ports ${known}` : "no port"}; write ${text}:PORT`,
    );
  }
  if (headless && typeof wanted === "number") return { port: wanted, protocol };
  throw new UsageError(
    `--explain ${text}: Service ${key} has no ${protocol ? `${protocol} ` : ""}port ${wanted}; it has ${known || "none"}`,
  );
}

function selectsNobody({ key, selector, backends, namespace }: Service): string {
  const labels = Object.entries(selector).map(([label, value]) => `${label}=${value}`);
  const why =
    labels.length === 0
      ? "it has no selector, so its endpoints are given apart"
      : backends.length > 0
        ? `${backends.map(({ id }) => id).join(", ")} has no replicas`
        : `no workload of ${namespace} has the labels ${labels.join(", ")}`;
  return `Service ${key} selects no pod: ${why}; connections to it are refused`;
}

function portAt(
  to: End,
  { text, wanted, protocol }: Asked,
  cluster?: Cluster,
): { port: number; protocol: Protocol } {
  const ports = to.kind === "pod" ? portsThere(to.pod.ports, to.workload, cluster) : [];
  const fits = ports.filter((port) => !protocol || port.protocol === protocol);
  if (wanted === undefined) {
    const [only, ...others] = fits;
    if (only && others.length === 0) return { port: only.containerPort, protocol: only.protocol };
    const known = ports.map(({ containerPort }) => containerPort).join(", ");
    const example = text.includes(":") ? `[${text}]` : text;
    throw new UsageError(
      `--explain ${text}: which port${known ? ` (${known})` : ""}? Write ${example}:PORT`,
    );
  }
  if (typeof wanted === "number") {
    const declared = fits.find(({ containerPort }) => containerPort === wanted);
    return { port: wanted, protocol: protocol ?? declared?.protocol ?? "TCP" };
  }
  const named = fits.find(({ name }) => name === wanted);
  if (named) return { port: named.containerPort, protocol: named.protocol };
  const names = ports.flatMap(({ name }) => name ?? []).join(", ");
  throw new UsageError(
    `--explain ${text}: no port is named ${wanted} there${names ? `; there is ${names}` : "; write its number"}`,
  );
}

/** What it declares; else what Services lead to. */
function portsThere(
  declared: Workload["pod"]["ports"],
  workload: Workload | undefined,
  cluster: Cluster | undefined,
): Workload["pod"]["ports"] {
  if (declared.length > 0 || !workload || !cluster) return declared;
  return [...protocolsOf(workload, cluster.services).keys()].map((containerPort) => ({
    containerPort,
    protocol: "TCP",
  }));
}
