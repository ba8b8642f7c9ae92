import * as pulumi from "@pulumi/pulumi";
import { judgeFit, type Machine, type Verdict } from "../micromesh/capacity/fit.ts";
import { type Needs, type Nodes, needsOf } from "../micromesh/capacity/needs.ts";
import { WORKLOADS } from "../micromesh/capacity/workloads.ts";
import { type HeardResource, heardDeclaration } from "./heard-declaration.ts";
import { holdMachines } from "./held-machines.ts";
import { knownInputs, type Mask } from "./known-inputs.ts";

/** What the stack runs on. */
export interface Cluster extends Nodes {
  /** What every node is; undefined where nobody knows before the update. */
  machine?: pulumi.Input<Machine>;
}

export interface Capacity {
  needs: Needs;
  /** Undefined: the machine isn't known. */
  on?: { machine: Machine; verdict: Verdict };
}

export interface Measuring {
  /**
   * Sums up what all needs that was declared. There is an answer in the preview of a stack that isn't deployed yet, and
   * none waits for a resource in an update: what comes from one isn't counted, and a note says so.
   */
  on(cluster: Cluster): Promise<Capacity>;
  /** Lets an update make the machines: they're large enough, as far as anybody knows. */
  admit(): void;
}

/**
 * Listens to everything that the program declares from now on, and keeps machines of EC2 from being made until they're
 * admitted. Call it before the first resource, and what it returns after the last.
 */
export function measureCapacity(): Measuring {
  const all: Promise<Heard>[] = [];
  const namespaces = new Map<pulumi.Resource, () => Promise<string>>();
  pulumi.runtime.registerStackTransformation(({ resource, type, name, props }) => {
    if (type === "kubernetes:core/v1:Namespace") {
      namespaces.set(resource, () => nameOfNamespace(name, props));
    }
    const mask = maskOf(type);
    if (mask) all.push(hear(type, name, props, mask, namespaces));
    return undefined;
  });
  const admit = holdMachines();
  const on = async ({ machine, ...nodes }: Cluster): Promise<Capacity> => {
    const heard = await Promise.all(all);
    const counted = needsOf(heardDeclaration(heard.map(({ resource }) => resource)), nodes);
    const notes = [...heard.flatMap(({ notes }) => notes), ...counted.notes];
    const needs = { ...counted, notes };
    const found = (await knownInputs(machine, true)) as Partial<Machine> | undefined;
    // A dry capture asks nobody for it, so its size isn't known.
    if (!isComplete(found)) return { needs };
    return { needs, on: { machine: found, verdict: judgeFit(needs, found) } };
  };
  return { on, admit };
}

function isComplete(machine: Partial<Machine> | undefined): machine is Machine {
  return Number.isFinite(machine?.memoryMiB) && Number.isFinite(machine?.cpuMillis);
}

interface Heard {
  resource: HeardResource;
  /** What wasn't known of it; a sentence each. */
  notes: string[];
}

async function hear(
  type: string,
  name: string,
  props: pulumi.Inputs,
  mask: Mask,
  namespaces: ReadonlyMap<pulumi.Resource, () => Promise<string>>,
): Promise<Heard> {
  const missing: string[] = [];
  const inputs = await knownInputs(
    // The SDK fills these in after it has told us.
    { ...kindOf(type), ...props },
    mask,
    (path) => missing.push(path),
    (from, path) => (path === "metadata.namespace" ? nameAmong(from, namespaces) : undefined),
  );
  const custom = !type.startsWith("micromesh:");
  const title = `${type.split(":").at(-1)} ${name}`;
  const notes = missing.map(
    (path) =>
      `${title}: ${path} isn't known before the update; it's counted as if it weren't said.`,
  );
  return { resource: { type, name, custom, inputs: inputs as Record<string, unknown> }, notes };
}

/** A namespace's name comes from the Namespace, whose inputs say it before the cluster does. */
function nameAmong(
  from: Set<pulumi.Resource>,
  namespaces: ReadonlyMap<pulumi.Resource, () => Promise<string>>,
): Promise<string> | undefined {
  const [named, ...others] = [...from].flatMap((resource) => namespaces.get(resource) ?? []);
  return others.length === 0 ? named?.() : undefined;
}

/** As `kubernetesObjects` names it, where nothing does. */
async function nameOfNamespace(resource: string, props: pulumi.Inputs): Promise<string> {
  const inputs = await knownInputs(props, { metadata: { name: true } });
  return (inputs as { metadata?: { name?: string } }).metadata?.name ?? resource;
}

const METADATA: Mask = { name: true, namespace: true, labels: true, annotations: true };
const CONTAINER: Mask = { resources: true, restartPolicy: true };
const POD: Mask = {
  containers: CONTAINER,
  initContainers: CONTAINER,
  resources: true,
  overhead: true,
  hostNetwork: true,
};
const JOB: Mask = {
  suspend: true,
  parallelism: true,
  template: { metadata: METADATA, spec: POD },
};
/** Of pods and of all that makes them. */
const SPEC: Mask = { ...POD, ...JOB, replicas: true, jobTemplate: { spec: JOB } };
const OBJECT: Mask = { apiVersion: true, kind: true, metadata: METADATA, spec: SPEC };
const RELEASE: Mask = { chart: true, name: true, version: true, namespace: true, values: true };

/** Undefined where a resource makes no pods, and changes none. */
function maskOf(type: string): Mask | undefined {
  if (/^kubernetes:helm\.sh\/v[34]:(?:Release|Chart)$/.test(type)) return RELEASE;
  if (/^micromesh:(?:cni|mesh|ingress):Existing$/.test(type)) return true;
  const { apiVersion, kind } = kindOf(type) ?? {};
  if (kind === undefined) return undefined;
  const [group] = apiVersion?.includes("/") ? apiVersion.split("/") : [];
  const counts = WORKLOADS.includes(group ? `${group}/${kind}` : kind) || kind === "Namespace";
  return counts ? OBJECT : undefined;
}

/** `kubernetes:apps/v1:Deployment` as an object says it. */
function kindOf(type: string): { apiVersion: string; kind: string } | undefined {
  const [, apiVersion, kind] = /^kubernetes:((?!helm\.sh)[^:]+):(\w+)$/.exec(type) ?? [];
  if (apiVersion === undefined || kind === undefined) return undefined;
  return { apiVersion: apiVersion.replace(/^core\//, ""), kind };
}
