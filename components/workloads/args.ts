import { isIPv4, isIPv6 } from "node:net";
import type * as pulumi from "@pulumi/pulumi";
import type { FileSet } from "./files.ts";

/** What every workload is told, whatever runs in it. */
export interface CommonArgs {
  namespace: pulumi.Input<string>;
  /** The application that it belongs to: `app.kubernetes.io/part-of`. */
  partOf: string;
  /** Image reference with a version. */
  image: string;
  env?: Record<string, EnvValue>;
  port: Port;
  /** Ports besides, such as one for administration. */
  extraPorts?: Port[];
  /** Name of the Service; by default the workload's own. */
  service?: string;
  serviceAnnotations?: Record<string, string>;
  /** The Service has no address of its own: its name stands for its pods' addresses. Default false. */
  headless?: boolean;
  /** Name of a second Service of the same pods, which is headless: for those who want each of them. */
  headlessService?: string;
  /** What the Service selects pods by, in place of the workload's own label; not the headless one. */
  selector?: Record<string, string>;
  /** The Service gets an address outside of the cluster too, where something gives it one. */
  loadBalancer?: LoadBalancer;
  /**
   * Servers as `host:port` that the pods find while they run, and no setting of theirs names; written to
   * the pods' annotation `micromesh/needs`, by which predictions know.
   */
  needs?: string[];
  probes: Probes;
  /** Requests, and limits; that of the CPU is `500m` by default. */
  resources: { cpu: string; memory: string; memoryLimit: string; cpuLimit?: string };
  /** Default 1. */
  replicas?: number;
  /** The pods get a sidecar of the mesh; default false. */
  meshed?: boolean;
}

/** A value, a field of the pod itself such as `status.podIP`, or what a Secret of the namespace holds. */
export type EnvValue =
  | string
  | { field: string }
  | { secret: { name: pulumi.Input<string>; key: string } };

export interface LoadBalancer {
  /** Ranges of addresses that may come in from outside, such as `203.0.113.0/24`; default: all. */
  sourceRanges?: string[];
  /**
   * `Local`: only nodes that have a pod take connections, and pods see where they come from. Default
   * `Cluster`: all nodes do, and hand them on in their own name.
   */
  externalTrafficPolicy?: "Cluster" | "Local";
}

export interface Port {
  /** Name with its protocol first, as Istio reads it: `http`, `tcp-redis`. */
  name: string;
  /** What the container listens on. */
  container: number;
  /** What the Service offers. */
  service: number;
}

/**
 * How the kubelet asks: an HTTP GET on one of the container's ports, by default its first, a TCP
 * connection to the first, or a command that is run in the container and must exit with 0.
 */
export type ProbeTarget = { path: string; port?: string } | { exec: string[] } | "tcp";

export interface Probes {
  /** The process has started. */
  startup: ProbeTarget;
  /** It can serve: without it the Service doesn't send here. */
  readiness: ProbeTarget;
  /** It is beyond repair without it: the container is killed. Ask nothing that others can break. */
  liveness: ProbeTarget;
}

export interface WorkloadArgs extends CommonArgs {
  /** By default the image's own. */
  command?: string[];
  args?: string[];
  /** Numeric user that the container runs as; not 0. */
  user: number;
  /** Read-only files, by the directory that they appear in. */
  files?: Record<string, FileSet>;
  /** Directories that the container may write to; they live as long as the pod. */
  writable?: string[];
  /**
   * A directory that outlives the pods. One pod at a time can have it: it takes `update: "replace"`, or a
   * StatefulSet where two at once would do harm.
   */
  volume?: { path: string; size: string };
  /** `replace` stops the old pod before the new one starts: for those that hold data. Default `rolling`. */
  update?: "rolling" | "replace";
  /**
   * What keeps the pods running. A Deployment, the default, starts another pod as soon as one is being deleted; a
   * StatefulSet waits until it's gone, so that no two use a volume at once
   * (https://kubernetes.io/docs/tasks/run-application/force-delete-stateful-set-pod/). It has `headlessService`.
   */
  controller?: "Deployment" | "StatefulSet";
}

/** MiB in a quantity of whole Ki, Mi or Gi, such as `192Mi`. @throws RangeError for any other */
export function mebibytes(quantity: string): number {
  const [, number, unit = ""] = /^(\d+)(Ki|Mi|Gi)$/.exec(quantity) ?? [];
  const factor = { Ki: 1 / 1024, Mi: 1, Gi: 1024 }[unit];
  if (factor === undefined) throw new RangeError(`${quantity} isn't memory such as 192Mi`);
  return Number(number) * factor;
}

