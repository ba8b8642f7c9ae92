import type * as pulumi from "@pulumi/pulumi";
import type { FileSet } from "./files.ts";

/** What every workload is told, whatever runs in it. */
export interface CommonArgs {
  namespace: pulumi.Input<string>;
  /** The application that it belongs to: `app.kubernetes.io/part-of`. */
  partOf: string;
  /** Image reference with a version. */
  image: string;
  /** Values, or fields of the pod itself: `{ field: "status.podIP" }`. */
  env?: Record<string, string | { field: string }>;
  port: Port;
  /** Ports besides, such as one for administration. */
  extraPorts?: Port[];
  /** Name of the Service; by default the workload's own. */
  service?: string;
  serviceAnnotations?: Record<string, string>;
  /** The Service has no address of its own: its name stands for its pods' addresses. Default false. */
  headless?: boolean;
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

export interface Port {
  /** Name with its protocol first, as Istio reads it: `http`, `tcp-redis`. */
  name: string;
  /** What the container listens on. */
  container: number;
  /** What the Service offers. */
  service: number;
}

/**
 * How the kubelet asks: an HTTP GET on one of the container's ports, by default its first, or a TCP
 * connection to the first.
 */
export type ProbeTarget = { path: string; port?: string } | "tcp";

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
  /** A directory that outlives the pods. One pod at a time can have it: it takes `update: "replace"`. */
  volume?: { path: string; size: string };
  /** `replace` stops the old pod before the new one starts: for those that hold data. Default `rolling`. */
  update?: "rolling" | "replace";
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
  const asked = Object.values(args.probes).flatMap((target) =>
    target === "tcp" || target.port === undefined ? [] : [target.port],
  );
  const unknown = asked.find((port) => !ports.includes(port));
  if (unknown !== undefined) {
    return say(`a probe asks port "${unknown}"; the ports are ${ports.join(", ")}`);
  }
  if (!Number.isInteger(args.user) || args.user < 1) {
    return say(`user is ${args.user}; it must be a numeric user id above 0, not root`);
  }
  if (args.volume && (args.update !== "replace" || (args.replicas ?? 1) > 1)) {
    return say(
      `volume ${args.volume.path} is for one pod at a time; give it update "replace" and one replica`,
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
