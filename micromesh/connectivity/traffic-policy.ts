/**
 * What every kind of network policy compiles to. The kinds differ in how they're written; what they do to a
 * connection is put in these terms, so that they combine.
 */
import type { HttpRequest, Protocol } from "./model.ts";
import type { Party } from "./party.ts";
import type { PartyTest } from "./party-test.ts";

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
  /** The pods it's about; asked about pods in its scope only. */
  selects: PartyTest;
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
  /** The peers of a rule, ORed; none: nobody. */
  peers: RulePeer[];
  /** Its ports on that destination, which resolves named ones. They may overlap. */
  ports(destination: Party): PortRange[];
  /** In words, e.g. `TCP 6379`. */
  portText: string;
}

export interface RulePeer {
  /** Where in the rule, e.g. `.from[1]`; empty where the rule asks nothing of the peer. */
  place: string;
  test: PartyTest;
  /** Why a party that one would expect to match doesn't; undefined: one wouldn't. */
  nearly?(party: Party): string | undefined;
}

/** Ports of one protocol, from first to last. */
export interface PortRange {
  protocol: Protocol;
  first: number;
  last: number;
  /** Open to the requests only that one of these tests admits. */
  http?: HttpTest[];
  /** Open to the look-ups only of names that one of these tests admits. */
  dns?: NameTest[];
}

export interface HttpTest {
  /** Its place in the rule, e.g. `.toPorts[0].rules.http[0]`. */
  place: string;
  /** In words, e.g. `GET /count/.*`. */
  text: string;
  admits(request: HttpRequest): boolean;
}

/** A rule on names that are looked up. */
export interface NameTest {
  /** Its place in the rule, e.g. `.toPorts[0].rules.dns[0]`. */
  place: string;
  /** @param name in lower case, without a dot at its end */
  admits(name: string): boolean;
}

export const protocols: readonly Protocol[] = ["TCP", "UDP", "SCTP"];
const lastPort = 65535;

/** Every port of these protocols. */
export function allPorts(of: readonly Protocol[] = protocols): PortRange[] {
  return of.map((protocol) => ({ protocol, first: 1, last: lastPort }));
}

/** The place of a policy in messages: `NetworkPolicy d-redis/isolate-namespace`. */
export function refName(ref: PolicyRef): string {
  return `${ref.kind} ${ref.namespace ? `${ref.namespace}/` : ""}${ref.name}`;
}

/** The ports of those protocols that the destination declares under that name, if it is a pod. */
export function namedPorts(destination: Party, name: string, of: readonly Protocol[]): PortRange[] {
  if (destination.kind !== "pod") return [];
  return destination.pod.ports
    .filter((declared) => declared.name === name && of.includes(declared.protocol))
    .map(({ protocol, containerPort }) => ({
      protocol,
      first: containerPort,
      last: containerPort,
    }));
}

/** What a rule says of a port: `http` only where every one of its ranges there looks into HTTP. */
export type PortMatch = { matches: false } | { matches: true; http?: HttpTest[] };

/** Asks a rule about one port. */
export function matchPort(
  rule: Rule,
  port: number,
  protocol: Protocol,
  destination: Party,
): PortMatch {
  const hits = rule
    .ports(destination)
    .filter((range) => range.protocol === protocol && range.first <= port && port <= range.last);
  if (hits.length === 0) return { matches: false };
  // A range without HTTP rules opens the port, whatever the others ask.
  const tests = hits.map(({ http }) => http);
  if (tests.includes(undefined)) return { matches: true };
  return { matches: true, http: tests.flatMap((test) => test ?? []) };
}

/** The first of a rule's peers that a party is. */
export function matchPeer(rule: Rule, party: Party): RulePeer | undefined {
  return rule.peers.find(({ test }) => test.matches(party));
}
