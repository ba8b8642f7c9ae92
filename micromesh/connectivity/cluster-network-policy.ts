/**
 * ClusterNetworkPolicy (policy.networking.k8s.io/v1alpha2). The rules are those of the API's type
 * definitions (network-policy-api, apis/v1alpha2) and of its documentation, "API Object Overview".
 */
import type { KubernetesObject } from "../resources/declared.ts";
import type { Protocol } from "./model.ts";
import { compileSubject, type SubjectSpec } from "./tiered-peer.ts";
import type { TieredPolicy } from "./tiered-policy.ts";
import {
  compileTieredRules,
  listedPorts,
  type RulePorts,
  type TieredRuleSpec,
} from "./tiered-rule.ts";
import type { PortRange } from "./traffic-policy.ts";

interface Spec {
  tier: "Admin" | "Baseline";
  priority: number;
  subject: SubjectSpec;
  ingress?: RuleSpec[] | null;
  egress?: RuleSpec[] | null;
}

interface RuleSpec extends TieredRuleSpec {
  protocols?: ProtocolSpec[] | null;
}

interface ProtocolSpec extends Partial<Record<ProtocolField, PortMatchSpec | null>> {
  destinationNamedPort?: string | null;
}

interface PortMatchSpec {
  /** Either is set. */
  destinationPort: { number?: number | null; range?: { start: number; end: number } | null };
}

type ProtocolField = "tcp" | "udp" | "sctp";

export const protocolFields: Record<ProtocolField, Protocol> = {
  tcp: "TCP",
  udp: "UDP",
  sctp: "SCTP",
};

/**
 * Compiles a valid ClusterNetworkPolicy.
 * @param networksMatchPods whether a CIDR of its `networks` covers pods' and nodes' addresses
 */
export function compileClusterNetworkPolicy(
  policy: KubernetesObject,
  networksMatchPods: boolean,
): TieredPolicy {
  const spec: Spec = policy.spec;
  return {
    ref: { kind: policy.kind, name: policy.metadata.name },
    tier: spec.tier === "Admin" ? "admin" : "baseline",
    priority: spec.priority,
    selects: compileSubject(spec.subject),
    ingress: compileTieredRules(spec.ingress, "ingress", portsOf, networksMatchPods),
    egress: compileTieredRules(spec.egress, "egress", portsOf, networksMatchPods),
  };
}

/** "If unspecified, protocol-specific attributes will not be used to match traffic." */
function portsOf({ protocols }: RuleSpec): RulePorts {
  const specs = protocols ?? [];
  return listedPorts(
    specs.flatMap(rangesOf),
    specs.flatMap(({ destinationNamedPort }) => destinationNamedPort ?? []),
  );
}

function rangesOf(spec: ProtocolSpec): PortRange[] {
  return Object.entries(protocolFields).flatMap(([field, protocol]) => {
    const match = spec[field as ProtocolField];
    if (!match) return [];
    const { number, range } = match.destinationPort;
    const [first, last] = range ? [range.start, range.end] : [number ?? 0, number ?? 0];
    return [{ protocol, first, last }];
  });
}
