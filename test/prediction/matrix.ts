/**
 * The probe matrix: every workload to every other one, on every port that any of them declares and through
 * every Service, as questions to a network, each with what the prediction says of it.
 */
import type { Protocol } from "../../micromesh/connectivity/model.ts";
import type { Service } from "../../micromesh/prediction/cluster/services.ts";
import { protocolsOf } from "../../micromesh/prediction/cluster/services.ts";
import type { Workload } from "../../micromesh/prediction/cluster/workloads.ts";
import { type NameCheck, nameCheck } from "../../micromesh/prediction/needs/name-server.ts";
import { type Analysis, analyse } from "../../micromesh/prediction/predict.ts";
import type { Flow, Verdict } from "../../micromesh/prediction/prediction.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import type { DeclaredPlatform } from "../../micromesh/resources/platform.ts";
import { targetPort } from "../../micromesh/resources/service-ports.ts";
import { type Predicted, predictions } from "./predictions.ts";

/** A name that every cluster has. */
export const KNOWN_NAME = "kubernetes.default.svc.cluster.local";

/** Where a question leads to. */
export type Target =
  /** By the address of a pod. */
  | { kind: "pod"; workload: Workload; port: number; protocol: Protocol }
  /** By the name of a Service. */
  | { kind: "service"; host: string; port: number }
  /** To the cluster's DNS. */
  | { kind: "names" };

/** One question, with what may come of it. */
export interface Cell {
  from: Workload;
  to: Target;
  /** `Service d-redis/redis-svc TCP 6379`. */
  title: string;
  /** More than one where a Service leads to workloads that fare differently, or requests do. */
  predicted: Verdict[];
  because: string[];
  /** What the server is taken for. */
  speaks: "http" | "tcp";
  /** The sidecars on the way: the client's own takes every connection, whatever becomes of it. */
  sidecars: { client: boolean; server: boolean };
}

export interface MatrixOptions {
  /** Of ports that are asked by the pods' addresses, default TCP; Services are asked by TCP alone. */
  protocols?: readonly Protocol[];
  /** Namespaces whose workloads are asked and ask; default all. */
  namespaces?: readonly string[];
}

/** The matrix of what is declared. */
export function cellsOf(
  objects: KubernetesObject[],
  platform: DeclaredPlatform,
  { protocols = ["TCP"], namespaces }: MatrixOptions = {},
): Cell[] {
  // A name that CoreDNS doesn't know breaks what needs it by that name; by its address it's reached all the same.
  const analysis = analyse(
    objects.filter((object) => !isOfCoreDns(object)),
    platform,
  );
  const predicted = predictions(analysis);
  const nameProblem = nameCheck(objects);
  const { workloads, services } = analysis.cluster;
  const running = workloads.filter(
    ({ replicas, pod, namespace }) =>
      replicas > 0 && !pod.hostNetwork && (namespaces?.includes(namespace) ?? true),
  );
  const ports = portsOf(running).filter(({ protocol }) => protocols.includes(protocol));
  return running.flatMap((from) => [
    ...running
      .filter((to) => to !== from)
      .flatMap((to) => ports.flatMap((port) => byAddress(from, to, port, services, predicted))),
    ...services.flatMap((service) =>
      byService(from, service, services, predicted).map((cell) => withName(cell, nameProblem)),
    ),
    byName(from, analysis),
  ]);
}

function isOfCoreDns({ kind, metadata }: KubernetesObject): boolean {
  return (
    kind === "ConfigMap" &&
    metadata.namespace === "kube-system" &&
    /^coredns(-custom)?$/.test(metadata.name)
  );
}

/** What is asked for by a name that isn't found is broken, whatever the network allows. */
function withName(cell: Cell, nameProblem: NameCheck): Cell {
  const problem = cell.to.kind === "service" ? nameProblem(cell.to.host) : undefined;
  return problem ? { ...cell, predicted: ["broken"], because: [problem.text] } : cell;
}

