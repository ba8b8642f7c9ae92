/** A connection that is being decided, and the sentences that say why it was decided so. */
import type { Protocol, Reason } from "./model.ts";
import type { Party, PodParty } from "./party.ts";
import {
  type Direction,
  type HttpTest,
  matchPeer,
  type PolicyRef,
  type Rule,
  type TrafficPolicy,
} from "./traffic-policy.ts";

export interface Flow {
  source: Party;
  destination: Party;
  port: number;
  protocol: Protocol;
}

/** The other end, seen from the pod whose policies are asked. */
export function peerOf(flow: Flow, direction: Direction): Party {
  return direction === "ingress" ? flow.source : flow.destination;
}

/** A rule that matches the flow. */
export interface Match {
  policy: TrafficPolicy;
  rule: Rule;
  /** With the place of the peer in it. */
  place: string;
  http?: HttpTest[];
}

export function matchReason(
  { policy, place, http }: Match,
  verb: "allows" | "denies",
  flow: Flow,
  direction: Direction,
): Reason {
  const condition = http ? ", for requests that its HTTP rules admit" : "";
  return { ...policy.ref, rule: place, text: `${verb} ${inWords(flow, direction)}${condition}` };
}

/** What an isolating policy lacks: the nearest of its rules is named, where one nearly matches. */
export function isolationReason(
  policy: TrafficPolicy,
  pod: PodParty,
  flow: Flow,
  direction: Direction,
): Reason {
  const isolates = `isolates ${pod.name} for ${direction}`;
  const rules = policy[direction]?.allow ?? [];
  if (rules.length === 0) return { ...policy.ref, text: `${isolates} and allows nothing` };

  const peer = peerOf(flow, direction);
  for (const rule of rules) {
    const match = matchPeer(rule, peer);
    if (!match) continue;
    const side = direction === "ingress" ? "source" : "destination";
    const text = `${isolates} and allows this ${side} on ${rule.portText}, not on ${portText(flow)}`;
    return { ...policy.ref, rule: rule.place + match.place, text };
  }
  const text = `${isolates} and no rule allows ${inWords(flow, direction)}`;
  for (const rule of rules) {
    for (const { place, nearly } of rule.peers) {
      const why = nearly?.(peer);
      if (!why) continue;
      return { ...policy.ref, rule: rule.place, text: `${text}: ${rule.place}${place} ${why}` };
    }
  }
  return { ...policy.ref, text };
}

/** The lesson of a policy that is declared where nobody enforces it. */
export function idleReason(policy: TrafficPolicy, pod: PodParty, direction: Direction): Reason {
  const { ref } = policy;
  const text = `selects ${pod.name} for ${direction}, yet nothing in this cluster enforces ${plural(ref)}`;
  return { ...ref, text };
}

function plural({ kind }: PolicyRef): string {
  return kind.replace(/y$/, "ies");
}

function inWords(flow: Flow, direction: Direction): string {
  const preposition = direction === "ingress" ? "from" : "to";
  return `${portText(flow)} ${preposition} ${peerOf(flow, direction).name}`;
}

function portText({ protocol, port }: Flow): string {
  return `${protocol} ${port}`;
}
