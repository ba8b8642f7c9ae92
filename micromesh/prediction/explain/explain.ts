/** Why one connection is as it is, and the smallest change that would turn it. */
import type { Reason } from "../../connectivity/model.ts";
import type { KubernetesObject } from "../../resources/declared.ts";
import type { DeclaredPlatform } from "../../resources/platform.ts";
import { type Analysis, analyse } from "../analysis.ts";
import { meshVerdict, type PortState } from "../mesh-verdict.ts";
import type { Verdict } from "../prediction.ts";
import { sentence } from "../sentence.ts";
import { closingEdits, type Edit, openingEdits } from "./edits.ts";
import { type Question, questionOf } from "./ends.ts";

export interface Step {
  /** What decides here: `name`, `Service`, `network`, `mesh`. */
  at: "way" | "name" | "network" | "mesh";
  verdict: Verdict;
  /** A sentence each. */
  because: string[];
}

export interface Explanation {
  from: string;
  /** With its port: `d-redis/redis[Deployment] TCP 6379`. */
  to: string;
  verdict: Verdict;
  /** In the order in which they're taken. */
  steps: Step[];
  /** The least that would turn the verdict, tried out; undefined: no single change was found. */
  change?: { text: string; object: KubernetesObject };
  /** Requests that are let in, where it depends on them. */
  requests?: string[];
}

/**
 * @param source see `questionOf`
 * @throws UsageError where an end isn't known
 */
export function explain(
  objects: KubernetesObject[],
  platform: DeclaredPlatform,
  source: string,
  destination: string,
): Explanation {
  const analysis = analyse(objects, platform);
  const question = questionOf(analysis.cluster, source, destination);
  const answer = answerTo(question, analysis);
  const edits = answer.verdict === "allow" ? closingEdits : openingEdits;
  const wanted = answer.verdict === "allow" ? "deny" : "allow";
  const change = edits(question, analysis, answer.steps).find((edit) => {
    const again = analyse(edit.apply(objects), platform);
    return answerTo(questionOf(again.cluster, source, destination), again).verdict === wanted;
  });
  const { from, to, port, protocol } = question;
  return {
    from: from.title,
    to: `${to.title} ${protocol} ${port}`,
    ...answer,
    ...(change && { change: changeText(change) }),
  };
}

function changeText({ text, object }: Edit) {
  return { text, object };
}

type Answer = Pick<Explanation, "verdict" | "steps" | "requests">;

function answerTo(question: Question, analysis: Analysis): Answer {
  const { from, to, port, protocol, service, way } = question;
  const { connectivity } = analysis.ends;
  const steps: Step[] = [];
  if (way) steps.push({ at: "way", verdict: "allow", because: [way] });
  const name =
    to.kind === "outside"
      ? to.host
      : service && `${service.name}.${service.namespace}.svc.cluster.local`;
  if (name && from.kind === "workload" && !from.workload.pod.hostNetwork) {
    const { allowed, because } = connectivity.lookup(from.workload.pod, name);
    steps.push(step("name", allowed ? "allow" : "broken", because));
  }
  if (from.kind === "workload" && to.kind === "workload" && from.workload === to.workload) {
    const text =
      "a pod reaches itself without the network; another replica is asked as any other pod";
    steps.push({ at: "network", verdict: "allow", because: [text] });
    return { verdict: "allow", steps };
  }
  const network = connectivity.connection(from.peer, to.peer, port, protocol);
  steps.push(step("network", network.allowed ? "allow" : "deny", network.because));
  const mesh = network.allowed && protocol === "TCP" ? meshStep(question, analysis) : undefined;
  if (mesh) steps.push(mesh.step);
  const worst = (["deny", "broken"] as const).find((bad) =>
    steps.some(({ verdict }) => verdict === bad),
  );
  const requests = [...(network.requests ?? []), ...(mesh?.requests ?? [])];
  return { verdict: worst ?? "allow", steps, ...(requests.length > 0 && { requests }) };
}

function meshStep({ from, to, port }: Question, { cluster, ends }: Analysis) {
  if (to.kind !== "workload") return undefined;
  const source =
    from.kind === "workload"
      ? from.workload.pod
      : { ip: from.peer.kind === "external" ? (from.peer.ip ?? "") : "" };
  const mesh = meshVerdict(cluster, ends.connectivity, source, to.workload);
  if (!mesh) return undefined;
  const verdict = verdicts[mesh.state(port)];
  return { step: step("mesh", verdict, mesh.because(port)), requests: mesh.requests(port) };
}

const verdicts: Record<PortState, Verdict> = {
  open: "allow",
  http: "allow",
  denied: "deny",
  reset: "broken",
};

function step(at: Step["at"], verdict: Verdict, because: Reason[]): Step {
  return { at, verdict, because: [...new Set(because.map(sentence))] };
}
