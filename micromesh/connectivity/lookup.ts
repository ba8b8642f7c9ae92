/**
 * Look-ups of names at the cluster's DNS. Where a DNS rule of Cilium stands between, its DNS proxy refuses
 * the names that no rule admits, and learns the addresses of the others, which is all that `toFQDNs` knows
 * (Cilium documentation, "DNS Policy and IP Discovery").
 */
import { canonicalName } from "./cilium-fqdn.ts";
import type { ConnectionDecider } from "./connection.ts";
import type { Decision, Peer, Pod, Reason } from "./model.ts";
import type { Party, SeenOutside } from "./party.ts";
import type { Selector } from "./selection.ts";
import { matchPeer, type NameTest, type PolicyRef, type TrafficPolicy } from "./traffic-policy.ts";

/** Allowed: the name server is asked. */
export interface LookupDecision extends Decision {
  /**
   * Cilium's DNS proxy stands between. It answers REFUSED where the look-up isn't allowed, and learns the
   * addresses where it is. Without, a look-up that isn't allowed gets no answer.
   */
  proxied: boolean;
}

export type LookupDecider = (from: Pod, name: string) => LookupDecision;

/** Policies see the port of the pod that answers; these distributions' CoreDNS listens on this one. */
const dnsPort = 53;

/** CoreDNS as kubeadm, minikube and K3s deploy it. */
const coreDns: Pod = {
  namespace: "kube-system",
  name: "coredns",
  labels: { "k8s-app": "kube-dns" },
  serviceAccount: "coredns",
  ips: [],
  ports: [
    { name: "dns", containerPort: dnsPort, protocol: "UDP" },
    { name: "dns-tcp", containerPort: dnsPort, protocol: "TCP" },
  ],
  hostNetwork: false,
  meshed: false,
};

/**
 * Decides look-ups, over UDP as resolvers do.
 * @param nameServers the pods that answer; undefined: CoreDNS
 */
export function lookupDecider(
  select: Selector,
  partyOf: (peer: Peer) => Party,
  connection: ConnectionDecider,
  nameServers: Pod[] = [coreDns],
): LookupDecider {
  return (pod, name) => {
    const from: Peer = { kind: "pod", pod };
    let because: Reason[] = [{ text: "the cluster has no name server" }];
    for (const server of nameServers) {
      const to: Peer = { kind: "pod", pod: server };
      const way = connection(from, to, dnsPort, "UDP");
      if (way.allowed) {
        const source = partyOf(from);
        const opening =
          source.kind === "pod" ? openingRules(select(source).enforced, partyOf(to)) : [];
        return judge(opening, canonicalName(name)) ?? { ...way, proxied: false };
      }
      because = way.because;
    }
    return { allowed: false, proxied: false, because };
  };
}

/** A rule that opens the way to the name server. */
interface Opening {
  ref: PolicyRef;
  /** Its place in the policy, with that of the peer in it. */
  place: string;
  rule: string;
  /** Undefined: it looks at no names. */
  tests?: NameTest[];
}

function openingRules(policies: TrafficPolicy[], server: Party): Opening[] {
  const openings: Opening[] = [];
  for (const { ref, egress } of policies) {
    for (const rule of egress?.allow ?? []) {
      const peer = matchPeer(rule, server);
      if (!peer) continue;
      for (const { protocol, first, last, dns } of rule.ports(server)) {
        if (protocol !== "UDP" || dnsPort < first || last < dnsPort) continue;
        openings.push({ ref, rule: rule.place, place: rule.place + peer.place, tests: dns });
      }
    }
  }
  return openings;
}

/** Undefined where no DNS rule is among them. One that looks at no names admits every name. */
function judge(openings: Opening[], name: string): LookupDecision | undefined {
  if (!openings.some(({ tests }) => tests)) return undefined;
  for (const { ref, rule, place, tests } of openings) {
    const text = `admits look-ups of ${name}`;
    if (!tests) return { allowed: true, proxied: true, because: [{ ...ref, rule: place, text }] };
    const test = tests.find(({ admits }) => admits(name));
    if (!test) continue;
    const reason = { ...ref, rule: rule + test.place, text };
    return { allowed: true, proxied: true, because: [reason] };
  }
  const text = `admits no look-up of ${name} by its DNS rules`;
  const because = openings.map(({ ref, place }) => ({ ...ref, rule: place, text }));
  return { allowed: false, proxied: true, because };
}

/** The other end as Cilium knows it for this pod: by those names that its DNS proxy saw the pod look up. */
export function asSeen(lookup: LookupDecider, from: Peer, to: Peer): Peer {
  if (from.kind !== "pod" || to.kind !== "external" || !to.names?.length) return to;
  const names: string[] = [];
  const unseen: SeenOutside["unseen"] = [];
  for (const name of to.names.map(canonicalName)) {
    const { allowed, proxied } = lookup(from.pod, name);
    if (allowed && proxied) names.push(name);
    else unseen.push({ name, why: whyUnseen(from.pod, name, allowed, proxied) });
  }
  const seen: SeenOutside = { ...to, names, unseen };
  return seen;
}

function whyUnseen(pod: Pod, name: string, allowed: boolean, proxied: boolean): string {
  const who = `${pod.namespace}/${pod.name}`;
  if (allowed) {
    return `no egress rule of ${who} to the cluster's DNS has rules.dns, so Cilium never learns its addresses`;
  }
  return proxied
    ? `the DNS rules of ${who} admit no look-up of ${name}`
    : `${who} can't reach the cluster's DNS to look it up`;
}
