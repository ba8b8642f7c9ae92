/**
 * Who may talk to whom: policies in, verdicts with reasons out. Pure functions of plain data; the
 * simulator enforces by them, and prediction computes with them.
 */
import type { KubernetesObject } from "../resources/declared.ts";
import { compileCiliumPolicy } from "./cilium-policy.ts";
import { connectionDecider } from "./connection.ts";
import { type InboundMesh, inboundFinder } from "./mesh.ts";
import type { ConnectionDecision, Peer, Pod, Protocol, World } from "./model.ts";
import { compileNetworkPolicy } from "./network-policy.ts";
import { partyFinder } from "./party.ts";
import type { TrafficPolicy } from "./traffic-policy.ts";
import { kindKey, validate } from "./validate.ts";

export { honoured } from "./honoured.ts";
export type { InboundMesh } from "./mesh.ts";
export { type Problem, problemLine } from "./problem.ts";
export { kindKey, validate } from "./validate.ts";

export interface Connectivity {
  /**
   * The network layer: egress of `from` and ingress of `to` must both allow.
   * @param port the destination pod's port, after a Service's translation
   */
  connection(from: Peer, to: Peer, port: number, protocol: Protocol): ConnectionDecision;
  /** The mesh layer at the server. Undefined when the pod isn't meshed or no mesh is declared. */
  inbound(server: Pod, port: number): InboundMesh | undefined;
}

/**
 * Compiles a world once; the returned functions are cheap and pure. `world` is never mutated, and pods are
 * taken as immutable: what's known of a pod is kept by its object. Policies that `validate` finds a
 * problem in have no effect.
 */
export function compile(world: World): Connectivity {
  const byKind = new Map<string, KubernetesObject[]>();
  for (const policy of world.policies) {
    if (validate([policy]).length > 0) continue;
    const key = kindKey(policy);
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
  (settings.cilium ? enforced : idle).push(...ciliumPolicies.flatMap(compileCiliumPolicy));

  return {
    connection: connectionDecider({ enforced, idle }, partyFinder(world), settings),
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
