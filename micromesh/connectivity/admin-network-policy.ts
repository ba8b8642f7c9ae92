/**
 * AdminNetworkPolicy and BaselineAdminNetworkPolicy (policy.networking.k8s.io/v1alpha1), the elders of
 * ClusterNetworkPolicy. The rules are those of the API's type definitions (network-policy-api v0.1.7).
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
  priority?: number;
  subject: SubjectSpec;
  ingress?: RuleSpec[] | null;
  egress?: RuleSpec[] | null;
}

interface RuleSpec extends TieredRuleSpec {
  ports?: PortSpec[] | null;
}

interface PortSpec {
  portNumber?: { protocol?: Protocol | null; port: number } | null;
  portRange?: { protocol?: Protocol | null; start: number; end: number } | null;
  namedPort?: string | null;
}

/** The kind of the singleton in the baseline tier. */
export const baselineKind = "BaselineAdminNetworkPolicy";

/** The singleton has none: a ClusterNetworkPolicy of its tier, whose last is 1000, is asked before it. */
const priorityOfBaseline = 1001;

/**
 * Compiles a valid policy of either kind.
 * @param networksMatchPods whether a CIDR of its `networks` covers pods' and nodes' addresses
 */
export function compileAdminNetworkPolicy(
  policy: KubernetesObject,
  networksMatchPods: boolean,
): TieredPolicy {
  const spec: Spec = policy.spec;
  return {
    ref: { kind: policy.kind, name: policy.metadata.name },
    tier: policy.kind === baselineKind ? "baseline" : "admin",
    priority: spec.priority ?? priorityOfBaseline,
    selects: compileSubject(spec.subject),
    ingress: compileTieredRules(spec.ingress, "ingress", portsOf, networksMatchPods),
    egress: compileTieredRules(spec.egress, "egress", portsOf, networksMatchPods),
  };
}

/** "If Ports is not set then the rule does not filter traffic via port." */
function portsOf({ ports }: RuleSpec): RulePorts {
  const specs = ports ?? [];
  return listedPorts(
    specs.flatMap(rangesOf),
    specs.flatMap(({ namedPort }) => namedPort ?? []),
  );
}

/** "If not specified, this field [protocol] defaults to TCP." */
function rangesOf({ portNumber, portRange }: PortSpec): PortRange[] {
  const ranges: PortRange[] = [];
  if (portNumber) {
    const { protocol, port } = portNumber;
    ranges.push({ protocol: protocol ?? "TCP", first: port, last: port });
  }
  if (portRange) {
    const { protocol, start, end } = portRange;
    ranges.push({ protocol: protocol ?? "TCP", first: start, last: end });
  }
  return ranges;
}