interface Port {
  port: number;
  protocol: Protocol;
}

function portsOf(workloads: Workload[]): Port[] {
  const ports = new Map<string, Port>();
  for (const { pod } of workloads) {
    for (const { containerPort: port, protocol } of pod.ports) {
      ports.set(`${protocol} ${port}`, { port, protocol });
    }
  }
  return [...ports.values()];
}

/**
 * A client's sidecar takes every connection, and says what it says where nobody listens too: such a port
 * would tell nothing of the network. It knows servers by their Services, so that is how ports are asked
 * that have one; to a bare address it speaks plaintext.
 */
function byAddress(
  from: Workload,
  to: Workload,
  { port, protocol }: Port,
  services: Service[],
  predicted: Predicted,
): Cell[] {
  const protocolsThere = protocolsOf(to, services);
  if (from.pod.meshed && protocol === "TCP") {
    const listens = to.pod.ports.some(
      (one) => one.containerPort === port && one.protocol === protocol,
    );
    if (!listens || (to.pod.meshed && protocolsThere.has(port))) return [];
  }
  const flow = predicted(from, to, port, protocol);
  return [
    {
      from,
      to: { kind: "pod", workload: to, port, protocol },
      title: `${to.id} ${protocol} ${port}`,
      predicted: verdictsOf([flow]),
      because: flow.because,
      speaks: to.pod.meshed && protocolsThere.get(port) !== "tcp" ? "http" : "tcp",
      sidecars: { client: from.pod.meshed, server: to.pod.meshed },
    },
  ];
}

function byService(
  from: Workload,
  service: Service,
  services: Service[],
  predicted: Predicted,
): Cell[] {
  const { backends, namespace, name, headless } = service;
  // Whether a pod reaches itself in this way is no question of policies.
  if (service.externalName !== undefined || backends.includes(from)) return [];
  const running = backends.filter(({ replicas }) => replicas > 0);
  return service.ports
    .filter(({ protocol = "TCP" }) => protocol === "TCP")
    .map((port) => {
      const behind = running.flatMap((to) => {
        const target = targetPort(port, to.pod);
        return target === undefined ? [] : [{ to, target }];
      });
      const flows = behind.map(({ to, target }) => predicted(from, to, target, "TCP"));
      const [first] = behind;
      // The name of a headless Service stands for its pods, and so has their ports.
      const asked = headless && first ? first.target : port.port;
      const taken = first && protocolsOf(first.to, services).get(first.target);
      const meshed = behind.some(({ to }) => to.pod.meshed);
      return {
        from,
        to: {
          kind: "service" as const,
          host: `${name}.${namespace}.svc.cluster.local`,
          port: asked,
        },
        title: `Service ${namespace}/${name} TCP ${asked}`,
        predicted: flows.length > 0 ? verdictsOf(flows) : (["broken"] satisfies Verdict[]),
        because:
          flows.length > 0 ? flows.flatMap(({ because }) => because) : ["no pod is behind it"],
        speaks: (meshed || from.pod.meshed) && taken !== "tcp" ? ("http" as const) : "tcp",
        sidecars: { client: from.pod.meshed, server: meshed },
      };
    });
}

function byName(from: Workload, { ends }: Analysis): Cell {
  const { allowed, because } = ends.connectivity.lookup(from.pod, KNOWN_NAME);
  return {
    from,
    to: { kind: "names" },
    title: `the name ${KNOWN_NAME}`,
    predicted: [allowed ? "allow" : "deny"],
    because: because.map(({ text }) => text),
    speaks: "tcp",
    sidecars: { client: false, server: false },
  };
}

/** Where rules look into requests, one may be let in and another denied. */
function verdictsOf(flows: Flow[]): Verdict[] {
  return [
    ...new Set(
      flows.flatMap(({ verdict, requests }) =>
        requests ? ([verdict, "deny"] satisfies Verdict[]) : [verdict],
      ),
    ),
  ];
}