/** All of a workload's ports, the first first. */
export function portsOf({ port, extraPorts = [] }: CommonArgs): Port[] {
  return [port, ...extraPorts];
}

const DNS_LABEL = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;
const MAX_PORT_NAME = 15;
/** https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/ */
const PORT_NAME = /^(grpc|grpc-web|http|http2|https|mongo|mysql|redis|tcp|tls|udp)(-[a-z0-9-]+)?$/;

/** What is wrong with a workload's arguments, as one line; undefined if nothing is. */
export function problemWith(name: string, args: WorkloadArgs): string | undefined {
  const say = (what: string) => `workload ${name}: ${what}`;
  if (!DNS_LABEL.test(name)) {
    return say("the name must be a DNS label: lower-case letters, digits and dashes, at most 63");
  }
  const ports = portsOf(args).map((port) => port.name);
  const odd = ports.find((port) => !PORT_NAME.test(port) || port.length > MAX_PORT_NAME);
  if (odd !== undefined) {
    return say(
      `port name "${odd}" must begin with its protocol, e.g. "http" or "tcp-redis", and have at most ${MAX_PORT_NAME} characters`,
    );
  }
  const again = ports.find((port, i) => ports.indexOf(port) !== i);
  if (again !== undefined) return say(`two ports are called "${again}"`);
  const targets: ProbeTarget[] = Object.values(args.probes);
  const asked = targets.flatMap((target) =>
    target === "tcp" || "exec" in target || target.port === undefined ? [] : [target.port],
  );
  const unknown = asked.find((port) => !ports.includes(port));
  if (unknown !== undefined) {
    return say(`a probe asks port "${unknown}"; the ports are ${ports.join(", ")}`);
  }
  if (targets.some((target) => target !== "tcp" && "exec" in target && target.exec.length === 0)) {
    return say("a probe runs no command; give exec a program and its arguments");
  }
  const service = problemWithService(name, args);
  if (service !== undefined) return say(service);
  if (!Number.isInteger(args.user) || args.user < 1) {
    return say(`user is ${args.user}; it must be a numeric user id above 0, not root`);
  }
  const stateful = args.controller === "StatefulSet";
  if (stateful && args.headlessService === undefined) {
    return say("a StatefulSet has a headless Service: give it headlessService");
  }
  const atOnce = (args.replicas ?? 1) > 1 || (args.update !== "replace" && !stateful);
  if (args.volume && atOnce) {
    return say(
      `volume ${args.volume.path} is for one pod at a time; give it update "replace" or a StatefulSet, and one replica`,
    );
  }
  const directories = [
    ...Object.keys(args.files ?? {}),
    ...(args.writable ?? []),
    ...(args.volume ? [args.volume.path] : []),
  ];
  const relative = directories.find((path) => !path.startsWith("/"));
  if (relative !== undefined) return say(`directory "${relative}" must be an absolute path`);
  const twice = directories.find((path, i) => directories.indexOf(path) !== i);
  if (twice !== undefined) return say(`directory "${twice}" is mounted twice`);
  const kinds = Object.values(args.files ?? {}).map((set) => set.kind);
  const sameKind = kinds.find((kind, i) => kinds.indexOf(kind) !== i);
  if (sameKind !== undefined) return say(`two sets of files are called "${sameKind}"`);
  return undefined;
}

function problemWithService(name: string, args: CommonArgs): string | undefined {
  const { headless, headlessService, selector, loadBalancer } = args;
  if (headless && loadBalancer) {
    return "its Service can't be headless and have a load balancer; leave one of them out";
  }
  if (headlessService !== undefined && headlessService === (args.service ?? name)) {
    return `two Services are called "${headlessService}"`;
  }
  if (selector && Object.keys(selector).length === 0) {
    return "the Service's selector is empty; name a label, or leave it out";
  }
  const odd = loadBalancer?.sourceRanges?.find((range) => !isRange(range));
  if (odd !== undefined) {
    return `source range "${odd}" must be a range of addresses such as 203.0.113.0/24`;
  }
  return undefined;
}

function isRange(text: string): boolean {
  const [address = "", length = "", ...rest] = text.split("/");
  if (rest.length > 0 || !/^\d{1,3}$/.test(length)) return false;
  if (isIPv4(address)) return Number(length) <= 32;
  return isIPv6(address) && Number(length) <= 128;
}
