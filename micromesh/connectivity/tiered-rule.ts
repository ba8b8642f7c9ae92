/** What the rules of the tiers' policies have in common, whichever version of the API they're written in. */
import { anyone, compileTieredPeers, type TieredPeerSpec } from "./tiered-peer.ts";
import type { TierAction, TieredRule } from "./tiered-policy.ts";
import {
  allPorts,
  type Direction,
  namedPorts,
  type PortRange,
  protocols,
  type Rule,
} from "./traffic-policy.ts";

export interface TieredRuleSpec {
  name?: string | null;
  /** `Allow` is v1alpha1's word for `Accept`. */
  action: "Accept" | "Allow" | "Deny" | "Pass";
  from?: TieredPeerSpec[] | null;
  to?: TieredPeerSpec[] | null;
}

/** The ports of a rule. */
export type RulePorts = Pick<Rule, "ports" | "portText">;

const anyPort: RulePorts = { ports: () => allPorts(), portText: "all ports" };

/**
 * The ports that a rule lists: any of these ranges, and the pods' ports of these names, whatever their
 * protocol. A rule that lists none isn't limited to ports.
 */
export function listedPorts(ranges: PortRange[], names: string[]): RulePorts {
  if (ranges.length + names.length === 0) return anyPort;
  return {
    ports: (destination) => [
      ...ranges,
      ...names.flatMap((name) => namedPorts(destination, name, protocols)),
    ],
    portText: [...ranges.map(rangeText), ...names.map((name) => `port ${name}`)].join(", "),
  };
}

function rangeText({ protocol, first, last }: PortRange): string {
  return `${protocol} ${first === last ? first : `${first}-${last}`}`;
}

/**
 * Compiles the rules of one direction, in their order.
 * @param portsOf reads a rule's ports, which the versions of the API write differently
 */
export function compileTieredRules<T extends TieredRuleSpec>(
  specs: T[] | null | undefined,
  direction: Direction,
  portsOf: (spec: T) => RulePorts,
  networksMatchPods: boolean,
): TieredRule[] {
  return (specs ?? []).map((spec, i) => {
    const name = spec.name ? ` ${JSON.stringify(spec.name)}` : "";
    const place = `spec.${direction}[${i}]${name}`;
    const action = actions[spec.action];
    const side = direction === "ingress" ? spec.from : spec.to;
    const peers = compileTieredPeers(side ?? [], direction, networksMatchPods);
    if (Array.isArray(peers)) return { place, action, peers, ...portsOf(spec) };
    return closed(place, action, peers.unknownAt);
  });
}

const actions: Record<TieredRuleSpec["action"], TierAction> = {
  Accept: "accept",
  Allow: "accept",
  Deny: "deny",
  Pass: "pass",
};

/**
 * A rule with a peer of an unknown kind, as a newer version of the API may have, fails closed: "For 'Accept'
 * rules, 'fail closed' means: 'treat the rule as matching no traffic'. For 'Deny' and 'Pass' rules, 'fail
 * closed' means: 'treat the rule as a Deny all rule'."
 */
function closed(place: string, action: TierAction, unknownAt: string): TieredRule {
  if (action === "accept") return { place, action, peers: [], ...anyPort };
  const why = `${unknownAt} (a peer of an unknown kind, so that the rule denies all)`;
  return { place, action: "deny", peers: anyone(why), ...anyPort };
}
