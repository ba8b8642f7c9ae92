/** What a tier says of a connection. */
import { type Flow, matchReason, peerOf } from "./flow.ts";
import type { Reason } from "./model.ts";
import type { PodParty } from "./party.ts";
import type { TierAction, TieredPolicy, TieredRule } from "./tiered-policy.ts";
import { type Direction, matchPeer, matchPort, refName } from "./traffic-policy.ts";

export interface TierAnswer {
  /** `pass`: what comes after the tier decides. */
  action: TierAction;
  reason: Reason;
}

/**
 * Asks one tier: the first rule that matches, of the first policy that has one, decides.
 * @param policies those of the tier that select the pod, in the order in which they're asked
 * @returns undefined where no rule matches
 */
export function askTier(
  policies: TieredPolicy[],
  pod: PodParty,
  direction: Direction,
  flow: Flow,
): TierAnswer | undefined {
  for (const [i, policy] of policies.entries()) {
    const match = firstMatch(policy, direction, flow);
    if (!match) continue;
    const said = reasonOf(match, policy, pod, direction, flow);
    const rest = policies.slice(i + 1).filter(({ priority }) => priority === policy.priority);
    const text = said.text + ambiguity(match, rest, direction, flow);
    return { action: match.rule.action, reason: { ...said, text } };
  }
  return undefined;
}

interface TieredMatch {
  rule: TieredRule;
  /** With the place of the peer in it. */
  place: string;
}

function firstMatch(
  policy: TieredPolicy,
  direction: Direction,
  flow: Flow,
): TieredMatch | undefined {
  for (const rule of policy[direction]) {
    const peer = matchPeer(rule, peerOf(flow, direction));
    if (!peer) continue;
    if (!matchPort(rule, flow.port, flow.protocol, flow.destination).matches) continue;
    return { rule, place: rule.place + peer.place };
  }
  return undefined;
}

const verbs = { accept: "allows", deny: "denies", pass: "passes" } as const;

function reasonOf(
  { rule, place }: TieredMatch,
  { ref, selects, tier }: TieredPolicy,
  pod: PodParty,
  direction: Direction,
  flow: Flow,
): Reason {
  if (rule.action === "pass") {
    const next = tier === "admin" ? "the pods' own policies" : "the default, which allows it";
    return { ...ref, rule: place, text: `passes this connection on to ${next}` };
  }
  const match = { policy: { ref, selects }, rule, place };
  const reason = matchReason(match, verbs[rule.action], flow, direction);
  const when =
    tier === "admin"
      ? ", before any NetworkPolicy is asked"
      : `, as no NetworkPolicy isolates ${pod.name} for ${direction}`;
  return { ...reason, text: reason.text + when };
}

/** What another policy with the same priority would say instead, where it would. */
function ambiguity(
  match: TieredMatch,
  rest: TieredPolicy[],
  direction: Direction,
  flow: Flow,
): string {
  for (const other of rest) {
    const otherMatch = firstMatch(other, direction, flow);
    if (!otherMatch || otherMatch.rule.action === match.rule.action) continue;
    return `; ${refName(other.ref)} of the same priority ${verbs[otherMatch.rule.action]} it, and which of the two counts is left open`;
  }
  return "";
}
