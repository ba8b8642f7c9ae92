/** Made-up clusters for the bench, from a seed: what a company's manifests could look like, at any size. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";

export interface Size {
  /** The same seed and size make the same objects, everywhere. */
  seed: number;
  /** Deployments, each with a Service. */
  workloads: number;
  /** NetworkPolicies. More of them don't change the workloads. */
  policies: number;
  /** Default: the square root of `workloads`, 5 at least. */
  namespaces?: number;
}

/**
 * Namespaces, then Deployments and their Services, then NetworkPolicies; all of them valid.
 * @throws RangeError without a namespace
 */
export function manifests({ seed, workloads, policies, namespaces }: Size): KubernetesObject[] {
  const random = randomFrom(seed);
  const count = namespaces ?? Math.max(5, Math.round(Math.sqrt(workloads)));
  if (count < 1) throw new RangeError(`namespaces is ${count}; give 1 or more`);
  const spaces = times(count, (i) => namespaceOf(random, i));
  const running = times(workloads, (i) => workloadOf(random, i, random.pick(spaces)));
  const inNamespace = grouped(running, ({ namespace }) => namespace);
  return [
    ...spaces.map((space) => ({ apiVersion: "v1", kind: "Namespace", metadata: space })),
    ...running.flatMap((workload) => [deployment(random, workload), service(workload)]),
    ...times(policies, (i) => {
      const namespace = random.pick(spaces).name;
      const spec = policySpec(random, inNamespace.get(namespace) ?? []);
      const metadata = { namespace, name: `policy-${i}` };
      return { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata, spec };
    }),
  ];
}

/**
 * Writes objects as YAML, one file `<namespace>.yaml` for each namespace, which starts with the namespace.
 * @returns the files' paths
 */
export async function writeManifests(
  directory: string,
  objects: KubernetesObject[],
): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const files = grouped(objects, ({ kind, metadata }) =>
    kind === "Namespace" ? metadata.name : (metadata.namespace ?? "default"),
  );
  const paths: string[] = [];
  for (const [namespace, inside] of files) {
    const documents = inside.map((object) => stringify(object, { aliasDuplicateObjects: false }));
    const path = join(directory, `${namespace}.yaml`);
    await writeFile(path, documents.join("---\n"));
    paths.push(path);
  }
  return paths;
}

function grouped<T>(items: T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

interface Random {
  /** A whole number from 0, less than `limit`. */
  below(limit: number): number;
  /** True in `share` of all cases. */
  chance(share: number): boolean;
  /** @param from not empty */
  pick<T>(from: readonly T[]): T;
}

/** The generator mulberry32 (Tommy Ettinger, public domain): 32 bits of state are plenty here. */
function randomFrom(seed: number): Random {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  const pick = <T>(from: readonly T[]) => from[below(from.length)] as T;
  return { below, chance: (share) => next() < share, pick };
}

function times<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

const teams = ["checkout", "catalog", "search", "identity", "billing", "delivery", "data", "ops"];
const environments = ["prod", "staging", "dev"];
const versions = ["v1", "v2", "v3"];
/** What listens in each tier. */
const tiers = {
  web: [{ name: "http", port: 8080 }],
  api: [
    { name: "http", port: 8000 },
    { name: "metrics", port: 9090 },
  ],
  worker: [{ name: "metrics", port: 9090 }],
  cache: [{ name: "redis", port: 6379 }],
  db: [{ name: "sql", port: 5432 }],
  telemetry: [
    { name: "statsd", port: 8125, protocol: "UDP" },
    { name: "metrics", port: 9090 },
  ],
};
const tierNames = Object.keys(tiers) as (keyof typeof tiers)[];

type Labels = Record<string, string>;

interface Space {
  name: string;
  labels: { team: string; env: string };
}

function namespaceOf(random: Random, i: number): Space {
  const [team, env] = [random.pick(teams), random.pick(environments)];
  return { name: `${team}-${env}-${i}`, labels: { team, env } };
}

interface Workload {
  namespace: string;
  name: string;
  labels: Labels;
  ports: { name?: string; containerPort: number; protocol: string }[];
}

function workloadOf(random: Random, i: number, { name: namespace, labels }: Space): Workload {
  const tier = random.pick(tierNames);
  const app = `${tier}-${i}`;
  // Some live in another team's namespace.
  const team = random.chance(0.8) ? labels.team : random.pick(teams);
  const named = random.chance(0.6);
  return {
    namespace,
    name: app,
    labels: { ...labels, app, tier, version: random.pick(versions), team },
    ports: tiers[tier].map(({ name, port, protocol = "TCP" }: Listener) => ({
      ...(named && { name }),
      containerPort: port,
      protocol,
    })),
  };
}

type Listener = { name: string; port: number; protocol?: string };

function deployment(
  random: Random,
  { namespace, name, labels, ports }: Workload,
): KubernetesObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { namespace, name, labels },
    spec: {
      replicas: 1 + random.below(3),
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: "main", image: `registry.example/${labels.tier}:1`, ports }] },
      },
    },
  };
}

