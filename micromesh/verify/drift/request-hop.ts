/** What a probe asks for itself: one connection, or one look-up. */
import type { Probe, WorkloadRef } from "../../../stacks/outputs.ts";
import { answerTo } from "../../prediction/explain/answer.ts";
import { type PodEnd, workloadEnd } from "../../prediction/explain/ends.ts";
import { questionOf } from "../../prediction/explain/question.ts";
import { serviceNamed } from "../../prediction/explain/services.ts";
import { worldOf } from "../../prediction/explain/world.ts";
import { nameCheck } from "../../prediction/needs/name-server.ts";
import { UsageError } from "../../resources/usage-error.ts";
import { type Fate, type Hop, shortName } from "./hop.ts";
import type { World } from "./worlds.ts";

export interface RequestHop {
  hop: Hop;
  /** Id of the workload that it comes from. */
  from: string;
  /** Id of the workload that it leads to as declared, where it leads to one. */
  to?: string;
}

/** Undefined where its workload isn't declared. */
export function requestHop(
  request: Probe["request"],
  from: WorkloadRef,
  declared: World,
): RequestHop | undefined {
  const source = podOf(from, declared);
  if (!source) return undefined;
  const title = shortName(source.title);
  if (request.kind === "dns") {
    const what = `look ${request.name} up`;
    const hop: Hop = {
      can: `${title} may ${what}`,
      cannot: `${title} can't ${what}`,
      fateIn: (world) => lookupIn(world, from, request.name),
    };
    return { hop, from: source.title };
  }
  const destination = destinationOf(request);
  const asked = ask(declared, from, destination)?.question;
  const end = asked ? `${shortName(asked.to.title)} ${asked.protocol} ${asked.port}` : destination;
  const hop: Hop = {
    can: `${title} may reach ${end}`,
    cannot: `${title} can't reach ${end}`,
    fateIn: (world) => {
      const answer = runs(world, from) ? ask(world, from, destination)?.answer : undefined;
      if (answer?.verdict !== "allow") return { works: false, text: "no" };
      return { works: true, text: answer.requests.join("; ") };
    },
  };
  const to = asked?.to.kind === "pod" ? asked.to.workload?.id : undefined;
  return { hop, from: source.title, ...(to !== undefined && { to }) };
}

/** Undefined where an end isn't there. */
function ask(world: World, from: WorkloadRef, destination: string) {
  const asked = worldOf(world.analysis);
  const source = podOf(from, world);
  if (!source) return undefined;
  try {
    const question = questionOf(asked, source.title, destination);
    return { question, answer: answerTo(question, asked) };
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

function podOf({ namespace, workload }: WorkloadRef, { analysis }: World): PodEnd | undefined {
  const found = analysis.cluster.workloads.find(
    (one) =>
      one.namespace === namespace &&
      [one.name, one.pod.labels["app.kubernetes.io/name"]].includes(workload),
  );
  return found && workloadEnd(found);
}

function runs(world: World, from: WorkloadRef): boolean {
  return (podOf(from, world)?.workload?.replicas ?? 0) > 0;
}

function lookupIn(world: World, from: WorkloadRef, name: string): Fate {
  const source = podOf(from, world);
  if (!source || !runs(world, from)) return { works: false, text: "nobody asks" };
  const { cluster, ends } = world.analysis;
  const service = serviceOrNone(world, source, name);
  const inFull = service ? `${service.name}.${service.namespace}.svc.cluster.local` : name;
  const { allowed } = ends.connectivity.lookup(source.pod, inFull);
  const unknown = service ? nameCheck(cluster.objects)(inFull)?.text : "no Service";
  return { works: allowed && unknown === undefined, text: `${allowed} ${unknown ?? ""}` };
}

function serviceOrNone({ analysis }: World, source: PodEnd, name: string) {
  try {
    return serviceNamed(analysis.cluster, name, source, undefined);
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

function destinationOf(request: Exclude<Probe["request"], { kind: "dns" }>): string {
  if (request.kind === "tcp") return `${request.host}:${request.port}`;
  const { hostname, port, protocol } = new URL(request.url);
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}
