/**
 * Who may talk to whom: policies in, verdicts with reasons out. Pure functions of plain data; the
 * simulator enforces by them, and prediction computes with them.
 */
import type { KubernetesObject } from "../resources/declared.ts";
import { groupKind } from "../resources/kubernetes.ts";
import { compileCiliumPolicy } from "./cilium-policy.ts";
import { connectionDecider } from "./connection.ts";
import { asSeen, type LookupDecision, lookupDecider } from "./lookup.ts";
import { type InboundMesh, inboundFinder } from "./mesh.ts";
import type { ConnectionDecision, Peer, Pod, Protocol, World } from "./model.ts";
import { compileNetworkPolicy } from "./network-policy.ts";
import { type Outside, outsideParties } from "./outside.ts";
import { type Party, partyFinder } from "./party.ts";
import { type Reach, reach } from "./reach.ts";
import { selector } from "./selection.ts";
import { compileTiers } from "./tiers.ts";
import type { TrafficPolicy } from "./traffic-policy.ts";
import { validate } from "./validate.ts";

export { honoured } from "./honoured.ts";
export type { LookupDecision } from "./lookup.ts";
export type { InboundMesh } from "./mesh.ts";
export { type Problem, problemLine } from "./problem.ts";
export { declaredService, declaredServices } from "./services.ts";
export { isPolicy, validate } from "./validate.ts";

export interface Connectivity {
  /**
   * The network layer: egress of `from` and ingress of `to` must both allow.
   * @param port the destination pod's port, after a Service's translation
   */
  connection(from: Peer, to: Peer, port: number, protocol: Protocol): ConnectionDecision;
  /** What becomes of a pod's look-up of a name, given in full, at the cluster's DNS. */
  lookup(from: Pod, name: string): LookupDecision;
  /** The network layer for all of the pods, and the outside, at once. */
  reach(pods: Pod[], outside: Outside, key?: (party: Party) => string): Reach;
  /** The mesh layer at the server. Undefined when the pod isn't meshed or no mesh is declared. */
  inbound(server: Pod, port: number): InboundMesh | undefined;
}

/**
 * Compiles a world once; the returned functions are cheap and pure. `world` is never mutated, and pods are
 * taken as immutable: what's known of a pod is kept by its object. Policies that `validate` finds a
 * problem in have no effect, unless what is meant is clear.
 */
export function compile(world: World): Connectivity {
  const byKind = new Map<string, KubernetesObject[]>();
  for (const policy of world.policies) {
    if (validate([policy]).some(({ clear }) => !clear)) continue;
    const key = groupKind(policy);
    byKind.set(key, [...(byKind.get(key) ?? []), policy]);
  }
  const of = (kind: string) => byKind.get(kind) ?? [];

  const { settings } = world;
  const enforced: TrafficPolicy[] = [];
  const idle: TrafficPolicy[] = [];
  const networkPolicies = of("networking.k8s.io/NetworkPolicy");
  (settings.networkPolicy ? enforced : idle).push(
    ...networkPolicies.map((policy) => compileNetworkPolicy(policy, settings.ipBlockMatchesPods)),
  );
  const ciliumPolicies = [
    ...of("cilium.io/CiliumNetworkPolicy"),
    ...of("cilium.io/CiliumClusterwideNetworkPolicy"),
  ];
  const references = {
    services: world.services ?? [],
    cidrGroups: of("cilium.io/CiliumCIDRGroup"),
  };
  (settings.cilium ? enforced : idle).push(
    ...ciliumPolicies.flatMap((policy) => compileCiliumPolicy(policy, references)),
  );
  const tiers = compileTiers(of, settings);

  const partyOf = partyFinder(world);
  const select = selector({ enforced, idle, tiers });
  const decide = connectionDecider(select, partyOf, settings);
  const lookup = lookupDecider(select, partyOf, decide, world.nameServers);

  return {
    connection: (from, to, port, protocol) =>
      decide(from, asSeen(lookup, from, to), port, protocol),
    lookup,
    reach: (pods, outside, key) => {
      const policies = { enforced, tiered: [...tiers.admin, ...tiers.baseline] };
      const parties = pods.map((pod) => partyOf({ kind: "pod", pod }));
      return reach(policies, [...parties, ...outsideParties(policies, outside)], key);
    },
    inbound: settings.mesh
      ? inboundFinder(
          {
            peerAuthentications: of("security.istio.io/PeerAuthentication"),
            authorizations: of("security.istio.io/AuthorizationPolicy"),
          },
          settings.mesh,
        )
      : () => undefined,
  };
}
