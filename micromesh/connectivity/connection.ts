/** The network layer's verdict on a connection: what its policies, of all kinds together, decide. */

import type { Settings } from "../resources/settings.ts";
import { type Flow, idleReason, isolationReason, type Match, matchReason, peerOf } from "./flow.ts";
import type { ConnectionDecision, Decision, HttpRequest, Peer, Protocol, Reason } from "./model.ts";
import type { Party, PodParty } from "./party.ts";
import type { Selector, TrafficPolicies } from "./selection.ts";
import { askTier, type TierAnswer } from "./tier-verdict.ts";
import { type Direction, matchPeer, matchPort, type TrafficPolicy } from "./traffic-policy.ts";

export type ConnectionDecider = (
  from: Peer,
  to: Peer,
  port: number,
  protocol: Protocol,
) => ConnectionDecision;

/**
 * Decides connections: the egress of `from` and the ingress of `to` must both allow. The order of the
 * policies in the world plays no part, not in the reasons either.
 */
export function connectionDecider(
  select: Selector,
  partyOf: (peer: Peer) => Party,
  settings: Pick<Settings, "selfTraffic">,
): ConnectionDecider {
  const judgeEnd = (pod: Party, direction: Direction, flow: Flow) =>
    pod.kind === "pod" ? [judge(select(pod), pod, direction, flow)] : [];

  return (from, to, port, protocol) => {
    const [source, destination] = [partyOf(from), partyOf(to)];
    const self =
      source.kind === "pod" && destination.kind === "pod" && source.name === destination.name;
    if (self && settings.selfTraffic === "allowed") {
      return allow({ text: `${source.name} talks to itself, which stays inside the pod` });
    }
    const flow: Flow = { source, destination, port, protocol };
    const verdicts = [
      ...judgeEnd(source, "egress", flow),
      ...judgeEnd(destination, "ingress", flow),
    ];
    if (verdicts.length === 0) return allow({ text: "neither end is a pod that policies select" });

    const denials = verdicts.filter(({ allowed }) => !allowed);
    if (denials.length > 0) {
      return { allowed: false, because: denials.flatMap(({ because }) => because) };
    }
    const because = verdicts.flatMap((verdict) => verdict.because);
    const gates = verdicts.map(({ gate }) => gate).filter((gate) => gate !== undefined);
    if (gates.length === 0) return { allowed: true, because };
    const requests = gates.flatMap(({ matches }) =>
      matches.flatMap(({ http }) => (http ?? []).map(({ text }) => text)),
    );
    return { allowed: true, because, http: (request) => judgeRequest(gates, request), requests };
  };
}

interface Verdict extends Decision {
  gate?: Gate;
}

/** HTTP rules of one direction, one of which must admit a request. */
interface Gate {
  direction: Direction;
  matches: Match[];
}

/**
 * One end's verdict. The Admin tier is asked first, then the pod's own policies, then the Baseline tier;
 * what none of them decides is allowed.
 */
function judge(
  policies: TrafficPolicies,
  pod: PodParty,
  direction: Direction,
  flow: Flow,
): Verdict {
  const { idle, tiers } = policies;
  const admin = askTier(tiers.admin, pod, direction, flow);
  if (admin && admin.action !== "pass") return tierVerdict(admin);
  const passed = admin ? [admin.reason] : [];
  const own = judgeByOwn(policies, pod, direction, flow);
  if (own) return { ...own, because: [...passed, ...own.because] };

  const baseline = askTier(tiers.baseline, pod, direction, flow);
  if (baseline) {
    const { allowed, because } = tierVerdict(baseline);
    return { allowed, because: [...passed, ...because] };
  }
  const because = idle
    .filter((policy) => policy[direction]?.isolates)
    .map((policy) => idleReason(policy, pod, direction));
  for (const { ref, selects, ...rules } of tiers.idle) {
    if (rules[direction].length > 0) because.push(idleReason({ ref, selects }, pod, direction));
  }
  because.push({ text: `no enforced policy isolates ${pod.name} for ${direction}` });
  return { allowed: true, because: [...passed, ...because] };
}

function tierVerdict({ action, reason }: TierAnswer): Verdict {
  return { allowed: action !== "deny", because: [reason] };
}

/**
 * The verdict of the pod's own policies, if they come to one. A deny rule beats everything; then the pod's
 * own node is let in; then one allow rule is enough; and what no rule speaks of is denied where a policy
 * isolates the pod.
 */
function judgeByOwn(
  { enforced }: TrafficPolicies,
  pod: PodParty,
  direction: Direction,
  flow: Flow,
): Verdict | undefined {
  const denies = matching(enforced, direction, "deny", flow);
  if (denies.length > 0) {
    const because = denies.map((match) => matchReason(match, "denies", flow, direction));
    return { allowed: false, because };
  }
  // "OR if the traffic source is the pod's local node": its kubelet probes must get through.
  if (direction === "ingress" && flow.source.kind === "node") {
    return allow({ text: `${flow.source.name} is ${pod.name}'s own node, always let in` });
  }
  const allows = matching(enforced, direction, "allow", flow);
  // A rule without HTTP rules opens the connection to every request.
  const open = allows.filter(({ http }) => !http);
  const deciding = open.length > 0 ? open : allows;
  if (deciding.length > 0) {
    return {
      allowed: true,
      because: deciding.map((match) => matchReason(match, "allows", flow, direction)),
      gate: open.length > 0 ? undefined : { direction, matches: allows },
    };
  }
  const isolating = enforced.filter((policy) => policy[direction]?.isolates);
  if (isolating.length === 0) return undefined;
  const because = isolating.map((policy) => isolationReason(policy, pod, flow, direction));
  return { allowed: false, because };
}

function matching(
  policies: TrafficPolicy[],
  direction: Direction,
  effect: "allow" | "deny",
  flow: Flow,
): Match[] {
  const peer = peerOf(flow, direction);
  const matches: Match[] = [];
  for (const policy of policies) {
    for (const rule of policy[direction]?.[effect] ?? []) {
      const peerMatch = matchPeer(rule, peer);
      if (!peerMatch) continue;
      const portMatch = matchPort(rule, flow.port, flow.protocol, flow.destination);
      if (!portMatch.matches) continue;
      matches.push({ policy, rule, place: rule.place + peerMatch.place, http: portMatch.http });
    }
  }
  return matches;
}

function judgeRequest(gates: Gate[], request: HttpRequest): Decision {
  const line = `${request.method} ${request.path}`;
  const because: Reason[] = [];
  for (const { direction, matches } of gates) {
    const hit = matches
      .flatMap(({ policy, rule, http }) => (http ?? []).map((test) => ({ policy, rule, test })))
      .find(({ test }) => test.admits(request));
    if (!hit) {
      const text = `admits no ${line} by its HTTP rules for ${direction}`;
      const denials = matches.map(({ policy, place }) => ({ ...policy.ref, rule: place, text }));
      return { allowed: false, because: denials };
    }
    const { policy, rule, test } = hit;
    because.push({ ...policy.ref, rule: rule.place + test.place, text: `admits ${line}` });
  }
  return { allowed: true, because };
}

function allow(reason: Reason): Verdict {
  return { allowed: true, because: [reason] };
}