function service({ namespace, name, ports }: Workload): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace, name },
    spec: {
      selector: { app: name },
      ports: ports.map(({ name, containerPort, protocol }, i) => ({
        name: name ?? `port-${i}`,
        port: i === 0 && protocol === "TCP" ? 80 : containerPort,
        targetPort: name ?? containerPort,
        protocol,
      })),
    },
  };
}

/** A policy for a namespace with these workloads: default denials, and rules for one or both directions. */
function policySpec(random: Random, workloads: Workload[]): object {
  if (random.chance(0.1)) {
    return { podSelector: {}, policyTypes: random.pick([["Ingress"], ["Ingress", "Egress"]]) };
  }
  const [ingress, egress] = random.pick([
    [true, false],
    [true, false],
    [false, true],
    [true, true],
  ]);
  const policyTypes = [...(ingress ? ["Ingress"] : []), ...(egress ? ["Egress"] : [])];
  const rules = (side: "from" | "to") => times(1 + random.below(3), () => rule(random, side));
  return {
    podSelector: subject(random, workloads),
    policyTypes,
    ...(ingress && { ingress: rules("from") }),
    ...(egress && { egress: [dns, ...rules("to")] }),
  };
}

/** What every policy for egress in practice starts with. */
const dns = {
  to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } }],
  ports: [
    { protocol: "UDP", port: 53 },
    { protocol: "TCP", port: 53 },
  ],
};

function subject(random: Random, workloads: Workload[]): object {
  if (random.chance(0.15)) return {};
  if (random.chance(0.45) && workloads.length > 0) {
    return { matchLabels: { app: random.pick(workloads).name } };
  }
  return podSelector(random);
}

function podSelector(random: Random): object {
  const [tier, version] = [random.pick(tierNames), random.pick(versions)];
  return random.pick([
    { matchLabels: { tier } },
    { matchLabels: { tier, version } },
    {
      matchLabels: { tier },
      matchExpressions: [{ key: "version", operator: "NotIn", values: [version] }],
    },
    {
      matchExpressions: [{ key: "tier", operator: "In", values: [tier, random.pick(tierNames)] }],
    },
  ]);
}

function namespaceSelector(random: Random): object {
  const [team, env] = [random.pick(teams), random.pick(environments)];
  return random.pick([
    { matchLabels: { team } },
    { matchLabels: { env } },
    { matchLabels: { team, env } },
    { matchExpressions: [{ key: "team", operator: "In", values: [team, random.pick(teams)] }] },
  ]);
}

function ipBlock(random: Random): object {
  const [site, quarter] = [random.below(16), 64 * random.below(4)];
  return random.pick([
    { cidr: "0.0.0.0/0", except: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"] },
    { cidr: "0.0.0.0/0", except: ["169.254.169.254/32"] },
    { cidr: `198.51.${site}.0/24` },
    { cidr: `203.0.${site}.0/24`, except: [`203.0.${site}.${quarter}/26`] },
  ]);
}

function rule(random: Random, side: "from" | "to"): object {
  const peers = times(1 + random.below(3), () => peer(random));
  const ports = times(random.below(3), () => port(random));
  return { [side]: peers, ...(ports.length > 0 && { ports }) };
}

function peer(random: Random): object {
  return random.pick([
    () => ({ podSelector: podSelector(random) }),
    () => ({ namespaceSelector: namespaceSelector(random) }),
    () => ({ namespaceSelector: namespaceSelector(random), podSelector: podSelector(random) }),
    () => ({ ipBlock: ipBlock(random) }),
  ])();
}

function port(random: Random): object {
  const { name, port, protocol = "TCP" }: Listener = random.pick(tiers[random.pick(tierNames)]);
  return random.pick([
    { protocol, port },
    { protocol, port: name },
    { protocol, port, endPort: port + 1 + random.below(100) },
  ]);
}
