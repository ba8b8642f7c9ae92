/** What a change does besides what it's for. */
import type { Analysis } from "../analysis.ts";
import type { Workload } from "../cluster/workloads.ts";
import type { NeededFlow } from "../needs/routes.ts";
import { answerTo } from "./answer.ts";
import { type End, hostEnd, workloadEnd } from "./ends.ts";
import type { Question } from "./question.ts";
import type { World } from "./world.ts";

/** Ways on that port, to and from the neighbours of the ends, that a change opens too. */
export function alsoOpened(question: Question, before: World, after: World): string[] {
  const { from, to, port, protocol } = question;
  const [source, destination] = [
    workloadOf(from),
    to.kind === "nobody" ? undefined : workloadOf(to),
  ];
  const listens = ({ pod }: Workload) =>
    pod.ports.some((one) => one.containerPort === port && one.protocol === protocol);
  const others = (own: Workload | undefined) =>
    before.cluster.workloads.filter(
      (one) => own && one.namespace === own.namespace && one !== source && one !== destination,
    );
  const ways: Way[] = [
    ...others(destination)
      .filter(listens)
      .map((one) => ({ from: from.title, to: one.id })),
    ...others(source).map((one) => ({ from: one.id, to: to.title })),
  ];
  const isOpen = (way: Way, world: World) => {
    const ends = { from: endIn(way.from, question, world), to: endIn(way.to, question, world) };
    return verdict({ ...ends, port, protocol }, world) === "allow";
  };
  return ways
    .filter((way) => isOpen(way, after) && !isOpen(way, before))
    .map((way) => `${way.from} => ${way.to} ${protocol} ${port}`);
}

interface Way {
  from: string;
  to: string;
}

/** Ways that something needs, and that a change cuts too. */
export function alsoCut(
  question: Question,
  before: World,
  after: World,
  { needed }: Analysis,
): string[] {
  const cut = needed.flatMap((flow) => {
    const { to } = flow;
    if (to.kind === "service") return [];
    const [title, port, protocol] =
      to.kind === "host"
        ? [to.name, to.port ?? 443, "TCP" as const]
        : [to.workload.id, to.port, to.protocol];
    const isAsked =
      flow.from === question.from.title &&
      title === question.to.title &&
      port === question.port &&
      protocol === question.protocol;
    const isOpen = (world: World) => {
      const [from, end] = [endIn(flow.from, question, world), destinationIn(flow, question, world)];
      return verdict({ from, to: end, port, protocol }, world) === "allow";
    };
    return !isAsked && isOpen(before) && !isOpen(after)
      ? [`${flow.from} => ${title} ${protocol} ${port}`]
      : [];
  });
  return [...new Set(cut)];
}

function workloadOf(end: End): Workload | undefined {
  return end.kind === "pod" ? end.workload : undefined;
}

type Asked = Pick<Question, "port" | "protocol"> & { from?: End; to?: End };

/** Ends that aren't there have no way between them. */
function verdict({ from, to, port, protocol }: Asked, world: World): string {
  if (!from || !to) return "deny";
  const name = to.kind === "outside" ? to.host : undefined;
  return answerTo({ from, to, port, protocol, ...(name && { name }) }, world).verdict;
}

/** An end by its title. */
function endIn(title: string, { from, to }: Question, world: World): End | undefined {
  const workload = world.cluster.workloads.find(({ id }) => id === title);
  if (workload) return workloadEnd(workload);
  const controller = world.controllers.find(({ id }) => id === title);
  if (controller) {
    const { pod } = controller;
    return { kind: "pod", title, pod, peer: { kind: "pod", pod } };
  }
  return [from, to].find((end): end is End => end.kind !== "nobody" && end.title === title);
}

function destinationIn({ to }: NeededFlow, question: Question, world: World): End | undefined {
  if (to.kind === "service") return undefined;
  return to.kind === "host" ? hostEnd(to.name) : endIn(to.workload.id, question, world);
}
