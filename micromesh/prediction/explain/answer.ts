/** The answer to a question: what decides, one step after another. */
import { contains, parseAddress } from "../../connectivity/address.ts";
import type { Reason } from "../../connectivity/model.ts";
import { meshVerdict, type PortState } from "../mesh-verdict.ts";
import type { Verdict } from "../prediction.ts";
import type { Question } from "./question.ts";
import type { World } from "./world.ts";

/** Where something decides: at the Service, the look-up of the name, the network's policies, the mesh's. */
export type Place = "way" | "name" | "network" | "mesh";

export interface Decision {
  at: Place;
  verdict: Verdict;
  because: Reason[];
}

export interface Answer {
  verdict: Verdict;
  /** In the order in which they're taken. */
  decisions: Decision[];
  /** The requests that are let in, where it depends on them. */
  requests: string[];
  /** Cilium's DNS proxy stands between the source and the name server. */
  proxied?: boolean;
}

export function answerTo(question: Question, world: World): Answer {
  const { from, to, name, way } = question;
  const decisions: Decision[] = [];
  if (way) decisions.push({ at: "way", verdict: "allow", because: [{ text: way }] });
  const lookup =
    name !== undefined && from.kind === "pod" && from.workload && !from.pod.hostNetwork
      ? world.connectivity.lookup(from.pod, name)
      : undefined;
  if (lookup) {
    const { allowed, because } = lookup;
    decisions.push({ at: "name", verdict: allowed ? "allow" : "broken", because });
  }
  const kept = keptOut(question);
  if (kept) {
    decisions.push({ at: "way", verdict: "deny", because: [{ text: kept }] });
    return { verdict: "deny", decisions, requests: [] };
  }
  if (to.kind === "nobody") {
    decisions.push({ at: "way", verdict: "broken", because: [{ text: to.why }] });
    return { verdict: "broken", decisions, requests: [] };
  }
  const connection = connectionIn(question, world);
  decisions.push(...connection.decisions);
  const verdict = (["deny", "broken"] as const).find((bad) =>
    decisions.some((decision) => decision.verdict === bad),
  );
  return {
    verdict: verdict ?? "allow",
    decisions,
    requests: connection.requests,
    proxied: lookup?.proxied,
  };
}

/** Whom a load balancer drops, before anything else is asked. */
function keptOut({ from, admitted }: Question): string | undefined {
  const client = from.kind === "outside" && parseAddress(from.peer.ip ?? "");
  if (!admitted || !client) return undefined;
  if (admitted.ranges.some((range) => contains(range, client))) return undefined;
  return `loadBalancerSourceRanges of Service ${admitted.by} don't have this client`;
}

function connectionIn(question: Question, world: World): Pick<Answer, "decisions" | "requests"> {
  const { from, to, port, protocol } = question;
  const { cluster, connectivity } = world;
  const none = { decisions: [], requests: [] };
  if (to.kind === "nobody") return none;
  const itself = from.kind === "pod" && to.kind === "pod" && from.pod === to.pod;
  if (itself && cluster.platform.settings.selfTraffic === "allowed") {
    const text = "a pod's way to itself stays inside the pod, where no policy is asked";
    return { ...none, decisions: [{ at: "network", verdict: "allow", because: [{ text }] }] };
  }
  const network = connectivity.connection(from.peer, to.peer, port, protocol);
  const decisions: Decision[] = [
    { at: "network", verdict: network.allowed ? "allow" : "deny", because: network.because },
  ];
  const requests = network.requests ?? [];
  if (!network.allowed || protocol !== "TCP" || to.kind !== "pod" || !to.workload) {
    return { decisions, requests };
  }
  const source = from.kind === "pod" ? from.pod : { ip: from.peer.ip ?? "" };
  const mesh = meshVerdict(cluster, connectivity, source, to.workload);
  if (!mesh) return { decisions, requests };
  const verdict = verdicts[mesh.state(port)];
  decisions.push({ at: "mesh", verdict, because: mesh.because(port) });
  return { decisions, requests: [...requests, ...mesh.requests(port)] };
}

const verdicts: Record<PortState, Verdict> = {
  open: "allow",
  http: "allow",
  denied: "deny",
  reset: "broken",
};
