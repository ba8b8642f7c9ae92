/**
 * What every kind of network policy compiles to. NetworkPolicy and Cilium's two kinds differ in how
 * they're written; what they do to a connection is put in these terms, so that they combine.
 */
import type { HttpRequest, Protocol } from "./model.ts";
import type { Party, PodParty } from "./party.ts";

export type Direction = "ingress" | "egress";

export interface PolicyRef {
  kind: string;
  namespace?: string;
  name: string;
}

export interface TrafficPolicy {
  ref: PolicyRef;
  /** The namespace whose pods it may select; undefined: any. */
  scope?: string;
  /** Asked about pods in its scope only. */
  selects(pod: PodParty): boolean;
  /** Absent: the policy says nothing of that direction. */
  ingress?: Section;
  egress?: Section;
}

export interface Section {
  /** What isn't allowed by some rule is denied, for the pods it selects. */
  isolates: boolean;
  allow: Rule[];
  /** Beats every allow, whichever policy it's in. */
  deny: Rule[];
}

/** One rule: a peer AND a port. */
export interface Rule {
  /** The rule's place in the resource, e.g. `spec.ingress[0]`. */
  place: string;
  peer(party: Party): PeerMatch;
  /** The port matches of a rule, ORed. `destination` resolves named ports. */
  port(port: number, protocol: Protocol, destination: Party): PortMatch;
  /** In words, e.g. `TCP 6379`. */
  ports: string;
}

export type PeerMatch =
  /** `place` is where in the rule, e.g. `.from[1]`; empty where the rule asks nothing of the peer. */
  | { matches: true; place: string }
  /** `nearly` says why a peer that one would expect to match doesn't. */
  | { matches: false; nearly?: string };

export type PortMatch =
  | { matches: false }
  /** With `http`, the connection is open to the requests that one of these tests admits. */
  | { matches: true; http?: HttpTest[] };

export interface HttpTest {
  /** Its place in the rule, e.g. `.toPorts[0].rules.http[0]`. */
  place: string;
  admits(request: HttpRequest): boolean;
}

/** The place of a policy in messages: `NetworkPolicy d-redis/isolate-namespace`. */
export function refName(ref: PolicyRef): string {
  return `${ref.kind} ${ref.namespace ? `${ref.namespace}/` : ""}${ref.name}`;
}

/** True where the destination is a pod that declares a port of that name and protocol at that number. */
export function namesPort(
  destination: Party,
  name: string,
  port: number,
  protocol: Protocol,
): boolean {
  return (
    destination.kind === "pod" &&
    destination.pod.ports.some(
      (declared) =>
        declared.name === name && declared.containerPort === port && declared.protocol === protocol,
    )
  );
}
